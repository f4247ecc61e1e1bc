"""Colours as people see them: CIELAB and the CIEDE2000 difference, for whole arrays at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TO_XYZ = np.array(
    [
        [0.41239079926595934, 0.357584339383878, 0.1804807884018343],
        [0.21263900587151027, 0.715168678767756, 0.07219231536073371],
        [0.01933081871559182, 0.11919477979462598, 0.9505321522496607],
    ]
)
_D65_WHITE = np.array([0.3127 / 0.3290, 1.0, (1.0 - 0.3127 - 0.3290) / 0.3290])
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27
_25_TO_THE_7TH = 25.0**7


def lab_of(rgb: NDArray[Any]) -> Array:
    """CIELAB under D65 of sRGB colours: (..., 3) values in [0, 255] to (..., 3) float64."""
    encoded = np.asarray(rgb, dtype=np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _D65_WHITE
    root = np.where(xyz > _EPSILON, np.cbrt(xyz), (_KAPPA * xyz + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def rgb_of(hex_colour: str) -> tuple[int, int, int]:
    """`#5A2CA0` as three numbers from 0 to 255."""
    red, green, blue = bytes.fromhex(hex_colour.removeprefix("#"))
    return red, green, blue


def delta_e_2000(one: Array, other: Array) -> Array:
    """The CIEDE2000 difference of CIELAB colours: two arrays (..., 3) that broadcast, to (...).

    After Sharma, Wu and Dalal (2005), with all three weights 1.
    """
    lightness_1, a_1, b_1 = np.moveaxis(one, -1, 0)
    lightness_2, a_2, b_2 = np.moveaxis(other, -1, 0)
    stretch = _green_red_stretch((np.hypot(a_1, b_1) + np.hypot(a_2, b_2)) / 2)
    chroma_1, hue_1 = _polar(a_1 * stretch, b_1)
    chroma_2, hue_2 = _polar(a_2 * stretch, b_2)
    lightness, chroma = (lightness_1 + lightness_2) / 2, (chroma_1 + chroma_2) / 2
    hue, hue_apart = _mean_and_difference(hue_1, hue_2, chroma_1 * chroma_2 == 0)
    d_lightness = (lightness_2 - lightness_1) / _lightness_weight(lightness)
    d_chroma = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)
    d_hue = 2 * np.sqrt(chroma_1 * chroma_2) * np.sin(np.radians(hue_apart) / 2)
    d_hue = d_hue / (1 + 0.015 * chroma * _hue_weight(hue))
    turned = _blue_rotation(hue, chroma) * d_chroma * d_hue
    return np.sqrt(np.maximum(d_lightness**2 + d_chroma**2 + d_hue**2 + turned, 0.0))


def _green_red_stretch(chroma: Array) -> Array:
    return 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + _25_TO_THE_7TH))


def _polar(a: Array, b: Array) -> tuple[Array, Array]:
    """Chroma, and hue in degrees from 0 to 360."""
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _mean_and_difference(
    hue_1: Array, hue_2: Array, hueless: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """The mean hue on the shorter arc, and the signed way from the first to the second."""
    apart = (hue_2 - hue_1 + 180) % 360 - 180
    apart = np.where(apart == -180, np.where(hue_2 > hue_1, 180.0, -180.0), apart)
    mean = np.where(hueless, hue_1 + hue_2, (hue_1 + apart / 2) % 360)
    return mean, np.where(hueless, 0.0, apart)


def _lightness_weight(lightness: Array) -> Array:
    from_middle = (lightness - 50) ** 2
    return 1 + 0.015 * from_middle / np.sqrt(20 + from_middle)


def _hue_weight(hue: Array) -> Array:
    return (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )


def _blue_rotation(hue: Array, chroma: Array) -> Array:
    turn = np.radians(30 * np.exp(-(((hue - 275) / 25) ** 2)))
    return -2 * np.sqrt(chroma**7 / (chroma**7 + _25_TO_THE_7TH)) * np.sin(2 * turn)
