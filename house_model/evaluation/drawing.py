"""What the weights draw for a batch of tasks, with a brand's look or a draft's speed if wanted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionControlNetPipeline, StableDiffusionPipeline
from PIL import Image

from brandstudio.checksums import file_sha256, folder_sha256
from house_model.evaluation.held_out import Task
from house_model.scenes.scene import SIZES
from house_model.training.draft import draft_scheduler
from house_model.training.family import pipeline, read_family, read_vae
from house_model.training.shards import line_map


@dataclass(frozen=True, slots=True)
class Style:
    """Which weights draw, and how; without the layout no ControlNet takes part."""

    weights: Path
    steps: int
    guidance: float
    with_layout: bool = True
    lora: Path | None = None
    lora_scale: float = 1.0
    draft_lora: Path | None = None

    @property
    def digest(self) -> str:
        """Equal for equal weights and settings, wherever the files lie."""
        loras = [path and file_sha256(path) for path in (self.lora, self.draft_lora)]
        control = folder_sha256(self.weights / "controlnet") if self.with_layout else None
        base = folder_sha256(self.weights / "base")
        return _sha256((base, control, loras, self.lora_scale, self.steps, self.guidance))


def open_pipeline(
    weights: Path,
    lora: Path | None = None,
    *,
    lora_scale: float = 1.0,
    draft_lora: Path | None = None,
) -> StableDiffusionControlNetPipeline:
    """The shipped base and ControlNet in bfloat16, with a brand's LoRA if there is one."""
    made = pipeline(
        read_family(weights / "base", weights / "controlnet"), read_vae(weights / "base")
    )
    scales: dict[str, float] = {}
    for path, scale in ((lora, lora_scale), (draft_lora, 1.0)):
        if path:
            made.load_lora_weights(str(path.parent), weight_name=path.name, adapter_name=path.stem)
            scales[path.stem] = scale
    if scales:
        made.set_adapters(list(scales), list(scales.values()))
    if draft_lora:
        made.scheduler = draft_scheduler()
    return made


def without_control(pipe: StableDiffusionControlNetPipeline) -> StableDiffusionPipeline:
    """The same networks without the ControlNet."""
    parts = {name: part for name, part in pipe.components.items() if name != "controlnet"}
    plain = StableDiffusionPipeline(**parts, requires_safety_checker=False)
    plain.set_progress_bar_config(disable=True)
    return plain


def drawn(style: Style, tasks: Sequence[Task]) -> np.ndarray:
    """What the style draws for tasks of one size: (N, height, width, 3) uint8."""
    pipe = _opened(style.weights, style.lora, style.lora_scale, style.draft_lora)
    return drawn_by(pipe, tasks, style)


@torch.inference_mode()
def drawn_by(
    pipe: StableDiffusionControlNetPipeline, tasks: Sequence[Task], style: Style
) -> np.ndarray:
    """What an open pipeline draws for tasks of one size: (N, height, width, 3) uint8."""
    width, height = SIZES[tasks[0].scene.size]
    asked: dict[str, Any] = {
        "prompt": [task.caption for task in tasks],
        "num_inference_steps": style.steps,
        "guidance_scale": style.guidance,
        "width": width,
        "height": height,
        "generator": [torch.Generator().manual_seed(task.seed) for task in tasks],
        "output_type": "np",
    }
    if not style.with_layout:
        return _levels(without_control(pipe)(**asked).images)
    asked["image"] = [Image.fromarray(line_map(task.scene)).convert("RGB") for task in tasks]
    return _levels(pipe(**asked, controlnet_conditioning_scale=1.0).images)


def name_of(style: Style, tasks: Sequence[Task]) -> str:
    """A file name that is equal only for the same pictures."""
    maps = [line_map(t.scene).tobytes() if style.with_layout else b"" for t in tasks]
    lines = hashlib.sha256(b"".join(maps)).hexdigest()
    asked = [(task.caption, task.seed, task.scene.size) for task in tasks]
    return _sha256((style.digest, lines, asked))[:32]


@lru_cache(maxsize=1)
def _opened(
    weights: Path, lora: Path | None, lora_scale: float, draft_lora: Path | None
) -> StableDiffusionControlNetPipeline:
    return open_pipeline(weights, lora, lora_scale=lora_scale, draft_lora=draft_lora)


def _levels(images: np.ndarray) -> np.ndarray:
    return (images * 255).round().astype(np.uint8)


def _sha256(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()
