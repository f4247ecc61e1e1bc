"""Scores measured in the pixels alone: palette, copy space, sharpness. NumPy, no model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brandstudio.domain.values import Box
from brandstudio.imaging.scorers.colour import Array, delta_e_2000, lab_of, rgb_of

_PALETTE_SIDE_PX = 64
_COPY_SPACE_SIDE_PX = 192
# An image is a picture of the brand where it is colourful; greys, shadows and highlights occur in
# every picture, so a grey pixel counts a quarter of a pixel of this chroma or more.
_GREY_WEIGHT, _FULL_CHROMA = 0.25, 40.0
# Activity that the eye takes for none: about 2 of 255 levels from one pixel to the next.
_CALM = 0.008


def palette_distance(image: Image.Image, palette: Sequence[str]) -> float:
    """How far the image's colours are from the brand's, in ΔE2000; 0 is on palette.

    The mean over the image, made small by averaging, of each pixel's difference to the nearest
    brand colour, colourful pixels counting up to four times as much as grey ones.
    """
    pixels = lab_of(_reduced(image, _PALETTE_SIDE_PX)).reshape(-1, 1, 3)
    colours = lab_of(np.array([rgb_of(colour) for colour in palette])).reshape(1, -1, 3)
    nearest = delta_e_2000(pixels, colours).min(axis=1)
    chroma = np.hypot(pixels[:, 0, 1], pixels[:, 0, 2])
    weights = _GREY_WEIGHT + (1 - _GREY_WEIGHT) * np.minimum(chroma / _FULL_CHROMA, 1)
    return float(np.average(nearest, weights=weights))


def copy_space_quiet(image: Image.Image, copy_space: Box) -> float:
    """How calm the picture is where text goes, from 0 (busy) to 1 (an even surface).

    With the activity of a pixel = length of the luminance gradient + standard deviation of the
    luminance in the 5 by 5 pixels around it, both in [0, 1], averaged over the box and over the
    rest of an image of 192 pixels on its longer side:

        quiet = 1 - box / (box + rest + 0.008)

    So a box as busy as the rest is near one half, and a flat box is 1 in any picture.
    """
    activity = _activity(_luminance(_reduced(image, _COPY_SPACE_SIDE_PX)) / 255)
    left, top, right, bottom = copy_space.pixels(activity.shape[1], activity.shape[0])
    inside = np.zeros(activity.shape, dtype=bool)
    inside[top : max(bottom, top + 1), left : max(right, left + 1)] = True
    box = float(activity[inside].mean())
    rest = box if inside.all() else float(activity[~inside].mean())
    return 1 - box / (box + rest + _CALM)


def sharpness(image: Image.Image) -> float:
    """How much fine detail there is: the logarithm of 1 + the variance of the Laplacian.

    Luminance in [0, 255] at the image's own size, so that only images of one size compare.
    """
    luminance = _luminance(np.asarray(image.convert("RGB"), dtype=np.float64))
    middle = luminance[1:-1, 1:-1]
    laplacian = luminance[:-2, 1:-1] + luminance[2:, 1:-1] + luminance[1:-1, :-2]
    laplacian = laplacian + luminance[1:-1, 2:] - 4 * middle
    return float(np.log1p(laplacian.var()))


def _reduced(image: Image.Image, side_px: int) -> Array:
    """RGB (height, width, 3) float64 in [0, 255], the longer side at most `side_px`."""
    small = image.convert("RGB")
    small.thumbnail((side_px, side_px), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def _luminance(rgb: NDArray[Any]) -> Array:
    """Rec. 709 luma of (height, width, 3), in the same range."""
    return rgb @ np.array([0.2126, 0.7152, 0.0722])


def _activity(luminance: Array) -> Array:
    """Gradient length plus local standard deviation at each pixel; (height, width) in and out."""
    down, across = np.gradient(luminance)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(luminance, 2, mode="edge"), (5, 5))
    return np.hypot(down, across) + windows.std(axis=(2, 3))
