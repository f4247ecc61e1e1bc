"""Which renditions a pack holds and how each is composed: crop, panel, and where the type goes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product as pairs

from brandstudio.domain.arrangement import Align, Metrics, Overlay, Rect
from brandstudio.domain.composition import (
    Composition,
    Mode,
    SourceImage,
    better,
    full_bleed,
    with_panel,
)
from brandstudio.domain.framing import project
from brandstudio.domain.placement import Placement
from brandstudio.domain.values import Box
from brandstudio.errors import PackError

MAX_FILES = 1_000
"""Pictures of one pack: some minutes of work, and a hundred megabytes."""


@dataclass(frozen=True, slots=True)
class RenditionPlan:
    """How one rendition is composed; `crop` is in fractions of the source, the rest in pixels."""

    variant_id: int
    placement: Placement
    mode: Mode
    crop: Box
    image: Rect
    panel: Rect | None
    product: Rect
    zone: Rect
    overlay: Overlay
    logo: Rect
    text: Rect | None
    cta: Rect | None
    headline_px: int
    align: Align
    upscale_factor: float
    upscale_note: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenditionProblem:
    """A rendition that cannot be made honestly, and why, in a sentence for people."""

    placement: str
    variant_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class PackPlan:
    """Every rendition of a pack, and those that cannot be made."""

    renditions: tuple[RenditionPlan, ...]
    problems: tuple[RenditionProblem, ...]


def overlay_of(answers: Mapping[str, str]) -> Overlay:
    """The texts among a brief's overlay answers; what is neither headline nor cta is subline."""
    others = [text for name, text in answers.items() if name not in {"headline", "cta"} and text]
    return Overlay(
        headline=answers.get("headline", ""),
        subline=" · ".join(others),
        cta=answers.get("cta", ""),
    )


def require_few(assets: int, placements: int) -> None:
    """Do nothing if so many images in so many placements fit into one pack, else PackError."""
    files = assets * (placements + 1)
    if files > MAX_FILES:
        raise PackError(
            f"This pack would hold {files:,} files; at most {MAX_FILES:,} fit",
            hint="Build two packs: choose fewer variants, or fewer placements.",
        )


def plan_pack(
    sources: Iterable[SourceImage], placements: Iterable[Placement], metrics: Metrics
) -> PackPlan:
    """Cross every image with every placement."""
    outcomes = [
        plan_rendition(source, placement, metrics)
        for source, placement in pairs(sources, placements)
    ]
    return PackPlan(
        renditions=tuple(o for o in outcomes if isinstance(o, RenditionPlan)),
        problems=tuple(o for o in outcomes if isinstance(o, RenditionProblem)),
    )


def plan_rendition(
    source: SourceImage, placement: Placement, metrics: Metrics
) -> RenditionPlan | RenditionProblem:
    """Compose one image for one placement: all texts before none, large type before small,
    the whole picture before a panel. What has to be left out is said in `notes`.
    """
    for overlay, dropped in _shorter_and_shorter(source.overlay):
        whole = full_bleed(source, placement, overlay, metrics)
        parted = with_panel(source, placement, overlay, metrics)
        chosen = better(source, placement, whole, parted)
        if chosen:
            return _plan(source, placement, overlay, dropped, chosen)
    return RenditionProblem(
        placement.slug,
        source.variant_id,
        f"At {_size(placement)} there is no room for the whole product with "
        f"{_named(source.overlay)} at a legible size; use shorter texts or another layout",
    )


def _shorter_and_shorter(overlay: Overlay) -> Iterator[tuple[Overlay, tuple[str, ...]]]:
    """The texts, without the subline, the call to action alone, the headline alone."""
    yield overlay, ()
    dropped = ("subline",) if overlay.subline else ()
    if dropped and (overlay.headline or overlay.cta):
        yield overlay.but(subline=""), dropped
    if overlay.headline and overlay.cta:
        yield Overlay(cta=overlay.cta), (*dropped, "headline")
        yield Overlay(headline=overlay.headline), (*dropped, "call to action")


def _plan(
    source: SourceImage,
    placement: Placement,
    overlay: Overlay,
    dropped: tuple[str, ...],
    composed: Composition,
) -> RenditionPlan:
    upscale_factor = composed.upscale_factor(source)
    arrangement = composed.arrangement
    return RenditionPlan(
        variant_id=source.variant_id,
        placement=placement,
        mode=composed.mode,
        crop=composed.crop,
        image=composed.image,
        panel=composed.panel,
        product=project(source.product, composed.crop, composed.image),
        zone=composed.zone,
        overlay=overlay,
        logo=arrangement.logo,
        text=arrangement.text,
        cta=arrangement.cta,
        headline_px=arrangement.headline_px,
        align=arrangement.align,
        upscale_factor=round(upscale_factor, 2),
        upscale_note=_upscale_note(upscale_factor, source.max_upscale),
        notes=tuple(
            f"The {name} is left out: {_size(placement)} has no room for it" for name in dropped
        ),
    )


def _size(placement: Placement) -> str:
    return f"{placement.width_px} \u00d7 {placement.height_px}"


def _upscale_note(upscale_factor: float, max_upscale: float) -> str | None:
    if upscale_factor <= max_upscale + 0.005:
        return None
    return (
        f"Enlarged {upscale_factor:.1f} times; this base model's images look good "
        f"up to {max_upscale:.1f} times"
    )


def _named(overlay: Overlay) -> str:
    given = [
        name
        for name, text in (
            ("headline", overlay.headline),
            ("subline", overlay.subline),
            ("call to action", overlay.cta),
        )
        if text
    ]
    return " and ".join(["logo", *given]) if len(given) < 2 else f"logo, {', '.join(given)}"
