"""Other ways to draw an image, for when the usual one fails: less memory, or more precision.

Each is put on a loaded pipeline and taken off it exactly, so that the next image is drawn as ever.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (diffusers' classes are only partly typed)

from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

# Smaller tiles overlap by too few latents to pass into each other.
_LEAST_TILE_PX = 128


@dataclass(frozen=True, slots=True)
class Means:
    """How an image is drawn. All but the usual way change pixels, so provenance says them."""

    tiled: bool = False
    sliced: bool = False
    float32: Literal["", "decoder", "whole"] = ""

    @property
    def said(self) -> str:
        """What provenance says of it; empty for the usual way."""
        words = {
            "decoding in tiles": self.tiled,
            "attention in slices": self.sliced,
            "decoder in float32": self.float32 == "decoder",
            "everything in float32": self.float32 == "whole",
        }
        return " and ".join(word for word, is_so in words.items() if is_so)


AS_USUAL = Means()
WITH_LESS_MEMORY = (AS_USUAL, Means(tiled=True), Means(tiled=True, sliced=True))
"""One after the other, until an image fits."""


@contextmanager
def applied(means: Means, pipeline: Any, longer_side_px: int) -> Generator[None]:
    """Let the pipeline draw by these means; afterwards it is what it was."""
    with ExitStack() as stack:
        if means.tiled:
            stack.enter_context(_decoding_in_tiles(pipeline.vae, longer_side_px))
        if means.sliced:
            stack.enter_context(_attention_in_slices(pipeline))
        if means.float32:
            modules = [pipeline.vae] if means.float32 == "decoder" else modules_of(pipeline)
            stack.enter_context(_in_float32(modules))
            stack.enter_context(_taking_any_latents(pipeline.vae))
        yield


def modules_of(pipeline: Any) -> list[nn.Module]:
    """The networks of a pipeline."""
    return [part for part in pipeline.components.values() if isinstance(part, nn.Module)]


@contextmanager
def _decoding_in_tiles(vae: Any, longer_side_px: int) -> Generator[None]:
    """Decode in tiles of at most half the image: a checkpoint's own may be as large as all of it.

    In slices too, though one image is only one: some autoencoders split nothing without it.
    """
    known: dict[str, Any] = vae.__dict__
    before = {name: known[name] for name in known if name.startswith(("tile_", "use_"))}
    try:
        for allow in ("enable_slicing", "enable_tiling"):
            getattr(vae, allow, lambda: None)()
        for name, value in _smaller_tiles(vae, longer_side_px).items():
            setattr(vae, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(vae, name, value)


def _smaller_tiles(vae: Any, longer_side_px: int) -> dict[str, int]:
    """The lengths of a tile, in pixels and in latents, that have to shrink."""
    known: dict[str, Any] = vae.__dict__
    tiles = [name for name in known if name.startswith("tile_") and "frames" not in name]
    lengths: dict[str, int] = {name: known[name] for name in tiles if type(known[name]) is int}
    tile_px = max((v for name, v in lengths.items() if "sample_min" in name), default=0)
    wanted_px = max(_LEAST_TILE_PX, longer_side_px // 2)
    if tile_px <= wanted_px:
        return {}
    return {name: value * wanted_px // tile_px for name, value in lengths.items()}


@contextmanager
def _attention_in_slices(pipeline: Any) -> Generator[None]:
    """One head of attention at a time, where the family can; then the very processors of before."""
    able: list[Any] = [
        module
        for module in modules_of(pipeline)
        if callable(getattr(module, "set_attention_slice", None))
    ]
    # A copy: setting processors empties the mapping it is given.
    before: list[tuple[Any, dict[str, Any]]] = [(own, {**own.attn_processors}) for own in able]
    try:
        pipeline.enable_attention_slicing("max")
        yield
    finally:
        for module, processors in before:
            module.set_attn_processor(processors)


@contextmanager
def _in_float32(modules: Iterable[nn.Module]) -> Generator[None]:
    """Weights in float32 and back, which loses nothing: every smaller precision fits into it."""
    weights = [w for module in modules for w in (*module.parameters(), *module.buffers())]
    before = [(weight, weight.dtype) for weight in weights if weight.is_floating_point()]
    try:
        for weight, _ in before:
            weight.data = weight.data.float()
        yield
    finally:
        for weight, dtype in before:
            weight.data = weight.data.to(dtype)


@contextmanager
def _taking_any_latents(vae: Any) -> Generator[None]:
    """Let the decoder take latents of another precision: not every pipeline converts them."""
    decode = vae.decode

    def decoded(latents: Tensor, *rest: Any, **named: Any) -> Any:
        return decode(latents.to(next(vae.parameters()).dtype), *rest, **named)

    vae.decode = decoded
    try:
        yield
    finally:
        del vae.decode


def is_in_float32(pipeline: Any) -> bool:
    """Whether there is no more precision to gain."""
    return all(
        weight.dtype is torch.float32
        for module in modules_of(pipeline)
        for weight in module.parameters()
        if weight.is_floating_point()
    )
