"""The shipped weights load with everybody's loaders, offline, and fit each other."""

import json
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

from brandstudio.weights import WEIGHTS

LORAS = Path(__file__).parents[2] / "lora_weights"
BRANDS = sorted(path.stem for path in LORAS.glob("*/*.safetensors"))

pytestmark = [
    # A tiny autoencoder in a pipeline made for the large one; the pipeline runs with both.
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def pipe() -> Any:
    control = ControlNetModel.from_pretrained(WEIGHTS / "controlnet", torch_dtype=torch.float32)
    loaded = StableDiffusionControlNetPipeline.from_pretrained(
        WEIGHTS / "base",
        controlnet=control,
        torch_dtype=torch.float32,
        safety_checker=None,
        local_files_only=True,
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


def picture(pipe: Any, side: int = 64) -> Image.Image:
    return pipe(
        "a red can, studio background",
        image=Image.new("RGB", (side, side)),
        width=side,
        height=side,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
    ).images[0]


def test_the_base_and_its_controlnet_draw(pipe: Any) -> None:
    assert picture(pipe).size == (64, 64)


@pytest.mark.parametrize("brand", BRANDS)
def test_a_brands_lora_fits_the_base_and_changes_the_picture(pipe: Any, brand: str) -> None:
    plain = picture(pipe)
    pipe.load_lora_weights(LORAS / brand, weight_name=f"{brand}.safetensors", adapter_name=brand)
    branded = picture(pipe)
    pipe.unload_lora_weights()
    assert branded.tobytes() != plain.tobytes()
    assert picture(pipe).tobytes() == plain.tobytes()


@pytest.mark.parametrize("brand", BRANDS)
def test_a_lora_says_where_it_comes_from(brand: str) -> None:
    with safe_open(LORAS / brand / f"{brand}.safetensors", "pt") as file:
        metadata = file.metadata()
    assert metadata["trigger"] == f"{brand} brand style"
    assert {"rank", "alpha", "base", "licence", "training_set"} <= set(metadata)


def test_clip_reads_pictures_and_words() -> None:
    folder = f"local-dir:{WEIGHTS / 'clip'}"
    model, _, preprocess = open_clip.create_model_and_transforms(folder)
    words = open_clip.get_tokenizer(folder)(["a red mug"])
    with torch.no_grad():
        image = model.encode_image(preprocess(Image.new("RGB", (256, 256)))[None])
        assert image.shape == model.encode_text(words).shape == (1, 256)


def test_the_aesthetic_head_reads_clips_embeddings() -> None:
    head = load_file(WEIGHTS / "clip" / "aesthetic_head.safetensors")
    assert sorted(tuple(tensor.shape) for tensor in head.values()) == [
        (1,), (1, 128), (128,), (128, 256),
    ]  # fmt: skip


def test_the_family_is_small_enough_for_a_laptop_and_names_no_ones_folders() -> None:
    files = [path for path in WEIGHTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 120e6
    for path in WEIGHTS.rglob("*config.json"):
        assert "_name_or_path" not in json.loads(path.read_text()), path
