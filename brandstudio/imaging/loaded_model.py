"""One base model's loaded pipeline, and how a batch is drawn with it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from brandstudio.domain.base_model import BaseModelProfile, Family
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.run import RunFailure
from brandstudio.errors import DeviceMemoryError, StudioError
from brandstudio.imaging.adapters import Wardrobe
from brandstudio.imaging.compute import is_memory_short, release
from brandstudio.imaging.defects import Defect, defects_of, finite
from brandstudio.imaging.fallbacks import WITH_LESS_MEMORY, Means, applied
from brandstudio.imaging.pipelines import DIALECTS, model_hash
from brandstudio.imaging.prompts import PromptBook
from brandstudio.imaging.schedulers import build_scheduler
from brandstudio.services.ports import OnStep

log = logging.getLogger(__name__)


class BrokenImageError(StudioError):
    """What the model returned is not of the size asked for."""

    hint = "Check the sizes in the base model's profile."


Drawn = Image.Image | Defect


class Easel:
    """One base model's loaded pipeline, with its LoRAs and its encoded prompts."""

    def __init__(
        self, profile: BaseModelProfile, pipeline: Any, lora_files: Mapping[str, Path]
    ) -> None:
        self.own_scheduler = pipeline.scheduler
        self.wardrobe = Wardrobe(pipeline, profile.title, lora_files)
        self.prompts = PromptBook(pipeline, profile.family)
        self._family: Family = profile.family
        self._pipeline = pipeline
        self._dialect = DIALECTS[profile.family]
        self._most_at_once: dict[tuple[int, int], int] = {}

    @property
    def model_hash(self) -> str:
        """The short hash image tools print for the denoiser's weights."""
        return model_hash(self._pipeline)

    def draw(
        self, batch: Sequence[GenerationParams], maps: Sequence[Image.Image], on_step: OnStep
    ) -> list[Image.Image | RunFailure]:
        """Draw the batch; an empty image is drawn once more, alone and in float32.

        An image that was not drawn as usual says how in its `info`, under `drawn_with`.
        """
        total = 0

        def noted(step: int, steps: int) -> None:
            nonlocal total
            total = steps
            on_step(step, steps)

        drawn = self._draw_all(batch, maps, noted)
        return [
            self._once_more(params, control_map, one, lambda: on_step(total, total))
            if isinstance(one, Defect)
            else one
            for params, control_map, one in zip(batch, maps, drawn, strict=True)
        ]

    def _draw_all(
        self, batch: Sequence[GenerationParams], maps: Sequence[Image.Image], on_step: OnStep
    ) -> list[Drawn]:
        """Draw the batch at once, or in halves of halves where the device's memory is too short.

        Smaller parts give the same images. Where one image alone does not fit it is drawn with
        less memory, which changes it a little and is not remembered: the next run is drawn as ever.
        """
        size = (batch[0].width_px, batch[0].height_px)
        at_once = min(len(batch), self._most_at_once.get(size, len(batch)))
        ways = iter(WITH_LESS_MEMORY)
        means = next(ways)
        while True:
            try:
                return self._draw_parts(batch, maps, at_once, means, on_step)
            except (RuntimeError, MemoryError) as error:
                if not is_memory_short(error):
                    raise
                release(error)
                if at_once == 1:
                    means = next(ways, None)
                    if means is None:
                        raise DeviceMemoryError(_too_large(size)) from error
                    log.warning("memory is short for one image: drawing it with less")
                    continue
            at_once = self._most_at_once[size] = (at_once + 1) // 2
            log.warning("memory is short: drawing %d at once from now on", at_once)

    def _draw_parts(
        self,
        batch: Sequence[GenerationParams],
        maps: Sequence[Image.Image],
        at_once: int,
        means: Means,
        on_step: OnStep,
    ) -> list[Drawn]:
        starts = range(0, len(batch), at_once)
        total = len(starts) * batch[0].steps
        drawn: list[Drawn] = []
        for part, start in enumerate(starts):
            chosen = slice(start, start + at_once)
            earlier = part * batch[0].steps
            drawn += self._draw_once(
                batch[chosen],
                maps[chosen],
                means,
                lambda step, earlier=earlier: on_step(earlier + step, total),
            )
        return drawn

    def _once_more(
        self,
        params: GenerationParams,
        control_map: Image.Image,
        defect: Defect,
        on_step: Callable[[], None],
    ) -> Image.Image | RunFailure:
        log.warning("an image is drawn once more, because %s", defect.value)
        # Where the latents were numbers only the decoder overflowed, and it alone takes more room.
        means = Means(float32="decoder" if defect is Defect.DECODER else "whole")
        try:
            [drawn] = self._draw_once([params], [control_map], means, lambda _step: on_step())
        except (RuntimeError, MemoryError) as error:
            # Whatever it was: the others of the batch are whole, and shall be kept.
            log.warning("it could not be drawn once more", exc_info=error)
            release(error)
            drawn = defect
        return drawn.failure if isinstance(drawn, Defect) else drawn

    def _draw_once(
        self,
        batch: Sequence[GenerationParams],
        maps: Sequence[Image.Image],
        means: Means,
        on_step: Callable[[int], None],
    ) -> list[Drawn]:
        first = batch[0]
        size = (first.width_px, first.height_px)
        self._pipeline.scheduler = build_scheduler(first.scheduler, self.own_scheduler)
        last = _LastLatents(on_step)
        with (
            self.wardrobe.worn(first.loras),
            applied(means, self._pipeline, max(size)) as notes,
        ):
            arguments = self._arguments(batch, maps, means) | {"callback_on_step_end": last.ended}
            images = self._pipeline(**arguments).images
        defects = defects_of(images, last.are_finite)
        return [
            defect or _with_means(image, notes)
            for image, defect in zip(_as_images(images, size), defects, strict=True)
        ]

    def _arguments(
        self, batch: Sequence[GenerationParams], maps: Sequence[Image.Image], means: Means
    ) -> dict[str, Any]:
        first = batch[0]
        # What was encoded in less precision may be what overflowed.
        is_anew = means.float32 == "whole"
        prompts = PromptBook(self._pipeline, self._family) if is_anew else self.prompts
        arguments = prompts.arguments(batch) | {
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


class _LastLatents:
    """Counts the steps of one call, and looks whether what the last one made are numbers."""

    def __init__(self, on_step: Callable[[int], None]) -> None:
        self._on_step = on_step
        self._latents = torch.zeros(0, 1)

    @property
    def are_finite(self) -> Tensor:
        """For each image of the call: (N,) of bool."""
        return finite(self._latents)

    def ended(
        self, _pipeline: Any, index: int, _timestep: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        """What diffusers calls after each step.

        Raising is the one clean way to stop it: its own interrupt flag would return half-denoised
        images as if they were finished.
        """
        self._latents = tensors["latents"]
        self._on_step(index + 1)
        return tensors


def _as_images(images: Tensor, size: tuple[int, int]) -> list[Image.Image]:
    """RGB images of (N, 3, height, width) values in [0, 1] of any dtype; rounded on the device.

    What is not a number becomes black: `defects_of` has seen it before.
    """
    whole = images.float().nan_to_num().mul(255).round_().clamp_(0, 255).to(torch.uint8)
    pixels = cast("np.ndarray[Any, np.dtype[np.uint8]]", whole.permute(0, 2, 3, 1).cpu().numpy())
    drawn = [Image.fromarray(rows) for rows in pixels]
    if any(image.size != size for image in drawn):
        raise BrokenImageError(f"The base model drew {drawn[0].size} instead of {size} pixels")
    return drawn


def _with_means(image: Image.Image, said: str) -> Image.Image:
    if said:
        image.info["drawn_with"] = said
    return image


def _too_large(size: tuple[int, int]) -> str:
    return f"One image of {size[0]} by {size[1]} pixels is too large for this machine's memory"
