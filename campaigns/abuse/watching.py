"""What a real pipeline is given and wears while it draws, and where that is not the plan's."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn

from brandstudio.domain.plan import GenerationParams
from brandstudio.imaging.adapters import read_lora
from brandstudio.imaging.generator import DiffusersGenerator
from campaigns.abuse.safetensors import digest_of

Ids = tuple[int, ...]


@dataclass
class Seen:
    """Everything that reached the networks during one call."""

    steps: int = 0
    worn: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    guidance: set[float] = field(default_factory=set[float])
    control_scales: set[float] = field(default_factory=set[float])
    control_maps: list[Tensor] = field(default_factory=list[Tensor])
    sizes: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    read: dict[str, set[Ids]] = field(default_factory=dict[str, set[Ids]])
    weights: set[bytes] = field(default_factory=set[bytes])


def watched(generator: DiffusersGenerator, params: GenerationParams, locked: str) -> list[str]:
    """Draw one image and say in what the pipeline was not led by the plan alone.

    `locked` are the words that every text encoder must read at the beginning.
    """
    easel: Any = generator.easel_for(params)
    pipeline, seen = easel._pipeline, Seen()
    easel.prompts._texts.clear()  # what was encoded before would not be seen
    with looking(pipeline, seen):
        generator.generate([params], on_step=lambda _d, _t: look_at_step(pipeline, seen))
    expected = {f"lora_{use.sha256[:16]}": use.scale for use in params.loras}
    control = params.control
    pairs: Sequence[tuple[str, object, object]] = (
        ("steps", seen.steps, params.steps),
        ("LoRAs", [worn for worn in seen.worn if worn != expected], []),
        ("weights of the LoRAs", seen.weights <= weights_of(generator, params), True),
        ("guidance", seen.guidance, {params.guidance_scale}),
        ("control scale", seen.control_scales, {control.scale if control else 0.0}),
        ("size", seen.sizes, {(params.width_px, params.height_px)}),
        ("scheduler", type(pipeline.scheduler).__name__, generator.describe(params)["scheduler"]),
        ("control map", shows(generator, params, seen.control_maps), True),
    )
    faults = [
        f"{name}: saw {saw}, planned {planned}" for name, saw, planned in pairs if saw != planned
    ]
    return [*faults, *misread(pipeline, params, locked, seen)]


def misread(pipeline: Any, params: GenerationParams, locked: str, seen: Seen) -> Iterator[str]:
    """What a text encoder read besides prompt and negative prompt, or did not read of the lock."""
    for encoder, tokenizer in encoders_of(pipeline):
        told = {ids_of(tokenizer, text) for text in (params.prompt, params.negative_prompt)}
        found = seen.read.get(encoder, set())
        if found != told:
            yield f"{encoder} read {len(found - told)} texts that nobody planned"
        wanted = tuple(tokenizer(locked, add_special_tokens=False).input_ids)
        if ids_of(tokenizer, params.prompt)[1 : 1 + len(wanted)] != wanted:
            yield f"{encoder} does not begin with {locked!r}"


def encoders_of(pipeline: Any) -> list[tuple[str, Any]]:
    """The text encoders by name, each with its tokenizer."""
    names = (("text_encoder", "tokenizer"), ("text_encoder_2", "tokenizer_2"))
    parts = pipeline.components
    return [(encoder, parts[tokenizer]) for encoder, tokenizer in names if parts.get(encoder)]


def ids_of(tokenizer: Any, text: str) -> Ids:
    """A text as an encoder is given it: marked, cut off and filled up."""
    length = tokenizer.model_max_length
    told = tokenizer(text, padding="max_length", truncation=True, max_length=length)
    return tuple(told.input_ids)


def look_at_step(pipeline: Any, seen: Seen) -> None:
    """What is worn, how strongly, and with which guidance, after one step."""
    seen.steps += 1
    seen.worn.append(scales_of(pipeline.unet))
    seen.guidance.add(pipeline.guidance_scale)


@contextmanager
def looking(pipeline: Any, seen: Seen) -> Generator[None]:
    """Look at what the networks are called with."""

    def on_text(name: str) -> Any:
        def look(_module: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> None:
            ids: Tensor = args[0] if args else named["input_ids"]
            seen.read.setdefault(name, set()).update(tuple(row) for row in ids.tolist())

        return look

    def on_control(_module: nn.Module, _args: tuple[Any, ...], named: dict[str, Any]) -> None:
        scales = named["conditioning_scale"]
        seen.control_scales.update(scales if isinstance(scales, list) else [scales])
        seen.control_maps.append(named["controlnet_cond"])

    def on_denoise(module: nn.Module, args: tuple[Any, ...]) -> None:
        height, width = args[0].shape[-2:]
        seen.sizes.add((width * pipeline.vae_scale_factor, height * pipeline.vae_scale_factor))
        if not seen.weights:
            seen.weights.update(active_weights(module))

    with ExitStack() as stack:
        for name, _ in encoders_of(pipeline):
            network = pipeline.components[name]
            hook = network.register_forward_pre_hook(on_text(name), with_kwargs=True)
            stack.callback(hook.remove)
        controlled = pipeline.controlnet.register_forward_pre_hook(on_control, with_kwargs=True)
        stack.callback(controlled.remove)
        stack.callback(pipeline.unet.register_forward_pre_hook(on_denoise).remove)
        yield


def shows(generator: DiffusersGenerator, params: GenerationParams, maps: Sequence[Tensor]) -> bool:
    """Whether the ControlNet was shown the layout's drawing and nothing else."""
    drawn = np.asarray(generator._map_for(params).convert("RGB"), dtype=np.float32) / 255
    expected = torch.from_numpy(drawn).permute(2, 0, 1)
    return bool(maps) and all(
        torch.allclose(row.float(), expected, atol=1e-3) for each in maps for row in each
    )


def scales_of(denoiser: nn.Module) -> dict[str, float]:
    """The adapters that act in the denoiser now, with their scales."""
    found: dict[str, float] = {}
    for layer in _active_layers(denoiser):
        scaling: dict[str, float] = getattr(layer, "scaling", {})
        found |= {name: float(scaling[name]) for name in layer.active_adapters if name in scaling}
    return found


def active_weights(denoiser: nn.Module) -> set[bytes]:
    """Digests of every weight of the adapters that act."""
    return {
        digest_of(parameter)
        for layer in _active_layers(denoiser)
        for name, parameter in layer.named_parameters()
        if ".lora_" in f".{name}" and any(f".{own}." in name for own in layer.active_adapters)
    }


def weights_of(generator: DiffusersGenerator, params: GenerationParams) -> set[bytes]:
    """Digests of every weight in the locked files, which are read and compared once more."""
    files = generator._lora_files
    return {
        digest_of(tensor)
        for use in params.loras
        for tensor in read_lora(files[use.sha256], use.sha256).tensors.values()
    }


def _active_layers(denoiser: nn.Module) -> Iterator[BaseTunerLayer]:
    for layer in denoiser.modules():
        if isinstance(layer, BaseTunerLayer) and not layer.disable_adapters:
            yield layer
