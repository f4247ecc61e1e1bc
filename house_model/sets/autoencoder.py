# pyright: basic, reportPrivateImportUsage=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# diffusers' models are untyped.
"""The autoencoder tuned on rendered sets, from the weights of the flat scenes."""

import logging
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from brandstudio.errors import StudioError
from house_model.sets.shards import is_held_out, read_shard, shard_files
from house_model.training.loop import Plan, Session
from house_model.training.vae import pixels_of, psnr_db, scale_latents, vae_loss

log = logging.getLogger(__name__)

USUAL = Plan(minutes=120, learning_rate=6e-4, batch=6, weight_decay=1e-3, with_muon=True)
_CROP_PX = 96
_HELD_OUT_PER_LOOK = 24
# So many crops have their channels swapped: a brand nobody has thought of yet survives too.
_SWAPPED = 0.2
_READ_AGAIN_STEPS = 400
_REPORT_STEPS = 200


class ShardsError(StudioError):
    """There are no rendered sets to train on."""

    hint = "Render some first: python -m house_model render"


def tune(plan: Plan, folder: Path, *, sets: Path, start: Path, seed: int = 0) -> Path:
    """Train on crops of the shards that are there, new ones included; leave `folder/vae`."""
    torch.manual_seed(seed)
    vae = AutoencoderTiny.from_pretrained(start, use_safetensors=True)
    vae = vae.float().to(memory_format=torch.channels_last)
    held_out = held_out_pictures(sets)
    log.info("before: %s", _summary(decibels(vae, held_out)))
    folder.mkdir(parents=True, exist_ok=True)
    session = Session({"vae": vae}, plan, folder)
    rng, pictures = random.Random(seed + session.step), list[np.ndarray]()
    while not session.is_over:
        if not pictures or session.step % _READ_AGAIN_STEPS == 0:
            pictures = training_pictures(sets)
            log.info("%d pictures to train on", len(pictures))
        with torch.autocast("cpu", torch.bfloat16):
            session.learn(vae_loss(vae, crops(pictures, plan.batch, rng)))
        if session.step % _REPORT_STEPS == 0:
            with session.averaged():
                log.info("step %d: %s", session.step, _summary(decibels(vae, held_out)))
    session.checkpoint()
    with session.averaged():
        sample = [rng.choice(pictures) for _ in range(48)]
        side = min(min(picture.shape[:2]) for picture in sample)
        scale_latents(vae, pixels_of([picture[:side, :side] for picture in sample]))
        log.info("after: %s", _summary(decibels(vae, held_out)))
        vae.save_pretrained(folder / "vae")
    return folder / "vae"


def training_pictures(sets: Path) -> list[np.ndarray]:
    """All pictures of the shards that are trained on, with and without product."""
    pictures = list[np.ndarray]()
    for file in shard_files(sets):
        if not is_held_out(file):
            shard = read_shard(file)
            pictures += [*shard.beauty, *shard.bare]
    if not pictures:
        raise ShardsError(f"No shards below {sets.name}")
    return pictures


def held_out_pictures(sets: Path) -> Mapping[str, list[np.ndarray]]:
    """Some pictures of every look that are never trained on."""
    found: dict[str, list[np.ndarray]] = {}
    for file in filter(is_held_out, shard_files(sets)):
        shard = read_shard(file)
        for record, picture in zip(shard.records, shard.beauty, strict=True):
            found.setdefault(record.scene["look"], []).append(picture)
    return {look: pictures[:_HELD_OUT_PER_LOOK] for look, pictures in sorted(found.items())}


def crops(pictures: Sequence[np.ndarray], number: int, rng: random.Random) -> Tensor:
    """(N, 3, 96, 96) float32 in -1..1, half of them mirrored, some with swapped channels."""
    chosen = list[np.ndarray]()
    for _ in range(number):
        picture = rng.choice(pictures)
        top = rng.randrange(picture.shape[0] - _CROP_PX + 1)
        left = rng.randrange(picture.shape[1] - _CROP_PX + 1)
        crop = picture[top : top + _CROP_PX, left : left + _CROP_PX]
        if rng.random() < _SWAPPED:
            crop = crop[..., rng.sample(range(3), 3)]
        chosen.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
    return pixels_of(chosen)


def decibels(vae: AutoencoderTiny, pictures: Mapping[str, list[np.ndarray]]) -> dict[str, float]:
    """The mean over each look's pictures of how well they survive, one by one."""
    return {
        look: float(np.mean([psnr_db(vae, pixels_of([picture])) for picture in group]))
        for look, group in pictures.items()
    }


def _summary(values: Mapping[str, float]) -> str:
    return (
        ", ".join(f"{look} {value:.2f} dB" for look, value in values.items()) or "nothing held out"
    )
