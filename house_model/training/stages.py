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
from house_model.training.crew import Crew, run_crew
from house_model.training.draft import train_draft
from house_model.training.family import read_vae
from house_model.training.judge import train_judge
from house_model.training.loop import Plan
from house_model.training.lora import train_lora
from house_model.training.position import train_position, write_threes
from house_model.training.shards import write_shard
from house_model.training.upscaler import train_upscaler
from house_model.training.upscaler_pairs import write_pool
from house_model.training.vae import train_vae
from house_model.training.words import make_tokenizer
from house_model.training.workshop import stage_folder

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


_PLANS: Mapping[str, Plan] = {
    "vae": Plan(minutes=40, learning_rate=2e-3, batch=12, weight_decay=1e-3, with_muon=True),
    "clip": Plan(minutes=20, learning_rate=1.5e-3, batch=64, weight_decay=0.05, with_muon=True),
    "base": Plan(minutes=120, learning_rate=1e-3, batch=16, ema=0.997, with_muon=True),
    "position": Plan(minutes=30, learning_rate=1.2e-3, batch=2, ema=0.99, weight_decay=0.0),
    "lora": Plan(minutes=20, learning_rate=1.5e-3, batch=12, ema=0.99, weight_decay=0.0),
    "draft": Plan(minutes=12, learning_rate=2e-3, batch=4, ema=0.98, weight_decay=0.0),
    "aesthetic": Plan(minutes=2, learning_rate=2e-3, batch=256, weight_decay=0.02, steps=1500),
    "upscaler": Plan(minutes=30, learning_rate=8e-4, batch=8, weight_decay=0.0, floor=0.01),
    "judge": Plan(minutes=9, learning_rate=2e-3, batch=48, weight_decay=0.02, with_muon=True),
}


def train(order: Order) -> None:
    """Carry out one stage; its files lie in its folder of the workshop."""
    folder = stage_folder(f"{order.stage}-{order.brand}" if order.brand else order.stage)
    log.info("stage %s works in %s", order.stage, folder)
    _STAGES[order.stage](order, folder)


def _plan(order: Order) -> Plan:
    usual = _PLANS[order.stage]
    return usual if order.minutes is None else replace(usual, minutes=order.minutes, steps=None)


def _words(_: Order, folder: Path) -> None:
    make_tokenizer(folder)


def _scenes(order: Order, folder: Path) -> None:
    """Shards of the natural look, or of one brand's; finished ones are kept."""
    look = BRAND_LOOKS[order.brand] if order.brand else NATURAL
    vae = read_vae(order.weights / "base")
    for size in SIZES:
        shard = folder / f"{order.seed}-{size.replace(':', 'x')}"
        if not (shard / "captions.json").exists():
            number = round(order.scenes * _SHARES[size])
            write_shard(shard, vae, look=look, size=size, number=number, seed=order.seed)


def _vae(order: Order, folder: Path) -> None:
    run_crew(partial(_vae_member, order, folder), order.processes)


def _vae_member(order: Order, folder: Path, crew: Crew) -> None:
    start = order.weights / "base" / "vae"
    train_vae(_plan(order), folder, start=start, seed=order.seed, crew=crew)


def _clip(order: Order, folder: Path) -> None:
    run_crew(partial(_clip_member, order, folder), order.processes)


def _clip_member(order: Order, folder: Path, crew: Crew) -> None:
    clip = order.weights / "clip"
    start = clip / "open_clip_model.safetensors"
    train_clip(_plan(order), folder, tokenizer=clip, start=start, seed=order.seed, crew=crew)


def _base(order: Order, folder: Path) -> None:
    run_crew(partial(_base_member, order, folder), order.processes)


def _base_member(order: Order, folder: Path, crew: Crew) -> None:
    train_base(
        _plan(order),
        folder,
        weights=order.weights,
        shards=stage_folder("scenes"),
        seed=order.seed,
        crew=crew,
    )


def _threes(order: Order, folder: Path) -> None:
    """Scenes at all three positions each; finished shards are kept."""
    vae = read_vae(order.weights / "base")
    for size in SIZES:
        shard = folder / f"{order.seed}-{size.replace(':', 'x')}"
        if not (shard / "captions.json").exists():
            number = round(order.scenes * _SHARES[size])
            write_threes(shard, vae, size=size, number=number, seed=order.seed)


def _position(order: Order, folder: Path) -> None:
    run_crew(partial(_position_member, order, folder), order.processes)


def _position_member(order: Order, folder: Path, crew: Crew) -> None:
    train_position(
        _plan(order),
        folder,
        weights=order.weights,
        shards=stage_folder("threes"),
        seed=order.seed,
        crew=crew,
    )


def _lora(order: Order, folder: Path) -> None:
    shards = stage_folder(f"scenes-{order.brand}")
    train_lora(
        order.brand,
        _plan(order),
        folder,
        weights=order.weights,
        shards=shards,
        start=order.lora,
        seed=order.seed,
    )


def _draft(order: Order, folder: Path) -> None:
    run_crew(partial(_draft_member, order, folder), order.processes)


def _draft_member(order: Order, folder: Path, crew: Crew) -> None:
    train_draft(
        _plan(order),
        folder,
        weights=order.weights,
        shards=stage_folder("scenes"),
        start=order.lora,
        seed=order.seed,
        crew=crew,
    )


def _aesthetic(order: Order, folder: Path) -> None:
    train_aesthetic(_plan(order), folder, clip=order.weights / "clip")


def _upscaler(order: Order, folder: Path) -> None:
    write_pool(folder / "pool", weights=order.weights, scenes=order.scenes, seed=order.seed)
    run_crew(partial(_upscaler_member, order, folder), order.processes)


def _upscaler_member(order: Order, folder: Path, crew: Crew) -> None:
    train_upscaler(
        _plan(order),
        folder,
        pool=folder / "pool",
        seed=order.seed,
        crew=crew,
        start=order.weights / "upscaler" / "house_x4.safetensors",
    )


def _judge(order: Order, folder: Path) -> None:
    train_judge(_plan(order), folder, seed=order.seed)


_STAGES: Mapping[str, Callable[[Order, Path], None]] = {
    "upscaler": _upscaler,
    "words": _words,
    "vae": _vae,
    "clip": _clip,
    "scenes": _scenes,
    "base": _base,
    "threes": _threes,
    "position": _position,
    "lora": _lora,
    "draft": _draft,
    "aesthetic": _aesthetic,
    "judge": _judge,
}
STAGES = tuple(_STAGES)
NEEDS_BRAND = frozenset({"lora"})
