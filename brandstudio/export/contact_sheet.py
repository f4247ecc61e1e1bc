"""A PDF that shows every file of a pack at a glance, in the brand's own type and colours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from PIL import Image, ImageDraw

from brandstudio.errors import count_of
from brandstudio.export.compose import BrandKit, render_logo
from brandstudio.export.content import PackAsset, PackContent
from brandstudio.export.legible import luminance_of
from brandstudio.export.pdf import PicturePdf
from brandstudio.export.typeset import Font, font_of

_PAGE = (1754, 1240)  # A4 landscape at 150 dots per inch
_DPI, _QUALITY = 150.0, 90
_MARGIN = 70
_BAND = 118
_TOP = _BAND + 56
_SIDE = 330  # width of the column with the approved picture
_GUTTER = 34
_CAPTION = 84
_THUMB_SIDE = 205  # side of the square whose area a thumbnail gets
_THUMB_WIDTH, _THUMB_HEIGHT = 460, 330
_CELL_WIDTH = 176
_INK, _QUIET, _LINE = "#1C1C1E", "#6B6B70", "#DEDEE2"


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One file, small, with its caption: the placement's title, then quieter lines."""

    image: Image.Image
    title: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One asset: its approved picture and every file made of it."""

    asset: PackAsset
    original: Image.Image
    thumbnails: tuple[Thumbnail, ...]


def thumbnail(image: Image.Image, title: str, *details: str) -> Thumbnail:
    """A small copy; all have about the same area, so that a banner shows as well as a story."""
    scale = min(
        1.0,
        _THUMB_SIDE / sqrt(image.width * image.height),
        _THUMB_WIDTH / image.width,
        _THUMB_HEIGHT / image.height,
    )
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return Thumbnail(image.resize(size, Image.Resampling.LANCZOS), title, details)


class ContactSheet:
    """The PDF: a page for each asset, more when its files need them. Same content, same bytes."""

    def __init__(self, content: PackContent, kit: BrandKit) -> None:
        self._content, self._kit = content, kit
        self._pdf = PicturePdf(_DPI, _QUALITY)
        self._pages = 0

    def add(self, section: Section) -> None:
        """Draw the pages of one asset at once: the pictures of all would not fit into memory."""
        for rows in _paged(section):
            self._pages += 1
            self._pdf.add(_page(self._content, section, rows, self._kit, str(self._pages)))

    def written(self) -> bytes:
        """The whole file."""
        content = self._content
        return self._pdf.written(content.title, content.brand.name, content.as_of)


def _paged(section: Section) -> Iterable[list[list[Thumbnail]]]:
    """Rows of thumbnails, as many on a page as fit."""
    page: list[list[Thumbnail]] = []
    left = _PAGE[1] - _TOP - _MARGIN
    for row in _rows(section.thumbnails):
        height = _row_height(row)
        if page and height > left:
            yield page
            page, left = [], _PAGE[1] - _TOP - _MARGIN
        page.append(row)
        left -= height
    yield page


def _rows(thumbnails: Iterable[Thumbnail]) -> list[list[Thumbnail]]:
    room = _PAGE[0] - 2 * _MARGIN - _SIDE - 2 * _GUTTER
    rows: list[list[Thumbnail]] = [[]]
    left = room
    for small in sorted(thumbnails, key=lambda one: -one.image.height):
        needed = _cell(small) + _GUTTER
        if rows[-1] and needed - _GUTTER > left:
            rows.append([])
            left = room
        rows[-1].append(small)
        left -= needed
    return rows


def _cell(small: Thumbnail) -> int:
    return max(small.image.width, _CELL_WIDTH)


def _row_height(row: Sequence[Thumbnail]) -> int:
    return max((small.image.height for small in row), default=0) + _CAPTION + 26


def _page(
    content: PackContent,
    section: Section,
    rows: Sequence[Sequence[Thumbnail]],
    kit: BrandKit,
    number: str,
) -> Image.Image:
    page = Image.new("RGB", _PAGE, "#FFFFFF")
    _draw_band(page, content, kit)
    _draw_asset(page, section, kit)
    top = _TOP
    for row in rows:
        _draw_row(page, row, top, kit)
        top += _row_height(row)
    small = font_of(kit.type.body_font, 17)
    foot = _PAGE[0] - _MARGIN, _PAGE[1] - 36
    ImageDraw.Draw(page).text(foot, number, _QUIET, font=small, anchor="rs")
    return page


def _draw_band(page: Image.Image, content: PackContent, kit: BrandKit) -> None:
    """The brand's colour across the top, with its logo, the pack's title and what is in it."""
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, _PAGE[0], _BAND), fill=kit.colours.scrim)
    is_dark = luminance_of(kit.colours.scrim) < 0.3
    height = 46
    logo = render_logo(
        kit.logo_on_dark_svg if is_dark else kit.logo_svg, round(height * kit.type.logo_aspect)
    )
    page.paste(logo, (_MARGIN, (_BAND - logo.height) // 2), logo)
    right, middle = _PAGE[0] - _MARGIN, _BAND // 2
    title = font_of(kit.type.headline_font, 30)
    detail = font_of(kit.type.body_font, 19)
    room = _PAGE[0] - 2 * _MARGIN - logo.width - 60
    ink = kit.colours.text
    pen.text((right, middle - 4), _cut(content.title, title, room), ink, font=title, anchor="rs")
    day = f"{content.as_of:%d} {content.as_of:%B %Y}".lstrip("0")
    facts = f"{count_of(len(content.assets), 'asset')}, {day}"
    pen.text((right, middle + 28), facts, ink, font=detail, anchor="rs")


def _draw_asset(page: Image.Image, section: Section, kit: BrandKit) -> None:
    """The approved picture, and who approved it."""
    asset, original = section.asset, section.original
    scale = min(_SIDE / original.width, 470 / original.height)
    size = round(original.width * scale), round(original.height * scale)
    page.paste(original.resize(size, Image.Resampling.LANCZOS), (_MARGIN, _TOP))
    pen = ImageDraw.Draw(page)
    headline, body = font_of(kit.type.headline_font, 26), font_of(kit.type.body_font, 18)
    top = _TOP + size[1] + 44
    pen.text((_MARGIN, top), _cut(asset.arm, headline, _SIDE), _INK, font=headline, anchor="ls")
    decision = asset.decision
    facts = (
        f"Variant {asset.variant_id}, seed {asset.params.seed}",
        f"Rank {asset.rank} in its run" if asset.rank else "",
        f"Layout {asset.layout.slug}",
        f"Approved by {decision.reviewer}",
        "who made it" if decision.own_work else "",
        f"on {decision.decided_at:%d %B %Y}".replace(" 0", " "),
    )
    for index, fact in enumerate(filter(None, facts)):
        line = _cut(fact, body, _SIDE)
        pen.text((_MARGIN, top + 36 + 27 * index), line, _QUIET, font=body, anchor="ls")


def _draw_row(page: Image.Image, row: Sequence[Thumbnail], top: int, kit: BrandKit) -> None:
    """Thumbnails that stand on one line, captions below it."""
    pen = ImageDraw.Draw(page)
    title, detail = font_of(kit.type.body_font, 18), font_of(kit.type.body_font, 16)
    left = _MARGIN + _SIDE + 2 * _GUTTER
    base = top + max(small.image.height for small in row) if row else top
    for small in row:
        at = left, base - small.image.height
        page.paste(small.image, at)
        if _is_pale(small.image):
            pen.rectangle((*at, left + small.image.width - 1, base - 1), outline=_LINE)
        width = _cell(small)
        pen.text((left, base + 27), _cut(small.title, title, width), _INK, font=title, anchor="ls")
        for index, line in enumerate(small.details):
            at = left, base + 50 + 22 * index
            pen.text(at, _cut(line, detail, width), _QUIET, font=detail, anchor="ls")
        left += width + _GUTTER


def _is_pale(image: Image.Image) -> bool:
    """Whether it would run into the white of the page."""
    return float(np.asarray(image).mean()) > 205


def _cut(text: str, font: Font, width_px: int) -> str:
    """A caption, shortened where it must be; never used for what is set on a rendition."""
    if font.getlength(text) <= width_px:
        return text
    short = text
    while short and font.getlength(short + "…") > width_px:
        short = short[:-1]
    return short.rstrip() + "…"
