"""An upscaler from one safetensors file: the house model's own, or any that spandrel knows."""
# (spandrel does not declare its types, torch only some)

import hashlib
import logging
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedModelError

from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging.compute import Compute

log = logging.getLogger(__name__)

_TILE_PX = 512
# Tiles share this much. Its outer quarters are left to the neighbour, because there a tile's own
# end shows; over the middle one passes into the other.
_SHARED_PX = 64
# A picture is continued by this much of its border, where a network would otherwise see black.
_FRAME_PX = 8
_FRAME = ((_FRAME_PX, _FRAME_PX), (_FRAME_PX, _FRAME_PX), (0, 0))

_Descriptor = ImageModelDescriptor[torch.nn.Module]


class UpscalerNetwork:
    """A loaded upscaler network; `scale` is its factor, `name` its architecture."""

    def __init__(self, model: _Descriptor, sha256: str) -> None:
        self.scale = model.scale
        self.name = model.architecture.name
        self.sha256 = sha256
        self._model = model

    def upscale(self, image: Image.Image) -> Image.Image:
        """The RGB picture at exactly `scale` times its width and height.

        The same picture always gives the same pixels on one machine. Sides over 512 px are drawn in
        tiles that pass into each other.
        """
        size = (self.scale * image.width, self.scale * image.height)
        large = Image.new("RGB", size)
        for tile in _tiles(image.size):
            drawn = self._drawn(image.crop(tile))
            place = (self.scale * tile.left, self.scale * tile.top)
            large.paste(drawn, place, self._cover(tile, image.size))
        return large

    def _drawn(self, part: Image.Image) -> Image.Image:
        framed = np.pad(np.asarray(part.convert("RGB")), _FRAME, mode="edge")
        pixels = torch.as_tensor(framed).to(self._model.device).permute(2, 0, 1)[None]
        inside = slice(self.scale * _FRAME_PX, -self.scale * _FRAME_PX)
        drawn = self._model(pixels.float().div(255))[0, :, inside, inside]
        if not bool(torch.isfinite(drawn).all()):
            raise WeightsError(f"The upscaler {self.name} returned values that are not numbers")
        whole = drawn.mul(255).round_().to(torch.uint8).permute(1, 2, 0)
        return Image.fromarray(cast("_Pixels", whole.contiguous().cpu().numpy()))

    def _cover(self, tile: "_Tile", size: tuple[int, int]) -> Image.Image:
        """How much of the tile covers what its neighbours to the left and above have drawn."""
        across = self._weights(tile.left, tile.right, size[0])
        down = self._weights(tile.top, tile.bottom, size[1])
        return Image.fromarray((np.outer(down, across) * 255).round().astype(np.uint8))

    def _weights(self, start_px: int, end_px: int, whole_px: int) -> "_Weights":
        weights = np.ones(self.scale * (end_px - start_px))
        if start_px > 0:
            step = np.arange(len(weights)) / (self.scale * _SHARED_PX)
            weights = np.clip(2 * step - 0.5, 0, 1)
        if end_px < whole_px:
            weights[-self.scale * _SHARED_PX // 4 :] = 0
        return weights


def load_upscaler(file: Path, sha256: str, compute: Compute) -> UpscalerNetwork:
    """Read the file once, check those very bytes against the hash, and load those very bytes.

    It always computes in float32: bfloat16 would band smooth colours. Raises LockError when the
    file is another, WeightsError when it is missing, damaged or not an upscaler.
    """
    started = time.perf_counter()
    content = _locked_bytes(file, sha256)
    model = _model_of(content, file.name).to(compute.device, torch.float32).eval()
    model.model.to(memory_format=torch.channels_last)  # faster on a CPU
    elapsed_s = time.perf_counter() - started
    log.info("upscaler %s loaded in %.1f s on %s", file.name, elapsed_s, compute.device)
    return UpscalerNetwork(model, sha256)


def _locked_bytes(file: Path, sha256: str) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise WeightsError(f"The upscaler {file.name} cannot be read: {error.strerror}") from error
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise LockError(file.name, locked=sha256, actual=actual)
    return content


# What architectures raise when a file has their names but not their shapes.
_MISFITS = (
    RuntimeError, KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError,
)  # fmt: skip


def _model_of(content: bytes, name: str) -> _Descriptor:
    """The upscaler in a safetensors file's bytes."""
    try:
        tensors: dict[str, Any] = dict(parse_safetensors(content))
        model = ModelLoader().load_from_state_dict(tensors)
    except SafetensorError as error:
        raise WeightsError(
            f"{name} is not a whole safetensors file ({error}); copy it again from where it came, "
            "or convert it to safetensors, and lock it anew"
        ) from error
    except UnsupportedModelError as error:
        raise WeightsError(f"{name} is no upscaler that the studio knows; {_CHOICE}") from error
    except _MISFITS as error:
        reason = str(error).partition("\n")[0][:200]
        raise WeightsError(f"{name} cannot be loaded ({reason}); {_CHOICE}") from error
    colours = (model.input_channels, model.output_channels)
    if not isinstance(model, ImageModelDescriptor) or model.scale < 2 or colours != (3, 3):
        raise WeightsError(f"{name} does not enlarge colour pictures; {_CHOICE}")
    return model


_CHOICE = "choose an upscaler such as an ESRGAN, Compact or SwinIR file"

_Weights = np.ndarray[tuple[int], np.dtype[np.float64]]
_Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class _Tile(NamedTuple):
    """A part of the small picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def _tiles(size: tuple[int, int]) -> Iterator[_Tile]:
    """Overlapping parts that cover the picture, row by row."""
    columns, rows = (_spans(length_px) for length_px in size)
    for (top, bottom), (left, right) in product(rows, columns):
        yield _Tile(left, top, right, bottom)


def _spans(length_px: int) -> list[tuple[int, int]]:
    """One span up to 512 px; else as few as cover the length, each sharing 64 px with the next."""
    step = _TILE_PX - _SHARED_PX
    number = max(1, -(-(length_px - _SHARED_PX) // step))
    return [(index * step, min(index * step + _TILE_PX, length_px)) for index in range(number)]
