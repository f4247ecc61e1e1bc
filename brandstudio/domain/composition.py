"""How a picture fills a canvas: whole behind the type, or beside a panel that carries it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from brandstudio.domain.arrangement import (
    Align,
    Arrangement,
    Metrics,
    Overlay,
    Rect,
    arrange,
    type_scale,
)
from brandstudio.domain.framing import (
    centre,
    largest_window,
    placed,
    project,
    safe_rect,
    splits,
    windows,
    with_air,
)
from brandstudio.domain.placement import Placement
from brandstudio.domain.values import Box

Mode = Literal["full-bleed", "panel"]

_CLOSE_UP_BELOW_PX = 400  # a smaller picture shows little but the product
_STRIP = 2.6  # a canvas longer than this may have its type side by side


@dataclass(frozen=True, slots=True)
class SourceImage:
    """An approved image, as far as planning needs it."""

    variant_id: int
    arm: str
    seed: int
    width_px: int
    height_px: int
    product: Box
    copy_space: Box
    overlay: Overlay
    max_upscale: float

    @property
    def aspect(self) -> float:
        """Width divided by height."""
        return self.width_px / self.height_px


@dataclass(frozen=True, slots=True)
class Composition:
    """A crop of the picture in its rectangle, and what is set into the quiet zone."""

    mode: Mode
    crop: Box
    image: Rect
    panel: Rect | None
    zone: Rect
    arrangement: Arrangement

    def upscale_factor(self, source: SourceImage) -> float:
        """Pixels of the rendition per pixel of the source."""
        return self.image.width / (self.crop.width * source.width_px)


def better(
    source: SourceImage,
    placement: Placement,
    whole: Composition | None,
    parted: Composition | None,
) -> Composition | None:
    """The whole picture, unless a panel gives clearly larger type or a far sharper picture."""
    if whole is None or parted is None:
        return whole or parted
    good = type_scale(placement.width_px, placement.height_px).headline_good
    is_small = whole.arrangement.headline_px < min(good, parted.arrangement.headline_px)
    upscale_factor = whole.upscale_factor(source)
    is_coarse = upscale_factor > max(source.max_upscale, 1.5 * parted.upscale_factor(source))
    return parted if is_small or is_coarse else whole


def full_bleed(
    source: SourceImage, placement: Placement, overlay: Overlay, metrics: Metrics
) -> Composition | None:
    """The picture over the whole canvas, type in its copy space, or None when that has no room."""
    canvas = Rect(0, 0, placement.width_px, placement.height_px)
    size = largest_window(placement.aspect, source.aspect)
    held = list(windows(with_air(source.product), size))
    if not held:
        return None
    crop = max(held, key=lambda window: _merit(source, placement, window))
    zone = _quiet_zone(source, placement, crop)
    scale = type_scale(canvas.width, canvas.height)
    foot = _foot(source, placement, crop)
    arrangement = arrange(
        zone,
        overlay,
        scale,
        metrics,
        _alignment(source),
        foot=foot,
        is_strip=placement.aspect > _STRIP,
    )
    if arrangement is None:
        return None
    return Composition("full-bleed", crop, canvas, None, zone, arrangement)


def _merit(source: SourceImage, placement: Placement, crop: Box) -> float:
    """A window is good when it keeps the copy space; below centred type, when it is centred."""
    if _alignment(source) == "center":
        return -abs(centre(crop) - centre(source.product)) - 0.01 * abs(crop.top)
    return _quiet_zone(source, placement, crop).area


def with_panel(
    source: SourceImage, placement: Placement, overlay: Overlay, metrics: Metrics
) -> Composition | None:
    """The best picture and panel: large type, a large picture, the product where it can be seen."""
    scored = [
        (_worth(source, placement, composed), -index, composed)
        for index, composed in enumerate(_panels(source, placement, overlay, metrics))
    ]
    return max(scored, key=lambda entry: entry[:2])[2] if scored else None


def _panels(
    source: SourceImage, placement: Placement, overlay: Overlay, metrics: Metrics
) -> Iterator[Composition]:
    scale = type_scale(placement.width_px, placement.height_px)
    for image, panel in splits(placement, image_first=centre(source.product) < 0.45):
        crop = _picture_crop(source, image)
        zone = panel.inset(scale.margin).within(safe_rect(placement))
        strip = placement.aspect > _STRIP
        arrangement = crop and arrange(zone, overlay, scale, metrics, "left", is_strip=strip)
        if crop and arrangement:
            yield Composition("panel", crop, image, panel, zone, arrangement)


def _worth(source: SourceImage, placement: Placement, composed: Composition) -> float:
    good = type_scale(placement.width_px, placement.height_px).headline_good
    legible = 1.5 * min(composed.arrangement.headline_px / good, 1.15)
    share = composed.image.area / (placement.width_px * placement.height_px)
    shown = project(source.product, composed.crop, composed.image)
    return legible + 0.7 * share + 0.8 * shown.within(safe_rect(placement)).area / shown.area


def _picture_crop(source: SourceImage, image: Rect) -> Box | None:
    """A crop of the picture's aspect around the product, closer for small pictures, or None."""
    needed = with_air(source.product)
    width, height = largest_window(image.width / image.height, source.aspect)
    if needed.width > width or needed.height > height:
        return None
    if min(image.width, image.height) < _CLOSE_UP_BELOW_PX:
        closer = min(1.0, 1.1 * max(needed.width / width, needed.height / height))
        width, height = width * closer, height * closer
    return placed(needed, width, height, 0.5, 0.5)


def _quiet_zone(source: SourceImage, placement: Placement, crop: Box) -> Rect:
    canvas = Rect(0, 0, placement.width_px, placement.height_px)
    margin = type_scale(canvas.width, canvas.height).margin
    quiet = project(source.copy_space, crop, canvas)
    return quiet.within(canvas.inset(margin)).within(safe_rect(placement))


def _foot(source: SourceImage, placement: Placement, crop: Box) -> Rect | None:
    """The room below a product that stands in the middle, when a button fits there."""
    canvas = Rect(0, 0, placement.width_px, placement.height_px)
    scale = type_scale(canvas.width, canvas.height)
    below = canvas._replace(top=project(source.product, crop, canvas).bottom + scale.gap)
    foot = below.within(canvas.inset(scale.margin)).within(safe_rect(placement))
    is_free = source.copy_space.bottom <= source.product.top and foot.height >= scale.cta
    return foot if is_free and _alignment(source) == "center" else None


def _alignment(source: SourceImage) -> Align:
    """Text above or below a product in the middle is centred; text beside it starts flush left."""
    is_beside = (
        source.copy_space.right <= source.product.left
        or source.copy_space.left >= source.product.right
    )
    return "left" if is_beside or abs(centre(source.copy_space) - 0.5) > 0.1 else "center"
