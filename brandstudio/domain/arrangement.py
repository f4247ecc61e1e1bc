"""Where logo, headline and call to action go inside one quiet zone of a canvas, in whole pixels."""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal, NamedTuple, Protocol

Align = Literal["left", "center"]

_COMPACTNESS = (1.0, 0.85, 0.7, 0.6)
_LINE_COST = 0.2  # of the type size, for each line after the second


class Rect(NamedTuple):
    """A rectangle in pixels: left and top are inside, right and bottom just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return max(self.width, 0) * max(self.height, 0)

    def inset(self, margin_px: int) -> "Rect":
        """The rectangle with that margin taken off each side."""
        left, top, right, bottom = self
        return Rect(left + margin_px, top + margin_px, right - margin_px, bottom - margin_px)

    def within(self, other: "Rect") -> "Rect":
        """The part inside `other`; its area is 0 when there is none."""
        return Rect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Overlay:
    """The texts that are set on a rendition; an empty one is not set."""

    headline: str = ""
    subline: str = ""
    cta: str = ""

    def but(self, **texts: str) -> "Overlay":
        """A copy with other texts."""
        return replace(self, **texts)


class Extent(NamedTuple):
    """How high wrapped texts are, in pixels, and in how many lines the headline is set."""

    height: int
    lines: int


class Metrics(Protocol):
    """How much room a brand's type and logo take."""

    @property
    def logo_aspect(self) -> float:
        """Width of the logo divided by its height."""
        ...

    def text_extent(
        self, headline: str, subline: str, width_px: int, headline_px: int
    ) -> Extent | None:
        """The wrapped texts at that size, or None when a word is wider than `width_px`."""
        ...

    def cta_width(self, cta: str, height_px: int) -> int:
        """Width of a call-to-action button of that height."""
        ...


@dataclass(frozen=True, slots=True)
class EstimatedMetrics:
    """Room for type by rule of thumb, for a preview without the brand's fonts."""

    logo_aspect: float = 3.0

    def text_extent(
        self, headline: str, subline: str, width_px: int, headline_px: int
    ) -> Extent | None:
        """A glyph is taken as 0.56 of the type size wide, a line as 1.15 of it high."""
        above = _estimated_lines(headline, width_px, headline_px)
        below = _estimated_lines(subline, width_px, headline_px / 2)
        if above is None or below is None:
            return None
        return Extent(round(1.15 * headline_px * (above + below / 2)), above)

    def cta_width(self, cta: str, height_px: int) -> int:
        """The label at 0.4 of the button's height, and half the height at each end."""
        return round(height_px * (1 + 0.4 * 0.6 * len(cta)))


@dataclass(frozen=True, slots=True)
class TypeScale:
    """The sizes in pixels that a canvas calls for."""

    margin: int
    gap: int
    logo: float
    cta: int
    headline_min: int
    headline_good: int
    headline_max: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where everything goes, and the size of the headline's type; 0 when no text is set."""

    logo: Rect
    text: Rect | None
    cta: Rect | None
    headline_px: int
    align: Align


def type_scale(width_px: int, height_px: int) -> TypeScale:
    """The sizes for a canvas: they grow with the square root of its area."""
    size, short = sqrt(width_px * height_px), min(width_px, height_px)
    return TypeScale(
        margin=max(4, round(0.06 * short)),
        gap=max(4, round(0.034 * size)),
        logo=max(30.0, 0.13 * size),
        cta=max(24, round(0.07 * size)),
        headline_min=max(12, round(0.036 * size)),
        headline_good=max(13, round(0.052 * size)),
        headline_max=max(14, round(0.1 * size)),
    )


def arrange(
    zone: Rect,
    overlay: Overlay,
    scale: TypeScale,
    metrics: Metrics,
    align: Align,
    *,
    foot: Rect | None = None,
    is_strip: bool = False,
) -> Arrangement | None:
    """Set everything into the zone as large as it goes, or None when it does not fit legibly.

    With a `foot`, the call to action goes to the bottom of it instead, so that the headline gets
    the zone. Logo, gaps and button shrink before the headline falls below a good size. On a strip
    they stand side by side.
    """
    if zone.width < 24 or zone.height < 16:
        return None
    if is_strip and zone.height < 130 and zone.width > 3 * zone.height:
        return _row(zone, overlay, scale, metrics)
    best: Arrangement | None = None
    for factor in _COMPACTNESS:
        composed = _stack(zone, overlay, _compact(scale, factor), metrics, align, foot)
        if composed and (not overlay.headline or composed.headline_px >= scale.headline_good):
            return composed
        if composed and (best is None or composed.headline_px > best.headline_px):
            best = composed
    return best


def _compact(scale: TypeScale, factor: float) -> TypeScale:
    return replace(
        scale,
        logo=scale.logo * factor,
        gap=max(4, round(scale.gap * factor)),
        cta=max(24, round(scale.cta * factor)),
    )


