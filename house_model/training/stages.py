"""Every stage of the training with its usual plan, in the order in which they build up."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from brandstudio.weights import WEIGHTS
from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.scene import SIZES
from house_model.training.aesthetic import train_aesthetic
from house_model.training.base import train_base
from house_model.training.clip import train_clip
from house_model.training.draft import train_draft
from house_model.training.family import read_vae
from house_model.training.folders import stage_folder
from house_model.training.judge import train_judge
from house_model.training.loop import Plan
from house_model.training.lora import train_lora
from house_model.training.position import train_position, write_threes
from house_model.training.process_group import ALONE, ProcessGroup, run_group
from house_model.training.shards import write_shard
from house_model.training.upscaler import train_upscaler
from house_model.training.upscaler_pairs import write_pool
from house_model.training.vae import train_vae
from house_model.training.words import make_tokenizer

log = logging.getLogger(__name__)

_SHARES = {"1:1": 0.55, "4:5": 0.17, "9:16": 0.14, "16:9": 0.14}


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for; None keeps the stage's usual plan."""

    stage: str
    brand: str = ""
    minutes: float | None = None
    processes: int = 1
    scenes: int = 10_000
    lora: Path | None = None
    seed: int = 0
    weights: Path = WEIGHTS


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a stage does, and its usual plan.

    A shared one is worked on by as many processes as are asked for, once what it needs is prepared.
    """

    work: Callable[[Order, Path, ProcessGroup], None]
    plan: Plan | None = None
    is_shared: bool = False
    prepare: Callable[[Order, Path], None] | None = None


def train(order: Order) -> None:
    """Carry out one stage; its files lie in its own folder."""
    folder = stage_folder(f"{order.stage}-{order.brand}" if order.brand else order.stage)
    log.info("stage %s works in %s", order.stage, folder)
    stage = _STAGES[order.stage]
    if stage.prepare:
        stage.prepare(order, folder)
    if stage.is_shared:
        run_group(partial(stage.work, order, folder), order.processes)
    else:
        stage.work(order, folder, ALONE)


def _plan(order: Order) -> Plan:
    usual = _STAGES[order.stage].plan
    assert usual is not None
    return usual if order.minutes is None else replace(usual, minutes=order.minutes, steps=None)


def _words(_: Order, folder: Path, __: ProcessGroup) -> None:
    make_tokenizer(folder)


def _scenes(order: Order, folder: Path, _: ProcessGroup) -> None:
    """Shards of the natural look, or of one brand's."""
    look = BRAND_LOOKS[order.brand] if order.brand else NATURAL
    _write_shards(order, folder, partial(write_shard, look=look))


def _threes(order: Order, folder: Path, _: ProcessGroup) -> None:
    """Scenes at all three positions each."""
    _write_shards(order, folder, write_threes)


def _write_shards(order: Order, folder: Path, write: Callable[..., None]) -> None:
    """One shard of each size; finished ones are kept."""
    vae = read_vae(order.weights / "base")
    for size in SIZES:
        shard = folder / f"{order.seed}-{size.replace(':', 'x')}"
        if not (shard / "captions.json").exists():
            number = round(order.scenes * _SHARES[size])
            write(shard, vae, size=size, number=number, seed=order.seed)


def _vae(order: Order, folder: Path, group: ProcessGroup) -> None:
    start = order.weights / "base" / "vae"
    train_vae(_plan(order), folder, start=start, seed=order.seed, group=group)


def _clip(order: Order, folder: Path, group: ProcessGroup) -> None:
    clip = order.weights / "clip"
    start = clip / "open_clip_model.safetensors"
    train_clip(_plan(order), folder, tokenizer=clip, start=start, seed=order.seed, group=group)


def _base(order: Order, folder: Path, group: ProcessGroup) -> None:
    scenes, weights = stage_folder("scenes"), order.weights
    train_base(_plan(order), folder, weights=weights, shards=scenes, seed=order.seed, group=group)


def _position(order: Order, folder: Path, group: ProcessGroup) -> None:
    threes, weights = stage_folder("threes"), order.weights
    train_position(
        _plan(order), folder, weights=weights, shards=threes, seed=order.seed, group=group
    )


def _lora(order: Order, folder: Path, _: ProcessGroup) -> None:
    train_lora(
        order.brand,
        _plan(order),
        folder,
        weights=order.weights,
        shards=stage_folder(f"scenes-{order.brand}"),
        start=order.lora,
        seed=order.seed,
    )


def _draft(order: Order, folder: Path, group: ProcessGroup) -> None:
    train_draft(
        _plan(order),
        folder,
        weights=order.weights,
        shards=stage_folder("scenes"),
        start=order.lora,
        seed=order.seed,
        group=group,
    )


def _aesthetic(order: Order, folder: Path, _: ProcessGroup) -> None:
    train_aesthetic(_plan(order), folder, clip=order.weights / "clip")


def _upscaler(order: Order, folder: Path, group: ProcessGroup) -> None:
    start = order.weights / "upscaler" / "house_x4.safetensors"
    pool = folder / "pool"
    train_upscaler(_plan(order), folder, pool=pool, start=start, seed=order.seed, group=group)


def _upscaler_pool(order: Order, folder: Path) -> None:
    write_pool(folder / "pool", weights=order.weights, scenes=order.scenes, seed=order.seed)


def _judge(order: Order, folder: Path, _: ProcessGroup) -> None:
    train_judge(_plan(order), folder, seed=order.seed)


_STAGES: Mapping[str, _Stage] = {
    "upscaler": _Stage(
        _upscaler,
        Plan(minutes=30, learning_rate=8e-4, batch=8, weight_decay=0.0, floor=0.01),
        is_shared=True,
        prepare=_upscaler_pool,
    ),
    "words": _Stage(_words),
    "vae": _Stage(
        _vae,
        Plan(minutes=40, learning_rate=2e-3, batch=12, weight_decay=1e-3, with_muon=True),
        is_shared=True,
    ),
    "clip": _Stage(
        _clip,
        Plan(minutes=20, learning_rate=1.5e-3, batch=64, weight_decay=0.05, with_muon=True),
        is_shared=True,
    ),
    "scenes": _Stage(_scenes),
    "base": _Stage(
        _base,
        Plan(minutes=120, learning_rate=1e-3, batch=16, ema=0.997, with_muon=True),
        is_shared=True,
    ),
    "threes": _Stage(_threes),
    "position": _Stage(
        _position,
        Plan(minutes=30, learning_rate=1.2e-3, batch=2, ema=0.99, weight_decay=0.0),
        is_shared=True,
    ),
    "lora": _Stage(
        _lora, Plan(minutes=20, learning_rate=1.5e-3, batch=12, ema=0.99, weight_decay=0.0)
    ),
    "draft": _Stage(
        _draft,
        Plan(minutes=12, learning_rate=2e-3, batch=4, ema=0.98, weight_decay=0.0),
        is_shared=True,
    ),
    "aesthetic": _Stage(
        _aesthetic,
        Plan(minutes=2, learning_rate=2e-3, batch=256, weight_decay=0.02, steps=1500),
    ),
    "judge": _Stage(
        _judge,
        Plan(minutes=9, learning_rate=2e-3, batch=48, weight_decay=0.02, with_muon=True),
    ),
}
STAGES = tuple(_STAGES)
NEEDS_BRAND = frozenset({"lora"})
