"""The stage `position`: the UNet learns to put the product where the words say.

In ordinary training it never does, though a third of its error at much noise is about nothing
else: the word must meet the place, and while no attention head looks left for "left", nothing is
won by minding the word, nor by looking. Two things lead off that plateau. Heads that did nothing
are made to look where the position word points (`position_heads.py`), and scenes come in threes
that differ by position alone, with the same noise, so that what tells them apart can count for
more.

Heads of attention to words learn fast, the rest of the upper half slowly, and the text encoder,
the ControlNet and the lower half, which drew well before, not at all.
"""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from house_model.scenes.looks import NATURAL
from house_model.scenes.positions import POSITIONS, at_every_position, family_captions
from house_model.scenes.scene import sample_scene
from house_model.training.denoising import Lesson, denoising_loss
from house_model.training.family import Family, read_family, write_continued
from house_model.training.loop import Plan, Session
from house_model.training.noise import contrasted_error
from house_model.training.position_heads import point_heads
from house_model.training.process_group import ALONE, ProcessGroup
from house_model.training.shards import (
    CAPTIONS_PER_SCENE,
    Batch,
    Shard,
    batch_of,
    read_shards,
    write_scenes,
)

THREE = len(POSITIONS)
_SHARE_WITH_LINES = 0.25


def _lesson(*, with_lines: bool, lean: float, weight: float) -> Lesson:
    error = partial(contrasted_error, together=THREE, weight=weight)
    return Lesson(with_lines, lean, error, THREE)


# With lines the position is given, and nothing about it needs to count for more.
_WITH_LINES = _lesson(with_lines=True, lean=0.75, weight=1.0)
_WITHOUT_LINES = _lesson(with_lines=False, lean=0.3, weight=5.0)
_SLOW = 0.12
_TO_WORDS = ".attn2."


def write_threes(folder: Path, vae: AutoencoderTiny, *, size: str, number: int, seed: int) -> None:
    """A shard of `number` scenes at every position, the three of a scene one after the other."""
    rng = random.Random(seed)
    families = [
        at_every_position(sample_scene(rng, look=NATURAL, size=size)) for _ in range(number)
    ]
    told = [[family_captions(f, rng) for _ in range(CAPTIONS_PER_SCENE)] for f in families]
    captions = [[texts[k] for texts in family] for family in told for k in range(THREE)]
    write_scenes(folder, vae, [scene for family in families for scene in family], captions)


def threes(shards: list[Shard], number: int, *, seed: int, drop: float = 0.1) -> Iterator[Batch]:
    """Endless batches of `number` threes, told alike or, for guidance, not at all."""
    rng = random.Random(seed)
    sizes = [len(shard.captions) for shard in shards]
    while True:
        [shard] = rng.choices(shards, sizes)
        firsts = [THREE * rng.randrange(len(shard.captions) // THREE) for _ in range(number)]
        captions = list[str]()
        for first in firsts:
            telling, is_dropped = rng.randrange(CAPTIONS_PER_SCENE), rng.random() < drop
            family = shard.captions[first : first + THREE]
            captions += ["" if is_dropped else texts[telling] for texts in family]
        chosen = np.array([first + k for first in firsts for k in range(THREE)])
        yield batch_of(shard, chosen, captions)


def train_position(
    plan: Plan,
    folder: Path,
    *,
    weights: Path,
    shards: Path,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> None:
    """Continue from the weights on shards of threes; leave `folder/weights/{base,controlnet}`."""
    family = read_family(weights / "base", weights / "controlnet")
    found = read_shards(shards)
    point_heads(family, next(threes(found, 8, seed=seed, drop=0.0)), seed=seed)
    source = threes(found, plan.batch, seed=seed + 1000 * group.rank)
    session = learn_position(family, source, plan, folder, seed=seed, group=group)
    session.finish(lambda: write_continued(family, weights, folder / "weights"))


def learn_position(
    family: Family,
    source: Iterator[Batch],
    plan: Plan,
    folder: Path,
    *,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Session:
    """Train the upper half's attention, and slowly what follows it, until the plan is over."""
    free_upper_half(family)
    session = Session({"unet": family.unet}, plan, folder, group, pace=_pace)
    rng = random.Random(seed + session.step)
    chance = torch.Generator().manual_seed(seed + 1000 * group.rank + session.step)

    def next_loss() -> Tensor:
        lesson = _WITH_LINES if rng.random() < _SHARE_WITH_LINES else _WITHOUT_LINES
        return denoising_loss(family, next(source), lesson, chance)

    return session.run(next_loss)


def free_upper_half(family: Family) -> None:
    """Freeze everything but attention from the middle on and the upper half's larger level."""
    for network in (family.unet, family.text, family.control):
        network.requires_grad_(False)
    for name, parameter in family.unet.named_parameters():
        is_attention = name.startswith(("mid_block", "up_blocks")) and _TO_WORDS in name
        is_upper = name.startswith(("up_blocks.0.attentions", "up_blocks.1."))
        parameter.requires_grad_(is_attention or is_upper)


def _pace(name: str) -> float:
    return 1.0 if _TO_WORDS in name else _SLOW