def _stack(
    zone: Rect,
    overlay: Overlay,
    scale: TypeScale,
    metrics: Metrics,
    align: Align,
    foot: Rect | None,
) -> Arrangement | None:
    """Logo at the top of the zone; headline, subline and call to action as one group below it."""
    logo_width, logo_height = _logo_size(scale.logo, metrics.logo_aspect, zone.width, zone.height)
    cta_width = metrics.cta_width(overlay.cta, scale.cta) if overlay.cta else 0
    cta_zone = foot or zone
    has_text = bool(overlay.headline or overlay.subline)
    below_logo = 2 * scale.gap if has_text or (overlay.cta and not foot) else 0
    cta_room = scale.cta + (scale.gap if has_text else 0) if overlay.cta and not foot else 0
    room = zone.height - logo_height - below_logo - cta_room
    headline_px, text_height = _fit(overlay, zone.width, room, scale, metrics)
    too_tight = room < 0 or logo_height < 9 or (has_text and not headline_px)
    if too_tight or cta_width > cta_zone.width or (foot and foot.height < scale.cta):
        return None
    top = zone.top + logo_height + below_logo + (room - text_height) // 2
    bottom = top + text_height
    cta_top = foot.bottom - scale.cta if foot else bottom + (scale.gap if has_text else 0)
    return Arrangement(
        logo=_aligned(zone, zone.top, logo_width, logo_height, align),
        text=Rect(zone.left, top, zone.right, bottom) if has_text else None,
        cta=_aligned(cta_zone, cta_top, cta_width, scale.cta, align) if overlay.cta else None,
        headline_px=headline_px,
        align=align,
    )


def _row(zone: Rect, overlay: Overlay, scale: TypeScale, metrics: Metrics) -> Arrangement | None:
    """Logo, text and call to action side by side, on one middle line."""
    gap = max(8, round(0.2 * zone.height))
    logo_width, logo_height = _logo_size(
        zone.width, metrics.logo_aspect, round(0.24 * zone.width), round(0.4 * zone.height)
    )
    cta_height = min(scale.cta, zone.height) if overlay.cta else 0
    cta_width = metrics.cta_width(overlay.cta, cta_height) if overlay.cta else 0
    has_text = bool(overlay.headline or overlay.subline)
    left, right = zone.left + logo_width + gap, zone.right - cta_width - (gap if cta_width else 0)
    if right - left < (60 if has_text else 0) or logo_height < 9 or cta_height > zone.height:
        return None
    tall = replace(scale, headline_max=max(scale.headline_max, round(0.34 * zone.height)))
    headline_px, text_height = _fit(overlay, right - left, round(0.86 * zone.height), tall, metrics)
    if has_text and not headline_px:
        return None
    return Arrangement(
        logo=_centred(zone, zone.left, logo_width, logo_height),
        text=_centred(zone, left, right - left, text_height) if has_text else None,
        cta=_centred(zone, zone.right - cta_width, cta_width, cta_height) if cta_width else None,
        headline_px=headline_px,
        align="left",
    )


def _fit(
    overlay: Overlay, width_px: int, height_px: int, scale: TypeScale, metrics: Metrics
) -> tuple[int, int]:
    """The largest type size that fits with the height it takes; (0, 0) when there is none."""
    if not (overlay.headline or overlay.subline):
        return 0, 0
    best = 0
    low, high = scale.headline_min, scale.headline_max
    while low <= high:
        size = (low + high + 1) // 2
        extent = metrics.text_extent(overlay.headline, overlay.subline, width_px, size)
        if extent is not None and extent.height <= height_px:
            best, low = size, size + 1
        else:
            high = size - 1
    return _calmer(overlay, width_px, best, scale, metrics) if best else (0, 0)


def _calmer(
    overlay: Overlay, width_px: int, largest: int, scale: TypeScale, metrics: Metrics
) -> tuple[int, int]:
    """Two lines of a smaller size read better than four of the largest, one word each."""
    least = max(scale.headline_min, min(scale.headline_good, largest), round(0.6 * largest))
    sizes = range(largest, least - 1, -max(1, largest // 16))
    extents = [
        (size, extent)
        for size in sizes
        if (extent := metrics.text_extent(overlay.headline, overlay.subline, width_px, size))
    ]
    size, extent = max(extents, key=lambda e: e[0] * (1 - _LINE_COST * max(0, e[1].lines - 2)))
    return size, extent.height


def _logo_size(side: float, aspect: float, max_width: int, max_height: int) -> tuple[int, int]:
    """Logos of every shape get the same area: a square mark does not outweigh a wordmark."""
    height = min(side / sqrt(aspect), max_width / aspect, float(max_height))
    return max(1, int(height * aspect)), max(1, int(height))


def _aligned(zone: Rect, top: int, width: int, height: int, align: Align) -> Rect:
    left = zone.left if align == "left" else zone.left + (zone.width - width) // 2
    return Rect(left, top, left + width, top + height)


def _centred(zone: Rect, left: int, width: int, height: int) -> Rect:
    top = zone.top + (zone.height - height) // 2
    return Rect(left, top, left + width, top + height)


def _estimated_lines(text: str, width_px: int, size_px: float) -> int | None:
    if not text:
        return 0
    per_line = int(width_px / (0.56 * size_px))
    if max(len(word) for word in text.split(" ")) > per_line:
        return None
    return -(-len(text) * 115 // (100 * per_line))
