"""The shipped weights at a size small enough for seconds, and a catalogue around them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save

from brandstudio.checksums import file_sha256, folder_sha256
from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.catalogue import Catalogue, Outline
from brandstudio.domain.plan import GenerationParams, LoraUse
from brandstudio.imaging.generator import DiffusersGenerator, build_generator
from brandstudio.weights import WEIGHTS

ROOT = Path(__file__).parents[2]
VOLTRA = ROOT / "lora_weights" / "voltra" / "voltra.safetensors"
MUG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    '<rect x="20" y="10" width="60" height="80"/></svg>'
)
OUTLINE = Outline(slug="mug", svg=MUG, sha256="0" * 64)

COMMIT = "0123456789" * 4
"""The revision of weights that were never on a hub, but must be pinned like all others."""

Recipe = Callable[..., GenerationParams]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Small tensors on a shared machine: threads would wait for each other."""
    torch.set_num_threads(1)


def shipped(folder: str) -> dict[str, str]:
    return {"source": "shipped", "id": folder, "revision": folder_sha256(WEIGHTS / folder)}


def scorer_profile(**changes: Any) -> dict[str, Any]:
    """The shipped CLIP model, locked."""
    return {"clip": "local-dir:clip", "revision": folder_sha256(WEIGHTS / "clip")} | changes


def profile_with(**changes: Any) -> BaseModelProfile:
    """The house base model, or one that differs from it by `changes`."""
    quality = {"steps": 2, "guidance_scale": 3.0}
    declared = {
        "slug": "house",
        "title": "House model",
        "family": "sd15",
        "licence": "Apache-2.0",
        "checkpoint": shipped("base"),
        "controlnet": shipped("controlnet"),
        "draft": quality,
        "final": quality,
        "allowed": {
            "steps": {"least": 1, "most": 30},
            "guidance_scale": {"least": 0, "most": 9},
            "lora_scale": {"least": 0, "most": 1.2},
            "controlnet_scale": {"least": 0, "most": 1.2},
        },
        "sizes": {"1:1": {"width_px": 64, "height_px": 64}},
        "scorer": scorer_profile(aesthetic_head="aesthetic_head.safetensors"),
        "seconds_per_step": 0.1,
    }
    return BaseModelProfile.model_validate(declared | changes)


def catalogue_of(*profiles: BaseModelProfile) -> Catalogue:
    return Catalogue(
        brands={},
        templates={},
        layouts={},
        placements={},
        base_models={profile.slug: profile for profile in profiles},
        outlines={OUTLINE.slug: OUTLINE},
    )


def params_for(profile: BaseModelProfile, **changes: Any) -> GenerationParams:
    """A request to that base model at 64 pixels and two steps, with a control map."""
    drawing = {
        "outline": OUTLINE.slug,
        "outline_sha256": OUTLINE.sha256,
        "product": {"left": 0.3, "top": 0.3, "width": 0.4, "height": 0.5},
        "horizon": 0.7,
    }
    asked = {
        "base_model": profile.slug,
        "revision": profile.checkpoint.revision,
        "prompt": "voltra brand style, a red mug on a table",
        "negative_prompt": "blurry",
        "seed": 1,
        "width_px": 64,
        "height_px": 64,
        "steps": 2,
        "guidance_scale": 3.0,
        "scheduler": "checkpoint",
        "control": {
            "controlnet": profile.controlnet.id,
            "revision": profile.controlnet.revision,
            "scale": 1.0,
            "drawing": drawing,
        },
    }
    return GenerationParams.model_validate(asked | changes)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The largest difference between two images, as a share of the range."""
    apart = np.asarray(one, dtype=np.int16) - np.asarray(other, dtype=np.int16)
    return float(np.abs(apart).max()) / 255


def draw(generator: DiffusersGenerator, *batch: GenerationParams) -> list[Image.Image]:
    return generator.generate(batch, on_step=lambda step, steps: None)


@pytest.fixture(scope="session")
def house() -> BaseModelProfile:
    return profile_with()


@pytest.fixture
def recipe(house: BaseModelProfile) -> Recipe:
    """A request to the house model; keyword arguments change what matters to the test."""
    return partial(params_for, house)


@pytest.fixture(scope="session")
def voltra() -> LoraUse:
    return LoraUse(name="voltra", sha256=file_sha256(VOLTRA), scale=1.0)


@dataclass(frozen=True)
class LoraShelf:
    """LoRA files that a test makes, in the mapping that the generator looks them up in."""

    folder: Path
    files: dict[str, Path]

    def of(self, content: bytes, name: str) -> LoraUse:
        path = self.folder / name
        path.write_bytes(content)
        return self.promised(hashlib.sha256(content).hexdigest(), path)

    def promised(self, sha256: str, path: Path) -> LoraUse:
        self.files[sha256] = path
        return LoraUse(name=path.stem, sha256=sha256, scale=1.0)

    def with_strength(self, strength: float) -> LoraUse:
        """The voltra LoRA with its own effect at another strength: another file."""
        tensors = load_file(VOLTRA)
        weaker = {
            name: tensor * strength if name.endswith(("lora_B.weight", "up.weight")) else tensor
            for name, tensor in tensors.items()
        }
        return self.of(save(weaker), f"at-{int(strength * 100)}-percent.safetensors")


_FILES: dict[str, Path] = {}


@pytest.fixture
def shelf(tmp_path: Path) -> LoraShelf:
    return LoraShelf(tmp_path, _FILES)


@pytest.fixture(scope="session")
def generator(house: BaseModelProfile, voltra: LoraUse) -> DiffusersGenerator:
    """The real generator over the shipped weights; it stays loaded for the whole session."""
    return _new_generator(house, voltra)


@pytest.fixture
def house_generator(house: BaseModelProfile, voltra: LoraUse) -> DiffusersGenerator:
    """Another one, for a test that must begin with nothing loaded."""
    return _new_generator(house, voltra)


def _new_generator(house: BaseModelProfile, voltra: LoraUse) -> DiffusersGenerator:
    _FILES[voltra.sha256] = VOLTRA
    return build_generator(catalogue_of(house), _FILES, device="cpu", dtype="float32")
