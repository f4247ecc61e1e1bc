"""Other ways to draw an image, for when the usual one fails: less memory, or more precision.

Each is put on a loaded pipeline and taken off it exactly, so that the next image is drawn as ever.
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

# Smaller tiles overlap by too few latents to pass into each other.
_LEAST_TILE_PX = 128


@dataclass(frozen=True, slots=True)
class Means:
    """How an image is drawn. All but the usual way may change its pixels."""

    tiled: bool = False
    sliced: bool = False
    float32: Literal["", "decoder", "whole"] = ""


WITH_LESS_MEMORY = (Means(), Means(tiled=True), Means(tiled=True, sliced=True))
"""One after the other, until an image fits."""


@contextmanager
def applied(means: Means, pipeline: Any, longer_side_px: int) -> Generator[str]:
    """Let the pipeline draw by these means; afterwards it is what it was.

    Yields what provenance says of it: only what makes a difference to this pipeline and size.
    """
    notes: list[str] = []
    with ExitStack() as stack:
        if means.tiled and stack.enter_context(_decoding_in_tiles(pipeline.vae, longer_side_px)):
            notes.append("decoding in tiles")
        if means.sliced and stack.enter_context(_attention_in_slices(pipeline)):
            notes.append("attention in slices")
        modules = [pipeline.vae] if means.float32 == "decoder" else modules_of(pipeline)
        if means.float32 and not _are_in_float32(modules):
            stack.enter_context(_in_float32(modules))
            stack.enter_context(_taking_any_latents(pipeline.vae))
            notes.append("decoder in float32" if means.float32 == "decoder" else "float32")
        yield " and ".join(notes)


def modules_of(pipeline: Any) -> list[nn.Module]:
    """The networks of a pipeline."""
    return [part for part in pipeline.components.values() if isinstance(part, nn.Module)]


@contextmanager
def _decoding_in_tiles(vae: Any, longer_side_px: int) -> Generator[bool]:
    """Decode in tiles of at most half the image: a checkpoint's own may be as large as all of it.

    Yields whether that makes a difference: not every autoencoder can, nor is every image so large.

    In slices too, though one image is only one: some autoencoders split nothing without it.
    """
    attributes: dict[str, Any] = vae.__dict__
    before = {name: attributes[name] for name in attributes if name.startswith(("tile_", "use_"))}
    try:
        for allow in ("enable_slicing", "enable_tiling"):
            getattr(vae, allow, lambda: None)()
        for name, value in _smaller_tiles(vae, longer_side_px).items():
            setattr(vae, name, value)
        yield hasattr(vae, "enable_tiling") and _tile_px(_tiles(vae)) < longer_side_px
    finally:
        for name, value in before.items():
            setattr(vae, name, value)


def _smaller_tiles(vae: Any, longer_side_px: int) -> dict[str, int]:
    """The lengths of a tile, where they have to shrink."""
    tiles = _tiles(vae)
    tile_px, wanted_px = _tile_px(tiles), max(_LEAST_TILE_PX, longer_side_px // 2)
    if tile_px <= wanted_px:
        return {}
    return {name: value * wanted_px // tile_px for name, value in tiles.items()}


def _tiles(vae: Any) -> dict[str, int]:
    """The lengths of a tile, in pixels and in latents, by their names."""
    known: dict[str, Any] = vae.__dict__
    names = [name for name in known if name.startswith("tile_") and "frames" not in name]
    return {name: known[name] for name in names if type(known[name]) is int}


def _tile_px(tiles: Mapping[str, int]) -> int:
    return max((length for name, length in tiles.items() if "sample_min" in name), default=0)


@contextmanager
def _attention_in_slices(pipeline: Any) -> Generator[bool]:
    """One head of attention at a time; then the very processors of before.

    Yields whether the family can.
    """
    able: list[Any] = [
        module
        for module in modules_of(pipeline)
        if callable(getattr(module, "set_attention_slice", None))
    ]
    # A copy: setting processors empties the mapping it is given.
    before: list[tuple[Any, dict[str, Any]]] = [
        (module, {**module.attn_processors}) for module in able
    ]
    try:
        pipeline.enable_attention_slicing("max")
        yield bool(able)
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


def _are_in_float32(modules: Iterable[nn.Module]) -> bool:
    """Whether there is no more precision to gain."""
    return all(
        weight.dtype is torch.float32
        for module in modules
        for weight in module.parameters()
        if weight.is_floating_point()
    )
