"""The same scene with its product elsewhere, and captions that differ by that alone."""

import random
from collections.abc import Sequence
from dataclasses import replace

from brandstudio.domain.layout import Position
from house_model.scenes.captions import caption
from house_model.scenes.scene import Scene

POSITIONS: tuple[Position, ...] = ("left", "center", "right")
# Rooms for the product at neighbouring positions lie this share of the width apart, about.
_STEP = 0.2
_TELLINGS = 8


def at_every_position(scene: Scene) -> list[Scene]:
    """The scene with its product on the left, in the middle and on the right."""
    return [moved(scene, position) for position in POSITIONS]


def moved(scene: Scene, position: Position) -> Scene:
    """The scene with its product elsewhere; the box keeps its size and its place in the room."""
    steps = POSITIONS.index(position) - POSITIONS.index(scene.position)
    left = scene.box.left + _STEP * steps
    left = min(max(left, 0.01), 0.99 - scene.box.width)
    return replace(scene, position=position, box=scene.box.but(left=left))


def family_captions(family: Sequence[Scene], rng: random.Random) -> list[str]:
    """One caption each, told in the same way, so that they differ by what differs in the scenes.

    A caption need not name every factor: it is told anew until it names the one that was changed.
    """
    texts = list[str]()
    for _ in range(_TELLINGS):
        state = rng.getrandbits(32)
        texts = [caption(scene, random.Random(state)) for scene in family]
        if len(set(texts)) == len(texts):
            break
    return texts
