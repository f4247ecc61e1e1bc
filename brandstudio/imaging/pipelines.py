"""From a base model's profile to a loaded diffusers pipeline with its ControlNet."""

import logging
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import diffusers
from diffusers.pipelines.auto_pipeline import AutoPipelineForText2Image
from safetensors import SafetensorError

from brandstudio.checksums import (
    astray,
    copied_listing,
    file_sha256,
    folder_sha256,
    listing_sha256,
)
from brandstudio.domain.base_model import BaseModelProfile, Checkpoint, Family
from brandstudio.errors import DeviceMemoryError, LockError, WeightsError
from brandstudio.imaging.compute import Compute, is_memory_short, release
from brandstudio.imaging.library_noise import expected_warnings_hidden
from brandstudio.weights import WEIGHTS

log = logging.getLogger(__name__)

_HASH = "_brandstudio_model_hash"  # kept in the pipeline's own config, beside its parts


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the ControlNet pipelines of one family of base models name things."""

    controlnet_class: str
    control_map: str
    guidance: str = "guidance_scale"
    has_clip_skip: bool = False
    size_multiple: int = 8


DIALECTS: dict[Family, Dialect] = {
    "sd15": Dialect("ControlNetModel", "image", has_clip_skip=True),
    "sdxl": Dialect("ControlNetModel", "image", has_clip_skip=True),
    "sd3": Dialect("SD3ControlNetModel", "control_image", has_clip_skip=True, size_multiple=16),
    "flux": Dialect("FluxControlNetModel", "control_image", size_multiple=16),
    "qwen-image": Dialect(
        "QwenImageControlNetModel", "control_image", guidance="true_cfg_scale", size_multiple=16
    ),
    "z-image": Dialect("ZImageControlNetModel", "control_image", size_multiple=16),
}


def load_pipeline(profile: BaseModelProfile, compute: Compute) -> Any:
    """The profile's text-to-image pipeline with its ControlNet, on the device, ready to be called.

    Only safetensors files are read. Raises LockError when shipped weights are not the ones the
    profile names, WeightsError when weights are missing or damaged, and DeviceMemoryError when
    they do not fit.
    """
    started = time.perf_counter()
    try:
        with expected_warnings_hidden():
            pipeline = _load(profile, compute)
    except (OSError, ValueError, RuntimeError, MemoryError, SafetensorError) as error:
        if is_memory_short(error):
            release(error)
            raise DeviceMemoryError(f"{profile.title} is too large for this machine") from error
        reason = str(error).partition("\n")[0][:300]
        raise WeightsError(f"{profile.title} cannot be loaded: {reason}") from error
    pipeline.set_progress_bar_config(disable=True)
    elapsed_s = time.perf_counter() - started
    log.info("base model %s loaded in %.1f s on %s", profile.slug, elapsed_s, compute.device)
    return pipeline


def _load(profile: BaseModelProfile, compute: Compute) -> Any:
    common = {"dtype": compute.dtype, "use_safetensors": True}
    controlnet_class = getattr(diffusers, DIALECTS[profile.family].controlnet_class)
    with _source(profile.controlnet) as (place, where):
        controlnet = controlnet_class.from_pretrained(place, **where, **common)
    with _source(profile.checkpoint) as (place, where):
        pipeline = AutoPipelineForText2Image.from_pretrained(
            place, controlnet=controlnet, variant=profile.variant, **where, **common
        )
        pipeline.register_to_config(**{_HASH: _hash_of_denoiser(pipeline)})
    return pipeline.to(compute.device)


@contextmanager
def _source(checkpoint: Checkpoint) -> Generator[tuple[str, dict[str, Any]]]:
    """What from_pretrained is told about where the weights are."""
    if checkpoint.source == "shipped":
        with verified_copy(WEIGHTS / checkpoint.id, checkpoint.revision) as folder:
            yield str(folder), {"local_files_only": True}
    else:
        if not checkpoint.is_pinned:
            raise WeightsError(
                f"{checkpoint.id} is not pinned: its revision '{checkpoint.revision}' can become "
                "another model any day; set it to a commit of the hub in presets/base_models"
            )
        offline = os.environ.get("HF_HUB_OFFLINE", "") not in {"", "0"}
        yield checkpoint.id, {"revision": checkpoint.revision, "local_files_only": offline}


@contextmanager
def verified_copy(shipped: Path, revision: str) -> Generator[Path]:
    """A private copy of shipped weights, compared with their revision, for as long as they load.

    Weights stay mapped to the file they came from: whoever exchanged the shipped file between the
    comparison and the loading, or wrote into it later, would change the pictures. What no loader
    should read, a pickle for one, is not copied.
    """
    with TemporaryDirectory(prefix="brandstudio-", ignore_cleanup_errors=True) as private:
        folder = Path(private)
        try:
            lines = copied_listing(shipped, folder)
        except FileNotFoundError as error:
            raise WeightsError(f"The shipped weights '{shipped.name}' are missing") from error
        actual = listing_sha256(lines)
        if actual != revision:
            which = astray(shipped, lines, revision)
            raise LockError(f"weights/{shipped.name}", locked=revision, actual=actual, astray=which)
        yield folder


def model_hash(pipeline: Any) -> str:
    """The first ten digits of the sha256 of the denoiser's weights, as image tools print it."""
    return pipeline.config[_HASH]


def _hash_of_denoiser(pipeline: Any) -> str:
    """Weights split over several files, which image tools do not know, are hashed as a folder."""
    denoiser = pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer
    folder = Path(denoiser.config["_name_or_path"])
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return ""
    return (file_sha256(files[0]) if len(files) == 1 else folder_sha256(folder))[:10]
