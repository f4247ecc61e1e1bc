"""Whether type can be read on the pixels behind it, and a soft scrim where it cannot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from brandstudio.domain.arrangement import Rect

READABLE = 4.5  # WCAG 2.x, normal text
_OUTLIERS = 1.0  # percent of pixels that may be worse: single specks do not hurt reading
_NEAR = 0.2  # of the canvas: an edge this close is reached by the scrim
_FADE = 0.3  # of the canvas's longer side: over this the scrim runs out
_OPACITIES = (0.35, 0.5, 0.65, 0.8, 0.92, 1.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ground:
    """A canvas made ready for type, and the colour to set it in."""

    canvas: Image.Image
    ink: str
    scrim_opacity: float


def prepare(
    canvas: Image.Image,
    text: Sequence[Rect],
    around: Rect,
    product: Rect,
    *,
    inks: tuple[str, str],
    pad_px: int,
) -> Ground | None:
    """The canvas with type readable on it, or None when no scrim of the brand's colour helps.

    `inks` are the colours of text and scrim. The picture stays untouched when either can be read
    on it; otherwise the scrim's colour is laid over `around`, as thinly as is enough, and runs out
    towards the product.
    """
    areas = [rect.inset(-pad_px) for rect in text]
    for ink in inks:
        if worst_contrast(canvas, areas, ink) >= READABLE:
            return Ground(canvas, ink, 0.0)
    ink, scrim = inks
    softness = soft_mask(canvas.size, around, product)
    for opacity in _OPACITIES:
        tinted = _tint(canvas, scrim, softness * opacity)
        if worst_contrast(tinted, areas, ink) >= READABLE:
            return Ground(tinted, ink, opacity)
    return None


def worst_contrast(canvas: Image.Image, areas: Iterable[Rect], ink: str) -> float:
    """The lowest WCAG contrast of that colour against the pixels of these areas."""
    frame = Rect(0, 0, *canvas.size)
    behind = [
        luminance(np.asarray(canvas.crop(area.within(frame)))).ravel()
        for area in areas
        if area.within(frame).area
    ]
    if not behind:
        return 21.0
    ratios = contrast(np.concatenate(behind), luminance_of(ink))
    return float(np.percentile(ratios, _OUTLIERS))


def contrast(first: Floats, second: float) -> Floats:
    """WCAG contrast, 1 to 21, of relative luminances."""
    return (np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05)


def luminance(pixels: NDArray[np.uint8]) -> Floats:
    """Relative luminance, 0 to 1, of sRGB pixels (..., 3) in 0 to 255."""
    levels = pixels[..., :3].astype(np.float64) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def luminance_of(colour: str) -> float:
    """Relative luminance, 0 to 1, of a colour such as '#1F3D36'."""
    return float(luminance(np.array(ImageColor.getrgb(colour)[:3], dtype=np.uint8)))


def contrast_of(first: str, second: str) -> float:
    """WCAG contrast, 1 to 21, of two colours."""
    return float(contrast(np.array(luminance_of(first)), luminance_of(second)))


def soft_mask(size: tuple[int, int], zone: Rect, product: Rect) -> Floats:
    """Opacity (height, width) in 0 to 1: full on the zone, running out softly around it.

    It reaches an edge of the canvas that is near and away from the product, as a gradient would.
    """
    width, height = size
    near_x, near_y = _NEAR * width, _NEAR * height
    left = 0 if zone.left < near_x and product.right > zone.left else zone.left
    right = width if width - zone.right < near_x and product.left < zone.right else zone.right
    top = 0 if zone.top < near_y and product.bottom > zone.top else zone.top
    bottom = height if height - zone.bottom < near_y and product.top < zone.bottom else zone.bottom
    fade = _FADE * max(width, height)
    gap_x = max(product.left - zone.right, zone.left - product.right)
    gap_y = max(product.top - zone.bottom, zone.top - product.bottom)
    # Towards the product it ends early: a scrim must hardly tint what is for sale.
    fade_x = max(0.2 * width, gap_x + 0.4 * product.width) if gap_x >= 0 else fade
    fade_y = max(0.2 * height, gap_y + 0.4 * product.height) if gap_y >= 0 > gap_x else fade
    across, down = _outside(width, left, right) / fade_x, _outside(height, top, bottom) / fade_y
    distance = np.clip(np.hypot(down[:, None], across[None, :]), 0, 1)
    return (1 - distance) ** 2


def _outside(length: int, start: int, end: int) -> Floats:
    at = np.arange(length, dtype=np.float64)
    return np.maximum(np.maximum(start - at, at - end), 0)


def _tint(canvas: Image.Image, colour: str, opacity: Floats) -> Image.Image:
    mask = Image.fromarray(np.rint(opacity * 255).astype(np.uint8), "L")
    return Image.composite(Image.new("RGB", canvas.size, colour), canvas, mask)
