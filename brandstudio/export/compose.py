"""Draws one rendition: picture or picture and panel, logo, headline, call to action."""

import io
from dataclasses import dataclass

import numpy as np
import resvg_py
from PIL import Image

from brandstudio.domain.arrangement import Rect
from brandstudio.domain.brand import OverlayColours
from brandstudio.domain.pack import RenditionPlan
from brandstudio.errors import PackError
from brandstudio.export.legible import (
    READABLE,
    contrast,
    contrast_of,
    luminance,
    luminance_of,
    prepare,
)
from brandstudio.export.typeset import BrandType, TextBlock
from brandstudio.export.upscale import cut

_BUTTON_STANDS_OUT = 1.6  # contrast of a button against what lies behind it


class RenditionError(PackError):
    """A rendition cannot be drawn as it should be."""

    hint = "Use other words, another layout, or another image for this placement."


@dataclass(frozen=True)
class BrandKit:
    """What is drawn onto every rendition of one brand."""

    type: BrandType
    colours: OverlayColours
    logo_svg: str
    logo_on_dark_svg: str


def compose(plan: RenditionPlan, source: Image.Image, kit: BrandKit) -> Image.Image:
    """The finished rendition: RGB, exactly the placement's size.

    Raises RenditionError when the text cannot be read on the picture, or does not fit.
    """
    size = plan.placement.width_px, plan.placement.height_px
    canvas = Image.new("RGB", size, kit.colours.scrim)
    canvas.paste(cut(source, plan.crop, (plan.image.width, plan.image.height)), plan.image[:2])
    block = _block(plan, kit)
    canvas, ink = _ground(canvas, plan, kit, block)
    _draw_logo(canvas, plan.logo, kit)
    if plan.text and block:
        block.draw(canvas, plan.text, plan.align, ink)
    if plan.cta:
        fill, colour = _button_colours(canvas, plan.cta, kit.colours)
        kit.type.draw_button(canvas, plan.cta, plan.overlay.cta, fill=fill, colour=colour)
    return canvas


def render_logo(svg: str, width_px: int) -> Image.Image:
    """The logo as RGBA, drawn at exactly that width."""
    drawn = resvg_py.svg_to_bytes(svg_string=svg, width=width_px, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGBA")


def logo_aspect(svg: str) -> float:
    """Width of the logo divided by its height."""
    width, height = render_logo(svg, 1000).size
    return width / height


def _block(plan: RenditionPlan, kit: BrandKit) -> TextBlock | None:
    if plan.text is None:
        return None
    overlay, width = plan.overlay, plan.text.width
    block = kit.type.block(overlay.headline, overlay.subline, width, plan.headline_px)
    if block is None or block.height > plan.text.height:
        raise RenditionError(f"The texts do not fit into {width} by {plan.text.height} pixels")
    return block


def _ground(
    canvas: Image.Image, plan: RenditionPlan, kit: BrandKit, block: TextBlock | None
) -> tuple[Image.Image, str]:
    text, scrim = kit.colours.text, kit.colours.scrim
    if plan.panel:
        if contrast_of(text, scrim) < READABLE:
            raise RenditionError(_too_faint("text", contrast_of(text, scrim)))
        return canvas, text
    ink = block.ink(plan.text, plan.align) if block and plan.text else (plan.logo,)
    pad = max(3, plan.headline_px // 8)
    drawn = (*ink, plan.logo, *([plan.cta] if plan.cta and plan.cta.within(plan.zone).area else []))
    around = Rect(
        min(rect.left for rect in drawn),
        min(rect.top for rect in drawn),
        max(rect.right for rect in drawn),
        max(rect.bottom for rect in drawn),
    ).inset(-pad)
    ground = prepare(canvas, ink, around, plan.product, inks=(text, scrim), pad_px=pad)
    if ground is None:
        raise RenditionError(_too_faint("text", contrast_of(text, scrim)))
    return ground.canvas, ground.ink


def _button_colours(canvas: Image.Image, rect: Rect, colours: OverlayColours) -> tuple[str, str]:
    """Fill and label: the brand's, or the two exchanged where the fill would not stand out."""
    if contrast_of(colours.cta_fill, colours.cta_text) < READABLE:
        raise RenditionError(
            _too_faint("call to action", contrast_of(colours.cta_fill, colours.cta_text))
        )
    behind = float(luminance(np.asarray(canvas.crop(rect))).mean())
    stands_out = contrast(np.array(behind), luminance_of(colours.cta_fill)) >= _BUTTON_STANDS_OUT
    if stands_out:
        return colours.cta_fill, colours.cta_text
    return colours.cta_text, colours.cta_fill


def _too_faint(what: str, ratio: float) -> str:
    return (
        f"The brand's {what} colours have a contrast of {ratio:.1f} to 1; {READABLE} to 1 is needed"
    )


def _draw_logo(canvas: Image.Image, rect: Rect, kit: BrandKit) -> None:
    """The version of the logo that differs most from what lies behind it."""
    behind = float(luminance(np.asarray(canvas.crop(rect))).mean())
    drawn = [render_logo(svg, rect.width) for svg in (kit.logo_svg, kit.logo_on_dark_svg)]
    logo = max(drawn, key=lambda version: _visibility(version, behind))
    canvas.paste(logo, (rect.left, rect.top + (rect.height - logo.height) // 2), logo)


def _visibility(logo: Image.Image, behind: float) -> float:
    pixels = np.asarray(logo)
    opaque = pixels[..., 3] > 128
    return float(np.log(contrast(luminance(pixels)[opaque], behind)).mean())
