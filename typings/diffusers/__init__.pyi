from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Self

import numpy as np
import torch
from peft import LoraConfig
from torch import Tensor, nn

__version__: str

class _Model(nn.Module):
    dtype: torch.dtype
    config: Any

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | PathLike[str],
        *,
        torch_dtype: torch.dtype = ...,
        use_safetensors: bool = ...,
    ) -> Self: ...
    @classmethod
    def from_config(cls, config: Any) -> Self: ...
    def save_pretrained(self, save_directory: str | PathLike[str]) -> None: ...

class _Coder(nn.Module):
    layers: Sequence[Any]
    def __call__(self, x: Tensor) -> Tensor: ...

class AutoencoderTiny(_Model):
    encoder: _Coder
    decoder: _Coder
    def __init__(
        self,
        *,
        encoder_block_out_channels: tuple[int, ...],
        decoder_block_out_channels: tuple[int, ...],
        num_encoder_blocks: tuple[int, ...],
        num_decoder_blocks: tuple[int, ...],
        latent_channels: int,
    ) -> None: ...

class _Answer:
    sample: Tensor

class UNet2DConditionModel(_Model):
    conv_out: nn.Module
    peft_config: Mapping[str, LoraConfig]
    def __init__(self, **shape: Any) -> None: ...
    def __call__(
        self,
        sample: Tensor,
        timestep: Tensor,
        encoder_hidden_states: Tensor,
        *,
        down_block_additional_residuals: Sequence[Tensor] = ...,
        mid_block_additional_residual: Tensor = ...,
    ) -> _Answer: ...
    def set_attn_processor(self, processor: object) -> None: ...
    def add_adapter(self, adapter_config: LoraConfig, adapter_name: str = "default") -> None: ...

class _Hint(nn.Module):
    conv_in: nn.Conv2d
    blocks: Iterable[nn.Conv2d]

class ControlNetModel(_Model):
    controlnet_cond_embedding: _Hint
    @classmethod
    def from_unet(
        cls,
        unet: UNet2DConditionModel,
        *,
        conditioning_channels: int,
        conditioning_embedding_out_channels: tuple[int, ...],
    ) -> Self: ...
    def __call__(
        self,
        sample: Tensor,
        timestep: Tensor,
        encoder_hidden_states: Tensor,
        *,
        controlnet_cond: Tensor,
        return_dict: bool,
    ) -> tuple[Sequence[Tensor], Tensor]: ...
    def set_attn_processor(self, processor: object) -> None: ...

class _Step:
    prev_sample: Tensor

class _Scheduler:
    timesteps: Tensor
    alphas_cumprod: Tensor
    config: Any
    def __init__(self, **settings: Any) -> None: ...
    def set_timesteps(self, num_inference_steps: int) -> None: ...
    def step(self, model_output: Tensor, timestep: Tensor, sample: Tensor) -> _Step: ...

class DDIMScheduler(_Scheduler): ...
class DDPMScheduler(_Scheduler): ...
class DPMSolverMultistepScheduler(_Scheduler): ...

class _Pictures:
    images: np.ndarray

class _Pipeline:
    components: dict[str, Any]
    scheduler: _Scheduler
    unet: UNet2DConditionModel
    def __init__(self, **parts: Any) -> None: ...
    def __call__(self, **request: Any) -> _Pictures: ...
    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | PathLike[str], **options: Any
    ) -> Self: ...
    def to(self, device: str) -> Self: ...
    def save_pretrained(self, save_directory: str | PathLike[str]) -> None: ...
    def set_progress_bar_config(self, *, disable: bool) -> None: ...
    def load_lora_weights(
        self,
        pretrained_model_name_or_path_or_dict: str | PathLike[str],
        *,
        weight_name: str = ...,
        adapter_name: str = ...,
    ) -> None: ...
    def set_adapters(
        self, adapter_names: list[str] | str, adapter_weights: list[float] | float
    ) -> None: ...
    def disable_lora(self) -> None: ...
    def unload_lora_weights(self) -> None: ...

class StableDiffusionPipeline(_Pipeline): ...
class StableDiffusionControlNetPipeline(_Pipeline): ...
