"""The brand's type: wrapped into balanced lines, measured by its ink, drawn with even margins."""

import io
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil, inf
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from brandstudio.domain.arrangement import Align, Extent, Overlay, Rect

_HEADLINE_LEADING = 1.08
_SUBLINE_LEADING = 1.28
_SUBLINE_SIZE = 0.48  # of the headline's
_SUBLINE_GAP = 0.85  # of the subline's size
_SMALLEST_PX = 11
_MAX_LINES = 4
_CTA_LABEL = 0.4  # of the button's height
_CTA_PADDING = 0.5  # of the button's height, at each end
# Everything is drawn this many times larger and reduced: at 11 pixels, hinting would round every
# letter's advance and tear words apart.
_SMOOTH = 4
_DESCENT = 0.2  # of the type size; kept free below the last line, with or without a descender
# No font has these characters; what it draws instead is its sign for a missing one.
_UNASSIGNED = ("\ufffe", "\U0010ffff")

Font = ImageFont.FreeTypeFont


class Word(NamedTuple):
    """A word with its ink, in pixels from where the pen starts on the baseline."""

    text: str
    advance: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def overhang(self) -> float:
        """How far the ink reaches past the advance, with a pixel for rounding."""
        return max(0.0, self.right - self.left - self.advance) + 1


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line: its ink starts at the left end and is `width` pixels wide."""

    text: str
    font: Font
    baseline: int
    bearing: int
    width: int
    ascent: int
    descent: int


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines below each other; baselines are counted from the top of the block's ink."""

    lines: tuple[TextLine, ...]
    height: int
    headline_lines: int

    def ink(self, rect: Rect, align: Align) -> tuple[Rect, ...]:
        """What each line covers when the block is drawn into the rectangle."""
        return tuple(_line_ink(line, rect, align) for line in self.lines)

    def draw(self, canvas: Image.Image, rect: Rect, align: Align, colour: str) -> None:
        """Draw into the rectangle, from its top."""
        for line in self.lines:
            ink = _line_ink(line, rect, align)
            at = ink.left - line.bearing, rect.top + line.baseline
            draw_text(canvas, at, line.text, line.font, colour)


