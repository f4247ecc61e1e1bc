"""Type is set inside its rectangle, evenly, and only with characters the face has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from brandstudio.domain.arrangement import Overlay, Rect
from brandstudio.export.typeset import BrandType, large_font, missing_characters, wrap
from tests.export.samples import brand_files

SLUGS = ["voltra", "solenne", "fjellro"]


def type_of(slug: str) -> BrandType:
    files = brand_files(slug)
    return BrandType(files.headline_font, files.body_font, 4.0)


def inked(image: Image.Image) -> Rect | None:
    box = image.convert("L").point([255 if level > 96 else 0 for level in range(256)]).getbbox()
    return Rect(*box) if box else None


@pytest.mark.parametrize("slug", SLUGS)
@given(
    words=st.lists(st.text("aÄjgÜfßTyW.", min_size=1, max_size=9), min_size=1, max_size=8),
    width_px=st.integers(80, 700),
    size_px=st.integers(12, 90),
)
@settings(max_examples=60)
def test_drawn_ink_never_leaves_the_rectangle(
    slug: str, words: list[str], width_px: int, size_px: int
):
    block = type_of(slug).block(" ".join(words), "", width_px, size_px)
    if block is None:
        return
    rect = Rect(100, 100, 100 + width_px, 100 + block.height)
    canvas = Image.new("RGB", (width_px + 200, block.height + 200), "black")
    block.draw(canvas, rect, "left", "white")
    ink = inked(canvas)
    # A pixel for the rounding of a slanted or blurred edge.
    assert ink is None or ink.within(rect.inset(-1)) == ink


def test_lines_are_evened_out():
    font = large_font(brand_files().headline_font, 40)
    lines = wrap("Slow mornings on the mountain", font, 430)
    assert lines is not None
    widths = [font.getlength(" ".join(word.text for word in line)) for line in lines]
    assert len(widths) == 2
    assert min(widths) > 0.7 * max(widths)


def test_a_word_wider_than_the_rectangle_does_not_fit():
    font = large_font(brand_files().headline_font, 60)
    assert wrap("Donaudampfschifffahrtsgesellschaft", font, 300) is None


def test_the_first_letter_starts_exactly_at_the_left_edge():
    block = type_of("fjellro").block("Jja", "", 400, 80)
    assert block is not None
    canvas = Image.new("RGB", (600, 300), "black")
    block.draw(canvas, Rect(50, 50, 450, 250), "left", "white")
    ink = inked(canvas)
    assert ink is not None
    assert abs(ink.left - 50) <= 2


@pytest.mark.parametrize("slug", SLUGS)
def test_umlauts_and_sharp_s_are_there(slug: str):
    files = brand_files(slug)
    assert missing_characters(files.headline_font, "Äöü ß éñ – „so“ € %") == ()


def test_characters_the_face_lacks_are_named_in_their_order():
    missing = type_of("fjellro").missing(Overlay("First 光 cup", "and 茶", "Go 光"))
    assert missing == ("光", "茶")


def test_a_button_is_round_and_holds_its_label():
    own = type_of("voltra")
    rect = Rect(10, 10, 10 + own.cta_width("Grab a can", 60), 70)
    canvas = Image.new("RGB", (rect.right + 10, 80), "#FFFFFF")
    own.draw_button(canvas, rect, "Grab a can", fill="#000000", colour="#FFFFFF")
    pixels = np.asarray(canvas.convert("L"))
    assert pixels[rect.top + 1, rect.left + 1] > 200
    assert pixels[rect.top + 30, rect.left + 8] == 0
