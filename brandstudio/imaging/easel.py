"""One base model's loaded pipeline, and how a batch is drawn with it."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (diffusers' classes are only partly typed)

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.plan import GenerationParams
from brandstudio.errors import DeviceMemoryError, StudioError
from brandstudio.imaging.adapters import Wardrobe
from brandstudio.imaging.pipelines import DIALECTS, model_hash
from brandstudio.imaging.prompts import PromptBook
from brandstudio.imaging.schedulers import build_scheduler
from brandstudio.services.ports import OnStep

log = logging.getLogger(__name__)


class BrokenImageError(StudioError):
    """What the model returned is not a picture: not finite, or not of the size asked for."""

    hint = "Run the studio in float32 precision, or check the sizes in the base model's profile."


class Easel:
    """One base model's loaded pipeline with its wardrobe of LoRAs and its book of prompts."""

    def __init__(
        self, profile: BaseModelProfile, pipeline: Any, lora_files: Mapping[str, Path]
    ) -> None:
        self.own_scheduler = pipeline.scheduler
        self.wardrobe = Wardrobe(pipeline, profile.title, lora_files)
        self.prompts = PromptBook(pipeline, profile.family)
        self._pipeline = pipeline
        self._dialect = DIALECTS[profile.family]
        self._most_at_once: dict[tuple[int, int], int] = {}

    @property
    def model_hash(self) -> str:
        """The short hash image tools print for the denoiser's weights."""
        return model_hash(self._pipeline)

    def draw(
        self, batch: Sequence[GenerationParams], maps: Sequence[Image.Image], on_step: OnStep
    ) -> list[Image.Image]:
        """Draw the batch at once, or in halves of halves where the device's memory is too short.

        Smaller parts give the same images; decoding in tiles would not, so it is never done.
        """
        size = (batch[0].width_px, batch[0].height_px)
        at_once = min(len(batch), self._most_at_once.get(size, len(batch)))
        while True:
            try:
                return self._draw_parts(batch, maps, at_once, on_step)
            except (RuntimeError, MemoryError) as error:
                if not _is_memory_short(error):
                    raise
                if at_once == 1:
                    raise DeviceMemoryError(_too_large(size)) from error
            at_once = self._most_at_once[size] = (at_once + 1) // 2
            log.warning("memory is short: drawing %d at once from now on", at_once)
            _free_device_memory()

    def _draw_parts(
        self,
        batch: Sequence[GenerationParams],
        maps: Sequence[Image.Image],
        at_once: int,
        on_step: OnStep,
    ) -> list[Image.Image]:
        starts = range(0, len(batch), at_once)
        total = len(starts) * batch[0].steps
        images: list[Image.Image] = []
        for part, start in enumerate(starts):
            chosen = slice(start, start + at_once)
            earlier = part * batch[0].steps
            images += self._draw_once(
                batch[chosen],
                maps[chosen],
                lambda step, earlier=earlier: on_step(earlier + step, total),
            )
        return images

    def _draw_once(
        self,
        batch: Sequence[GenerationParams],
        maps: Sequence[Image.Image],
        on_step: Callable[[int], None],
    ) -> list[Image.Image]:
        first = batch[0]
        self._pipeline.scheduler = build_scheduler(first.scheduler, self.own_scheduler)
        with self.wardrobe.worn(first.loras):
            arguments = self._arguments(batch, maps) | {
                "callback_on_step_end": _step_callback(on_step)
            }
            images = self._pipeline(**arguments).images
        return _as_images(images, (first.width_px, first.height_px))

    def _arguments(
        self, batch: Sequence[GenerationParams], maps: Sequence[Image.Image]
    ) -> dict[str, Any]:
        first = batch[0]
        arguments = self.prompts.arguments(batch) | {
            "width": first.width_px,
            "height": first.height_px,
            "num_inference_steps": first.steps,
            self._dialect.guidance: first.guidance_scale,
            self._dialect.control_map: list(maps),
            # Without a control the ControlNet adds its output times zero: exactly nothing.
            "controlnet_conditioning_scale": first.control.scale if first.control else 0.0,
            # Seeded per image on the CPU, whatever the device: the noise of an image depends on its
            # own seed alone.
            "generator": [torch.Generator("cpu").manual_seed(params.seed) for params in batch],
            "output_type": "pt",
        }
        if self._dialect.has_clip_skip and first.clip_skip is not None:
            arguments["clip_skip"] = first.clip_skip
        return arguments


def _step_callback(on_step: Callable[[int], None]) -> Callable[..., dict[str, Any]]:
    """What diffusers calls after each step. Raising is the one clean way to stop it: its own
    interrupt flag would return half-denoised images as if they were finished."""

    def step_ended(
        _pipeline: Any, index: int, _timestep: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        on_step(index + 1)
        return tensors

    return step_ended


def _as_images(images: Tensor, size: tuple[int, int]) -> list[Image.Image]:
    """RGB images of (N, 3, height, width) values in [0, 1] of any dtype; rounded on the device."""
    if not bool(torch.isfinite(images).all()):
        raise BrokenImageError("The base model returned values that are not numbers")
    whole = images.float().mul(255).round_().clamp_(0, 255).to(torch.uint8)
    pixels = cast("np.ndarray[Any, np.dtype[np.uint8]]", whole.permute(0, 2, 3, 1).cpu().numpy())
    drawn = [Image.fromarray(rows) for rows in pixels]
    if any(image.size != size for image in drawn):
        raise BrokenImageError(f"The base model drew {drawn[0].size} instead of {size} pixels")
    return drawn


def _too_large(size: tuple[int, int]) -> str:
    return f"One image of {size[0]} by {size[1]} pixels is too large for this machine's memory"


def _is_memory_short(error: BaseException) -> bool:
    # On a CPU torch has no class of its own for this.
    is_memory = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return is_memory or "can't allocate memory" in str(error)


def _free_device_memory() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
