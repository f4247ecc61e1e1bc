"""The stage `lora`: one brand's look, learned on the frozen base with the ControlNet at work."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig, set_peft_model_state_dict
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save

from house_model.training.denoising import Lesson, denoising_loss
from house_model.training.family import Family, read_family
from house_model.training.folders import write_whole
from house_model.training.loop import Plan, Session, seed_torch
from house_model.training.shards import Batch, batches, read_shards

RANK = 16
# Guidance draws away from what the empty caption gives. Until that has the brand's colours too,
# it takes every picture past them.
_DROPPED = 0.3
_TARGETS = [
    "to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2",
    "conv1", "conv2", "conv_shortcut", "proj_in", "proj_out",
]  # fmt: skip


def train_lora(
    brand: str,
    plan: Plan,
    folder: Path,
    *,
    weights: Path,
    shards: Path,
    start: Path | None = None,
    seed: int = 0,
) -> Path:
    """Train `folder/<brand>.safetensors` from the brand's shards, or on from an earlier file."""
    family = read_family(weights / "base", weights / "controlnet")
    found = read_shards(shards)
    scenes = sum(len(shard.captions) for shard in found)
    add_lora(family, start=start, seed=seed)
    source = batches(found, plan.batch, seed=seed, drop=_DROPPED)
    session = learn_look(family, source, plan, folder, seed=seed)
    path = folder / f"{brand}.safetensors"
    steps = session.step
    session.finish(lambda: write_lora(family, path, brand=brand, scenes=scenes, steps=steps))
    return path


def add_lora(family: Family, *, start: Path | None = None, rank: int = RANK, seed: int = 0) -> None:
    """Freeze the family and put trainable low-rank layers on its UNet."""
    seed_torch(seed)
    for network in (family.unet, family.text, family.control):
        network.requires_grad_(False)
    config = LoraConfig(
        r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=list(_TARGETS)
    )
    family.unet.add_adapter(config)
    if start:
        earlier = {k.removeprefix("unet."): v.float() for k, v in load_file(start).items()}
        set_peft_model_state_dict(family.unet, earlier)


def learn_look(
    family: Family, source: Iterator[Batch], plan: Plan, folder: Path, *, seed: int = 0
) -> Session:
    """Train the low-rank layers until the plan is over."""
    session = Session({"unet": family.unet}, plan, folder)
    chance = torch.Generator().manual_seed(seed + session.step)
    return session.run(lambda: denoising_loss(family, next(source), Lesson(), chance))


def write_lora(family: Family, path: Path, *, brand: str, scenes: int, steps: int) -> None:
    """Write a brand's layers, with what a reader must know in the file's own metadata."""
    training_set = f"{scenes} scenes drawn by house_model.scenes, {steps} steps"
    about = {"trigger": f"{brand} brand style", "training_set": training_set}
    write_layers(family.unet, path, about)


def write_layers(unet: UNet2DConditionModel, path: Path, about: Mapping[str, str]) -> None:
    """Write the UNet's low-rank layers in fp16, as `load_lora_weights` reads them."""
    layers = get_peft_model_state_dict(unet)
    tensors = {f"unet.{name}": layer.half().contiguous() for name, layer in layers.items()}
    config = unet.peft_config["default"]
    adapter: dict[str, Any] = {"unet.r": config.r, "unet.lora_alpha": config.lora_alpha}
    adapter["unet.target_modules"] = sorted(config.target_modules)
    metadata = {
        "format": "pt",
        "lora_adapter_metadata": json.dumps(adapter),
        "rank": str(config.r),
        "alpha": str(config.lora_alpha),
        "base": "house illustration model, 256 px",
        "licence": "the licence of this repository",
    }
    write_whole(path, save(tensors, metadata=metadata | dict(about)))
