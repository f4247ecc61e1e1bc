"""The stage `base`: UNet, text encoder and ControlNet learn together.

Apart from each other the UNet spends its time on shapes that the layout gives for nothing; together
a few thousand pictures suffice for straight edges and readable labels. Every second batch has no
lines, so that the base also draws alone. Such a batch leans further towards much noise, for there
the words decide where everything stands, and later steps can no longer move it.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from house_model.training.denoising import Lesson, denoising_loss
from house_model.training.family import Family, read_family, write_continued
from house_model.training.loop import Plan, Session
from house_model.training.process_group import ALONE, ProcessGroup
from house_model.training.shards import Batch, batches, read_shards

_SHARE_WITHOUT_LINES = 0.5
_WITH_LINES, _WITHOUT_LINES = Lesson(), Lesson(with_lines=False, lean=0.5)


def train_base(
    plan: Plan,
    folder: Path,
    *,
    weights: Path,
    shards: Path,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> None:
    """Continue from the weights on every shard found; leave `folder/weights/{base,controlnet}`."""
    family = read_family(weights / "base", weights / "controlnet")
    source = batches(read_shards(shards), plan.batch, seed=seed + 1000 * group.rank)
    session = learn_together(family, source, plan, folder, seed=seed, group=group)
    session.finish(lambda: write_continued(family, weights, folder / "weights"))


def learn_together(
    family: Family,
    source: Iterator[Batch],
    plan: Plan,
    folder: Path,
    *,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Session:
    """Train until the plan is over; the session holds the losses and the averaged weights."""
    networks = {"unet": family.unet, "text": family.text, "control": family.control}
    session = Session(networks, plan, folder, group)
    rng = random.Random(seed + session.step)
    chance = torch.Generator().manual_seed(seed + 1000 * group.rank + session.step)

    def next_loss() -> Tensor:
        lesson = _WITHOUT_LINES if rng.random() < _SHARE_WITHOUT_LINES else _WITH_LINES
        return denoising_loss(family, next(source), lesson, chance)

    return session.run(next_loss)
