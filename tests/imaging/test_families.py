"""Other families of base models: tiny, with random weights, through the very same code."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import (
    StableDiffusionXLPipeline,
)
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from transformers import AutoTokenizer, CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.errors import WeightsError
from brandstudio.imaging.generator import DiffusersGenerator, build_generator
from brandstudio.weights import WEIGHTS
from campaigns.abuse.watching import watched
from tests.imaging.conftest import COMMIT, catalogue_of, difference, draw, params_for, profile_with

UNET = {
    "block_out_channels": (16, 32),
    "layers_per_block": 1,
    "sample_size": 8,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 4,
    "norm_num_groups": 8,
}
SDXL_UNET = UNET | {
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "transformer_layers_per_block": 1,
    "projection_class_embeddings_input_dim": 8 * 6 + 32,
}


def text_config() -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=2048,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=32,
        projection_dim=32,
        bos_token_id=2046,
        eos_token_id=2047,
        pad_token_id=2047,
    )


def save_tiny(folder: Path, family: str) -> None:
    """A checkpoint and its ControlNet with random weights, as their own tools save them."""
    torch.manual_seed(1)
    is_sdxl = family == "sdxl"
    unet = UNet2DConditionModel(
        **(
            SDXL_UNET | {"cross_attention_dim": 64}
            if is_sdxl
            else UNET | {"cross_attention_dim": 32}
        )
    )
    controlnet = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 16))
    for block in (*controlnet.controlnet_down_blocks, controlnet.controlnet_mid_block):
        torch.nn.init.normal_(block.weight, std=0.2)
    controlnet.save_pretrained(folder / "controlnet")
    pipeline_class = StableDiffusionXLPipeline if is_sdxl else StableDiffusionPipeline
    pipeline_class(unet=unet, **_others(is_sdxl)).save_pretrained(folder / "base")


def _others(is_sdxl: bool) -> dict[str, Any]:
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "base" / "tokenizer")
    vae = AutoencoderKL(
        block_out_channels=(8, 16),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
    )
    scheduler = EulerDiscreteScheduler(beta_schedule="scaled_linear", steps_offset=1)
    parts = {"vae": vae, "scheduler": scheduler, "tokenizer": tokenizer}
    parts["text_encoder"] = CLIPTextModel(text_config())
    if not is_sdxl:
        return parts | {"safety_checker": None, "feature_extractor": None}
    second = {
        "text_encoder_2": CLIPTextModelWithProjection(text_config()),
        "tokenizer_2": tokenizer,
    }
    return parts | second


@pytest.fixture(scope="session", params=["sd15", "sdxl"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp(request.param)
    save_tiny(folder, request.param)
    return profile_with(
        slug="tiny",
        family=request.param,
        checkpoint={"source": "hub", "id": str(folder / "base"), "revision": COMMIT},
        controlnet={"source": "hub", "id": str(folder / "controlnet"), "revision": COMMIT},
    )


@pytest.fixture(scope="session")
def painter(tiny: BaseModelProfile) -> DiffusersGenerator:
    return build_generator(catalogue_of(tiny), {}, device="cpu", dtype="float32")


def test_an_image_of_a_batch_equals_the_same_image_alone_in_any_family(
    painter: DiffusersGenerator, tiny: BaseModelProfile
) -> None:
    batch = [params_for(tiny, seed=seed, prompt=f"{seed} mugs") for seed in range(3)]
    together = draw(painter, *batch)
    [alone] = draw(painter, batch[1])
    assert alone.size == (64, 64)
    assert difference(together[1], alone) <= 1 / 255
    assert difference(together[1], together[0]) > 0.05


def test_prompt_control_map_and_clip_skip_reach_the_picture(
    painter: DiffusersGenerator, tiny: BaseModelProfile
) -> None:
    [plain] = draw(painter, params_for(tiny))
    for change in ({"prompt": "another"}, {"control": None}, {"clip_skip": 1}):
        assert draw(painter, params_for(tiny, **change)) != [plain], change


def test_weights_that_are_not_there_are_named() -> None:
    absent = {"source": "hub", "id": "./no/such/folder", "revision": COMMIT}
    lost = profile_with(controlnet=absent)
    with pytest.raises(WeightsError, match="House model cannot be loaded"):
        draw(build_generator(catalogue_of(lost), {}, device="cpu"), params_for(lost))


def test_every_encoder_reads_the_locked_words_first_and_the_pipeline_is_led_by_the_plan(
    painter: DiffusersGenerator, tiny: BaseModelProfile
) -> None:
    locked = "solenne brand style"
    prompt = f"{locked}, {'typed words without an end ' * 20}"
    params = params_for(tiny, prompt=prompt, negative_prompt="blurry, text")
    assert watched(painter, params, locked) == []
    pushed = params.but(prompt=f"{'typed words ' * 20}, {locked}")
    encoders = {"sd15": ["text_encoder"], "sdxl": ["text_encoder", "text_encoder_2"]}
    assert [fault.split()[0] for fault in watched(painter, pushed, locked)] == (
        encoders[tiny.family]
    )


@pytest.mark.parametrize("revision", ["main", "v1.0", "0123456"])
def test_weights_that_somebody_can_exchange_on_the_hub_are_not_loaded(
    tmp_path: Path, revision: str
) -> None:
    save_tiny(tmp_path, "sd15")
    moving = {"source": "hub", "id": str(tmp_path / "controlnet"), "revision": revision}
    loose = profile_with(controlnet=moving)
    with pytest.raises(WeightsError, match=f"not pinned: its revision '{revision}'"):
        draw(build_generator(catalogue_of(loose), {}, device="cpu"), params_for(loose))


def test_a_damaged_weight_file_is_named(tmp_path: Path) -> None:
    save_tiny(tmp_path, "sd15")
    weights = tmp_path / "controlnet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    torn = profile_with(
        controlnet={"source": "hub", "id": str(tmp_path / "controlnet"), "revision": COMMIT}
    )
    with pytest.raises(WeightsError, match="House model cannot be loaded"):
        draw(build_generator(catalogue_of(torn), {}, device="cpu"), params_for(torn))
