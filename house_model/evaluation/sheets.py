"""Pictures side by side, for looking at them together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[Any]
_DIFFERENCE_GAIN = 4


def sheet(pictures: Sequence[Picture], columns: int) -> Image.Image:
    """The (height, width, 3) uint8 pictures in rows; all have one size, gaps are white."""
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    blank = np.full_like(pictures[0], 255)
    full = [[*row, *[blank] * (columns - len(row))] for row in rows]
    return Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in full]))


def squares(pictures: Sequence[Picture], number: int = 32) -> list[Picture]:
    """The first square ones."""
    return [p for p in pictures if p.shape[0] == p.shape[1]][:number]


def enlarged(picture: Picture, scale: int) -> Picture:
    """Every pixel as a block of scale by scale."""
    return picture.repeat(scale, 0).repeat(scale, 1)


def difference(first: Picture, second: Picture) -> Picture:
    """Four times how far the second is above or below the first, on grey: uint8."""
    apart = _DIFFERENCE_GAIN * (second.astype(np.int16) - first.astype(np.int16))
    return (apart + 128).clip(0, 255).astype(np.uint8)
