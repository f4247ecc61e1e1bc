"""Scenes that no training ever saw, the same ones in every evaluation."""

import itertools
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from brandstudio.domain.layout import Layout, Position
from brandstudio.imaging.control import fitted_box
from house_model.scenes.captions import caption
from house_model.scenes.looks import BRAND_LOOKS, NATURAL, Look
from house_model.scenes.products import PRODUCTS, outline_svg
from house_model.scenes.scene import SIZES, Scene, sample_scene
from house_model.scenes.settings import SETTINGS

# Training counts its seeds up from 0, by one a step or a thousand a process, and never gets here;
# the upscaler's own held-out pool begins at 10,000,000.
HELD_OUT = 900_000_000
Stream = Literal["ruler", "text", "layouts", "brands", "vae", "clip", "upscaler", "likeness"]
_STREAMS: tuple[Stream, ...] = (
    "ruler", "text", "layouts", "brands", "vae", "clip", "upscaler", "likeness",
)  # fmt: skip
# Half-way between the centres of the sampler's rooms, which lie near .3, .5 and .7.
_LEFT_UNTIL, _RIGHT_FROM = 0.4, 0.6
# The text encoder reads 32 tokens, two of them its own; nearly every word is one token.
_PIECES, _MOST_PIECES = re.compile(r"\w+|,"), 23


@dataclass(frozen=True, slots=True)
class Task:
    """One picture to draw: the scene it should show, the words for it, the seed of its noise."""

    scene: Scene
    caption: str
    seed: int


def chance(stream: Stream) -> random.Random:
    """The chance that a part of the evaluation draws its scenes from."""
    return random.Random(HELD_OUT + _STREAMS.index(stream))


def any_scenes(stream: Stream, number: int, *, look: Look = NATURAL) -> list[Scene]:
    """Scenes of all sizes, in the sampler's proportions."""
    rng = chance(stream)
    return [sample_scene(rng, look=look) for _ in range(number)]


def square_scenes(stream: Stream, number: int, *, look: Look = NATURAL) -> list[Scene]:
    rng = chance(stream)
    return [sample_scene(rng, look=look, size="1:1") for _ in range(number)]


def scenes_of_every_look(stream: Stream, number: int) -> list[Scene]:
    """Scenes of all sizes, the natural look and the brands' in turn."""
    rng, looks = chance(stream), (NATURAL, *BRAND_LOOKS.values())
    return [sample_scene(rng, look=looks[index % len(looks)]) for index in range(number)]


def layout_scenes(layouts: Sequence[Layout], number: int) -> list[Scene]:
    """Scenes arranged by the shipped layouts in turn, so that their control maps are the shipped.

    The product stands on a podium in podium layouts alone.
    """
    rng = chance("layouts")
    return [arranged(sample_scene(rng), layouts[index % len(layouts)]) for index in range(number)]


def arranged(scene: Scene, layout: Layout) -> Scene:
    """The scene with everything where the layout has it."""
    horizon = layout.horizon if layout.horizon is not None else scene.horizon
    svg = outline_svg(PRODUCTS[scene.product])
    drawing = layout.drawing(scene.product, "0" * 64)
    other_stand = "none" if scene.stand == "podium" else scene.stand
    return replace(
        scene,
        size=layout.aspect,
        position=layout.position,
        horizon=horizon,
        box=fitted_box(drawing, svg, *SIZES[layout.aspect]),
        stand="podium" if layout.stand == "podium" else other_stand,
        has_podium_line=layout.stand == "podium",
    )


def tasks_of(scenes: Sequence[Scene], seeds: int = 1) -> list[Task]:
    """Each scene with `seeds` different noises, all of a scene's first noises before the second."""
    return [
        Task(scene, positioned_caption(scene), HELD_OUT + seed * len(scenes) + index)
        for seed in range(seeds)
        for index, scene in enumerate(scenes)
    ]


def positioned_caption(scene: Scene) -> str:
    """The first of the scene's captions that names the position where the text encoder reads it."""
    captions = [caption(scene, random.Random(index)) for index in range(60)]
    told = [text for text in captions if scene.position in text]
    return next((t for t in told if len(_PIECES.findall(t)) <= _MOST_PIECES), captions[0])


def position_of(box: Sequence[float]) -> Position:
    """Where the centre of a box (left, top, right, bottom) lies, as captions call it."""
    x = (box[0] + box[2]) / 2
    if x < _LEFT_UNTIL:
        return "left"
    return "right" if x > _RIGHT_FROM else "center"


def contact_scenes(look: Look, *, seed: int = 8) -> list[Scene]:
    """One square scene per product, the settings in turn: the same ones in every look."""
    rng = random.Random(seed)
    scenes: list[Scene] = []
    for index, product in enumerate(PRODUCTS):
        drawn_by_chance = (sample_scene(rng, size="1:1") for _ in itertools.count())
        scene = next(scene for scene in drawn_by_chance if scene.product == product)
        setting = SETTINGS[index % len(SETTINGS)]
        scenes.append(replace(scene, look=look, setting=setting, light="neutral"))
    return scenes