@dataclass(frozen=True)
class BrandType:
    """A brand's two typefaces and the shape of its logo; measures as it draws."""

    headline_font: bytes = field(repr=False)
    body_font: bytes = field(repr=False)
    logo_aspect: float

    def text_extent(
        self, headline: str, subline: str, width_px: int, headline_px: int
    ) -> Extent | None:
        """The wrapped texts' ink, or None when they do not fit that width."""
        block = self.block(headline, subline, width_px, headline_px)
        if block is None:
            return None
        return Extent(block.height, block.headline_lines)

    def block(
        self, headline: str, subline: str, width_px: int, headline_px: int
    ) -> TextBlock | None:
        """Headline and subline wrapped to that width, or None when a word is too wide for it."""
        title = _set(headline, large_font(self.headline_font, headline_px), width_px, 0)
        size = max(_SMALLEST_PX, round(_SUBLINE_SIZE * headline_px))
        if title is None or not subline:
            return title
        body = large_font(self.body_font, size)
        start = title.height + round(_SUBLINE_GAP * size) if headline else 0
        below = _set(subline, body, width_px, start, leading=_SUBLINE_LEADING)
        if below is None:
            return None
        return TextBlock((*title.lines, *below.lines), below.height, len(title.lines))

    def cta_width(self, cta: str, height_px: int) -> int:
        """Width of a button of that height with this label."""
        label = _word(self.cta_font(height_px), cta)
        return round(label.right - label.left + 2 * _CTA_PADDING * height_px)

    def cta_font(self, height_px: int) -> Font:
        """The headline's face at the size of a button's label."""
        return large_font(self.headline_font, max(_SMALLEST_PX, round(_CTA_LABEL * height_px)))

    def missing(self, overlay: Overlay) -> tuple[str, ...]:
        """The characters of these texts that the typefaces do not have, each once."""
        in_headline_face = missing_characters(self.headline_font, overlay.headline + overlay.cta)
        in_body_face = missing_characters(self.body_font, overlay.subline)
        return tuple(dict.fromkeys((*in_headline_face, *in_body_face)))

    def draw_button(
        self, canvas: Image.Image, rect: Rect, label: str, *, fill: str, colour: str
    ) -> None:
        """A pill with the label in its optical middle."""
        large = (rect.width * _SMOOTH, rect.height * _SMOOTH)
        pill = Image.new("L", large, 0)
        shape = (0, 0, large[0] - 1, large[1] - 1)
        ImageDraw.Draw(pill).rounded_rectangle(shape, radius=large[1] // 2, fill=255)
        pill = pill.resize((rect.width, rect.height), Image.Resampling.LANCZOS)
        canvas.paste(Image.new("RGB", pill.size, fill), rect[:2], pill)
        font = self.cta_font(rect.height)
        word, cap_height = _word(font, label), -_word(font, "H").top
        at = (
            rect.left + round((rect.width - (word.right - word.left)) / 2 - word.left),
            rect.top + round((rect.height + cap_height) / 2),
        )
        draw_text(canvas, at, label, font, colour)


def draw_text(canvas: Image.Image, at: tuple[int, int], text: str, font: Font, colour: str) -> None:
    """Set a line from `at`, the pen's start on the baseline; `font` is one of `large_font`."""
    left, top, right, bottom = (round(side) for side in font.getbbox(text, anchor="ls"))
    # Whole pixels of the canvas around the ink, so that reducing does not shift it.
    origin = -left // _SMOOTH + 2, -top // _SMOOTH + 2
    size = origin[0] + right // _SMOOTH + 2, origin[1] + bottom // _SMOOTH + 2
    mask = Image.new("L", (size[0] * _SMOOTH, size[1] * _SMOOTH), 0)
    start = origin[0] * _SMOOTH, origin[1] * _SMOOTH
    ImageDraw.Draw(mask).text(start, text, 255, font=font, anchor="ls")
    mask = mask.reduce(_SMOOTH)
    ink = Image.new("RGB", mask.size, colour)
    canvas.paste(ink, (at[0] - origin[0], at[1] - origin[1]), mask)


def missing_characters(font: bytes, text: str) -> tuple[str, ...]:
    """The characters that this font draws with its sign for a missing one, in their order."""
    face = font_of(font, 32)
    tofu = {_shape(face, character) for character in _UNASSIGNED}
    return tuple(c for c in dict.fromkeys(text) if not c.isspace() and _shape(face, c) in tofu)


@lru_cache(maxsize=512)
def font_of(font: bytes, size_px: int) -> Font:
    """The font at that size; with HarfBuzz, so that kerning and marks are right."""
    return ImageFont.truetype(io.BytesIO(font), size_px, layout_engine=ImageFont.Layout.RAQM)


def large_font(font: bytes, size_px: int) -> Font:
    """The font for type of that size as `draw_text` needs it."""
    return font_of(font, size_px * _SMOOTH)


@lru_cache(maxsize=4096)
def wrap(text: str, font: Font, width_px: int) -> tuple[tuple[Word, ...], ...] | None:
    """The fewest lines that fit, evened out; None when a word is too wide or the lines too many."""
    words = [_word(font, word) for word in text.split(" ")]
    space = font.getlength(" ") / _SMOOTH
    # Slanted letters reach past their advance; a line may do so at its ends, once.
    room = width_px - max(word.overhang for word in words)
    widest = max(word.advance for word in words)
    count = len(_greedy(words, space, room))
    if widest > room or count > _MAX_LINES:
        return None
    low, high = widest, room
    while high - low > 0.5:
        middle = (low + high) / 2
        fits = len(_greedy(words, space, middle)) <= count
        low, high = (low, middle) if fits else (middle, high)
    return tuple(tuple(line) for line in _greedy(words, space, high))


def _set(
    text: str, font: Font, width_px: int, start: int, *, leading: float = _HEADLINE_LEADING
) -> TextBlock | None:
    """The text's lines from `start` pixels below the top of the block."""
    if not text:
        return TextBlock((), start, 0)
    wrapped = wrap(text, font, width_px)
    if wrapped is None:
        return None
    size, space = font.size / _SMOOTH, font.getlength(" ") / _SMOOTH
    step = round(leading * size)
    ascent = max(max(-word.top for word in wrapped[0]), -_word(font, "H").top)
    lines = tuple(
        _line(words, font, space, round(start + ascent + index * step))
        for index, words in enumerate(wrapped)
    )
    if max(line.width for line in lines) > width_px:
        return None
    below = max(lines[-1].descent, round(_DESCENT * size))
    return TextBlock(lines, lines[-1].baseline + below, len(lines))


def _line(words: tuple[Word, ...], font: Font, space: float, baseline: int) -> TextLine:
    """Measured by its words: a line measured anew at every size tried would take far longer."""
    last = sum(word.advance + space for word in words[:-1])
    return TextLine(
        text=" ".join(word.text for word in words),
        font=font,
        baseline=baseline,
        bearing=round(words[0].left),
        width=ceil(last + words[-1].right - words[0].left),
        ascent=ceil(max(-word.top for word in words)),
        descent=ceil(max(0.0, *(word.bottom for word in words))),
    )


@lru_cache(maxsize=50_000)
def _word(font: Font, text: str) -> Word:
    box = (side / _SMOOTH for side in font.getbbox(text, anchor="ls"))
    return Word(text, font.getlength(text) / _SMOOTH, *box)


def _greedy(words: list[Word], space: float, width_px: float) -> list[list[Word]]:
    lines: list[list[Word]] = []
    end = inf
    for word in words:
        end += space + word.advance
        if end > width_px:
            lines.append([])
            end = word.advance
        lines[-1].append(word)
    return lines


def _line_ink(line: TextLine, rect: Rect, align: Align) -> Rect:
    left = rect.left if align == "left" else rect.left + (rect.width - line.width) // 2
    baseline = rect.top + line.baseline
    return Rect(left, baseline - line.ascent, left + line.width, baseline + line.descent)


def _shape(face: Font, character: str) -> tuple[tuple[float, ...], bytes]:
    drawn = Image.new("L", (64, 64))
    ImageDraw.Draw(drawn).text((8, 48), character, 255, font=face, anchor="ls")
    return face.getbbox(character, anchor="ls"), drawn.tobytes()
