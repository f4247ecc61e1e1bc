"""The members of the diffusion family: made new, read from a folder, written as fp16."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import (
    AutoencoderTiny,
    ControlNetModel,
    DPMSolverMultistepScheduler,
    StableDiffusionControlNetPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from house_model.training.noise import SCHEDULE, Noisy

# ControlNetModel takes one number of layers for all levels, so the UNet must have one too.
_UNET: dict[str, Any] = {
    "sample_size": 32,
    "in_channels": 8,
    "out_channels": 8,
    "block_out_channels": (64, 128, 256),
    "layers_per_block": 2,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 256,
    "attention_head_dim": 4,
    "norm_num_groups": 16,
}
_HINT_CHANNELS = (16, 32, 64, 64)


@dataclass(frozen=True)
class Family:
    """The networks that are trained together, in float32."""

    unet: UNet2DConditionModel
    text: CLIPTextModel
    control: ControlNetModel
    tokenizer: CLIPTokenizer

    def ids(self, captions: list[str]) -> Tensor:
        """(N, 32) int64, padded."""
        encoded = self.tokenizer(
            captions,
            padding="max_length",
            max_length=self.tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        return encoded.input_ids

    def words(self, captions: list[str]) -> Tensor:
        """What the text encoder makes of the captions, (N, 32, channels)."""
        return self.text(self.ids(captions)).last_hidden_state

    def answer(self, noisy: Noisy, ids: Tensor, lines: Tensor | None) -> Tensor:
        """Predict v, (N, 8, h, w); without lines the ControlNet is left out."""
        return self.v(noisy.latents, noisy.times, self.text(ids).last_hidden_state, lines)

    def v(self, latents: Tensor, times: Tensor, words: Tensor, lines: Tensor | None) -> Tensor:
        """Predict v, (N, 8, h, w), from latents of that shape, (N,) times and encoded words."""
        latents = latents.contiguous(memory_format=torch.channels_last)
        if lines is None:
            return self.unet(latents, times, words).sample
        down, middle = self.control(latents, times, words, controlnet_cond=lines, return_dict=False)
        return self.unet(
            latents,
            times,
            words,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
        ).sample


def read_family(base: Path, controlnet: Path) -> Family:
    """Read the networks from diffusers folders, in float32 and ready to train."""
    exact: dict[str, Any] = {"torch_dtype": torch.float32, "use_safetensors": True}
    return _ready(
        Family(
            unet=UNet2DConditionModel.from_pretrained(base / "unet", **exact),
            text=CLIPTextModel.from_pretrained(base / "text_encoder", **exact),
            control=ControlNetModel.from_pretrained(controlnet, **exact),
            tokenizer=CLIPTokenizer.from_pretrained(base / "tokenizer"),
        )
    )


def new_family(text: CLIPTextModel, tokenizer: CLIPTokenizer, **unet: Any) -> Family:
    """A fresh UNet and the ControlNet that fits it; keyword arguments change the UNet's shape."""
    network = UNet2DConditionModel(
        **_UNET | {"cross_attention_dim": text.config.hidden_size} | unet
    )
    with torch.no_grad():
        for parameter in network.conv_out.parameters():
            parameter.zero_()
        for name, parameter in network.named_parameters():
            if name.endswith((".conv2.weight", "proj_out.weight")):
                parameter.mul_(0.2)
    control = ControlNetModel.from_unet(
        network, conditioning_channels=3, conditioning_embedding_out_channels=_HINT_CHANNELS
    )
    hint = control.controlnet_cond_embedding
    # The default gain loses thin white lines in tiny activations.
    for convolution in (hint.conv_in, *hint.blocks):
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return _ready(Family(network, text, control, tokenizer))


def _ready(family: Family) -> Family:
    for network in (family.unet, family.control):
        network.to(memory_format=torch.channels_last)
        # Faster than the fused kernel on a CPU at these sizes, forward and backward together.
        network.set_attn_processor(AttnProcessor())
        network.train()
    return family


def read_vae(base: Path, dtype: torch.dtype = torch.bfloat16) -> AutoencoderTiny:
    vae = AutoencoderTiny.from_pretrained(base / "vae", torch_dtype=dtype, use_safetensors=True)
    return vae.to(memory_format=torch.channels_last).requires_grad_(False)


def scheduler() -> DPMSolverMultistepScheduler:
    return DPMSolverMultistepScheduler(
        **SCHEDULE,
        timestep_spacing="trailing",
        algorithm_type="dpmsolver++",
        solver_order=2,
        steps_offset=1,  # ignored by trailing spacing, demanded by Stable Diffusion pipelines
    )


def pipeline(
    family: Family, vae: AutoencoderTiny, dtype: torch.dtype = torch.bfloat16
) -> StableDiffusionControlNetPipeline:
    """A pipeline of copies in that dtype, for sheets and figures."""
    made = StableDiffusionControlNetPipeline(
        vae=vae.to(dtype),
        text_encoder=_copied(family.text, dtype),
        tokenizer=family.tokenizer,
        unet=_copied(family.unet, dtype),
        controlnet=_copied(family.control, dtype),
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    made.set_progress_bar_config(disable=True)
    return made


def write_family(family: Family, vae: AutoencoderTiny, folder: Path) -> None:
    """Write `base/` and `controlnet/` in fp16; a half-written pair is never seen."""
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    base = StableDiffusionPipeline(
        vae=vae.to(torch.float16),
        text_encoder=_copied(family.text, torch.float16),
        tokenizer=family.tokenizer,
        unet=_copied(family.unet, torch.float16),
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    base.save_pretrained(draft / "base")
    _copied(family.control, torch.float16).save_pretrained(draft / "controlnet")
    _forget_origins(draft)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def write_continued(family: Family, weights: Path, folder: Path) -> None:
    """Write the family beside the autoencoder of the weights that it went on from."""
    write_family(family, read_vae(weights / "base", torch.float32), folder)


def _copied(network: Any, dtype: torch.dtype) -> Any:
    """A copy in that dtype; weights are shared where nothing changes."""
    kind = cast(Any, type(network))
    make = kind if isinstance(network, CLIPTextModel) else kind.from_config
    twin = make(network.config)
    twin.load_state_dict(network.state_dict())
    return twin.to(dtype).eval()


def _forget_origins(folder: Path) -> None:
    """Drop from configurations what depends on where and how they were read."""
    for path in folder.rglob("*config.json"):
        config = json.loads(path.read_text())
        for key in ("_name_or_path", "local_files_only"):
            config.pop(key, None)
        path.write_text(json.dumps(config, indent=2) + "\n")
