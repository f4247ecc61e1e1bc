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

from house_model.training.crew import Crew
from house_model.training.family import Family, read_family, read_vae, write_family
from house_model.training.loop import Plan, Session
from house_model.training.noise import noised, weighted_error
from house_model.training.shards import Batch, batches, read_shards

_WITHOUT_LINES = 0.5
_LEAN, _LEAN_WITHOUT_LINES = 0.75, 0.5


def train_base(
    plan: Plan,
    folder: Path,
    *,
    weights: Path,
    shards: Path,
    seed: int = 0,
    crew: Crew | None = None,
) -> None:
    """Continue from the weights on every shard found; leave `folder/weights/{base,controlnet}`."""
    crew = crew or Crew()
    family = read_family(weights / "base", weights / "controlnet")
    source = batches(read_shards(shards), plan.batch, seed=seed + 1000 * crew.rank)
    session = learn_together(family, source, plan, folder, seed=seed, crew=crew)
    if crew.is_first:
        with session.averaged():
            vae = read_vae(weights / "base", torch.float32)
            write_family(family, vae, folder / "weights")
    session.checkpoint()


def learn_together(
    family: Family,
    source: Iterator[Batch],
    plan: Plan,
    folder: Path,
    *,
    seed: int = 0,
    crew: Crew | None = None,
) -> Session:
    """Train until the plan is over; the session holds the losses and the averaged weights."""
    crew = crew or Crew()
    networks = {"unet": family.unet, "text": family.text, "control": family.control}
    session = Session(networks, plan, folder, crew)
    rng = random.Random(seed + session.step)
    chance = torch.Generator().manual_seed(seed + 1000 * crew.rank + session.step)
    while not session.is_over:
        batch = next(source)
        without_lines = rng.random() < _WITHOUT_LINES
        lean = _LEAN_WITHOUT_LINES if without_lines else _LEAN
        noisy = noised(batch.latents, chance, lean=lean)
        lines = None if without_lines else batch.lines
        with torch.autocast("cpu", torch.bfloat16):
            answer = family.answer(noisy, family.ids(batch.captions), lines)
        session.learn(weighted_error(answer, noisy))
    return session
