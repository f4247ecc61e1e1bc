"""Windows onto a picture, and ways to part a canvas: geometry without any type."""

from collections.abc import Iterator

from brandstudio.domain.arrangement import Rect
from brandstudio.domain.placement import Placement
from brandstudio.domain.values import Box

_AIR = 0.025  # around the product, in fractions of the image
_SLIDES = 24
# Width by height of the picture beside a panel, and how much of the canvas it may take.
_PICTURE_ASPECTS = (0.5, 0.58, 0.67, 0.8, 1.0, 1.25, 1.5, 1.8, 2.2)
_PICTURE_SHARE = (0.08, 0.62)


def safe_rect(placement: Placement) -> Rect:
    """The part of the canvas that the channel's own interface leaves free."""
    zone = placement.safe_zone
    return Rect(
        zone.left_px,
        zone.top_px,
        placement.width_px - zone.right_px,
        placement.height_px - zone.bottom_px,
    )


def project(box: Box, crop: Box, image: Rect) -> Rect:
    """A box of the source as pixels of the canvas, when `crop` is drawn into `image`."""
    across, down = image.width / crop.width, image.height / crop.height
    return Rect(
        image.left + round((box.left - crop.left) * across),
        image.top + round((box.top - crop.top) * down),
        image.left + round((box.right - crop.left) * across),
        image.top + round((box.bottom - crop.top) * down),
    )


def centre(box: Box) -> float:
    """The middle of the box from left to right."""
    return box.left + box.width / 2


def splits(placement: Placement, *, image_first: bool) -> Iterator[tuple[Rect, Rect]]:
    """Every way to part the canvas into a picture and a panel, the preferred side first."""
    width, height = placement.width_px, placement.height_px
    least, most = _PICTURE_SHARE
    for aspect in _PICTURE_ASPECTS:
        across, down = round(aspect * height), round(width / aspect)
        if placement.aspect > 0.85 and least <= across / width <= most:
            left = Rect(0, 0, across, height), Rect(across, 0, width, height)
            right = Rect(width - across, 0, width, height), Rect(0, 0, width - across, height)
            yield from (left, right) if image_first else (right, left)
        if placement.aspect < 1.1 and least <= down / height <= most:
            yield Rect(0, 0, width, down), Rect(0, down, width, height)
            yield Rect(0, height - down, width, height), Rect(0, 0, width, height - down)


def largest_window(aspect: float, image_aspect: float) -> tuple[float, float]:
    """Width and height of the largest window of that aspect, in fractions of the image."""
    relative = aspect / image_aspect
    return min(1.0, relative), min(1.0, 1 / relative)


def windows(needed: Box, size: tuple[float, float]) -> Iterator[Box]:
    """Windows of that size that hold the needed box, from one end of the image to the other."""
    width, height = size
    if needed.width > width or needed.height > height:
        return
    for step in range(_SLIDES + 1):
        yield placed(needed, width, height, step / _SLIDES, step / _SLIDES)


def placed(needed: Box, width: float, height: float, across: float, down: float) -> Box:
    """A window that holds the needed box: 0 is as far left or up as it can be, 1 right or down."""
    return Box(
        left=_between(needed.left, needed.right, width, across),
        top=_between(needed.top, needed.bottom, height, down),
        width=width,
        height=height,
    )


def _between(start: float, end: float, length: float, where: float) -> float:
    low, high = max(0.0, end - length), min(start, 1.0 - length)
    return min(max(low + (high - low) * where, 0.0), 1.0)


def with_air(box: Box) -> Box:
    """The box with a little room around it, as far as the image reaches."""
    left, top = max(0.0, box.left - _AIR), max(0.0, box.top - _AIR)
    right, bottom = min(1.0, box.right + _AIR), min(1.0, box.bottom + _AIR)
    return Box(left=left, top=top, width=right - left, height=bottom - top)
