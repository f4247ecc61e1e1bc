"""Draws images: one forward pass per step for a whole batch, each image as it would be alone."""

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import diffusers
import peft
import torch
from PIL import Image

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.layout import ControlDrawing
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.run import RunFailure
from brandstudio.errors import LockError
from brandstudio.imaging.compute import Compute, choose_compute
from brandstudio.imaging.control import draw_control_map
from brandstudio.imaging.library_noise import expected_warnings_hidden
from brandstudio.imaging.loaded_model import Easel
from brandstudio.imaging.pipelines import load_pipeline
from brandstudio.imaging.schedulers import build_scheduler
from brandstudio.services.ports import OnStep


def build_generator(
    catalogue: Catalogue,
    lora_files: Mapping[str, Path],
    *,
    device: str = "auto",
    dtype: str = "auto",
) -> "DiffusersGenerator":
    """A generator for the catalogue's base models; weights are loaded when first asked for.

    lora_files: each LoRA's path by its sha256. device: "auto" or a torch device; dtype: "auto",
    "float32", "bfloat16" or "float16".
    """
    return DiffusersGenerator(catalogue, lora_files, choose_compute(device, dtype))


class DiffusersGenerator:
    """A Generator over diffusers; each base model's pipeline stays loaded once it was used."""

    def __init__(
        self, catalogue: Catalogue, lora_files: Mapping[str, Path], compute: Compute
    ) -> None:
        self._catalogue = catalogue
        self._lora_files = lora_files
        self._compute = compute
        self._easels: dict[str, Easel] = {}
        self._lock = threading.RLock()

    def generate(
        self, batch: Sequence[GenerationParams], *, on_step: OnStep
    ) -> list[Image.Image | RunFailure]:
        """One RGB image per request, in order; see brandstudio.services.ports.Generator.

        Raises DeviceMemoryError when not even one image fits, BrokenImageError when the model's
        images are of another size.
        """
        if not batch:
            return []
        with self._lock, expected_warnings_hidden():
            easel = self.easel_for(batch[0])
            maps = [self._map_for(params) for params in batch]
            return easel.draw(batch, maps, on_step)

    def describe(self, params: GenerationParams) -> dict[str, str]:
        """Device, dtype, library versions, sampler and short hashes, for a provenance record."""
        with self._lock, expected_warnings_hidden():
            easel = self.easel_for(params)
            loras = {lora.name: easel.wardrobe.short_hash(lora) for lora in params.loras}
            scheduler = build_scheduler(params.scheduler, easel.own_scheduler)
            return {
                "device": _device_name(self._compute.device),
                "dtype": self._compute.dtype_name,
                "torch": torch.__version__,
                "diffusers": diffusers.__version__,
                "peft": peft.__version__,
                "scheduler": type(scheduler).__name__,
                "model_hash": easel.model_hash,
                "lora_hashes": ", ".join(f"{name}: {digest}" for name, digest in loras.items()),
            }

    def easel_for(self, params: GenerationParams) -> Easel:
        """The loaded base model this request names, loaded now if need be."""
        profile = self._catalogue.base_model(params.base_model)
        _check_revisions(params, profile)
        if profile.slug not in self._easels:
            pipeline = load_pipeline(profile, self._compute)
            self._easels[profile.slug] = Easel(profile, pipeline, self._lora_files)
        return self._easels[profile.slug]

    def _map_for(self, params: GenerationParams) -> Image.Image:
        if params.control is None:
            return Image.new("RGB", (params.width_px, params.height_px))
        drawing, svg = params.control.drawing, self._outline_svg(params.control.drawing)
        return _drawn(drawing.model_dump_json(), svg, params.width_px, params.height_px)

    def _outline_svg(self, drawing: ControlDrawing) -> str:
        outline = self._catalogue.outline(drawing.outline)
        if outline.sha256 != drawing.outline_sha256:
            file = f"outlines/{outline.slug}.svg"
            raise LockError(file, locked=drawing.outline_sha256, actual=outline.sha256)
        return outline.svg


@lru_cache(maxsize=64)
def _drawn(drawing_json: str, outline_svg: str, width_px: int, height_px: int) -> Image.Image:
    """The control map, drawn once however many variants share it."""
    drawing = ControlDrawing.model_validate_json(drawing_json)
    return draw_control_map(drawing, outline_svg, width_px, height_px)


def _check_revisions(params: GenerationParams, profile: BaseModelProfile) -> None:
    wanted = [(profile.checkpoint, profile.checkpoint.id, params.revision)]
    if params.control is not None:
        wanted.append((profile.controlnet, params.control.controlnet, params.control.revision))
    for checkpoint, name, revision in wanted:
        if (name, revision) != (checkpoint.id, checkpoint.revision):
            raise LockError(name, locked=revision, actual=checkpoint.revision)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
