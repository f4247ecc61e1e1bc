"""Typed text: its one form, how long it may be, and what of it nobody could see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandstudio.domain.text import comment_refusal, invisible, plain, refusal, writable

EMOJI = "\N{WOMAN}"
JOINER = "\u200d"
TOO_LONG = "is 5 characters long; at most 4 fit"
TOO_MANY_MARKS = "has too many accents on one letter; type the text again without them"


def hidden(sign: str) -> str:
    return f"contains an invisible character (U+{ord(sign):04X}); type the text again without it"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        pytest.param("  big   summer  sale ", "big summer sale", id="spaces"),
        pytest.param("a\nb", "a\nb", id="a line break stays, to be refused"),
        pytest.param("e\u0301", "\u00e9", id="one form of an accent"),
        pytest.param("e\u0301" * 1_000, "\u00e9" * 1_000, id="as long as is read"),
        pytest.param("e\u0301" * 1_001, "e\u0301" * 1_001, id="longer stays as it is"),
    ],
)
def test_text_has_one_form(typed, text):
    assert plain(typed) == text


@given(st.text(alphabet=" ab\u0301", max_size=30))
def test_the_one_form_is_its_own(text):
    assert plain(plain(text)) == plain(text)
    assert "  " not in plain(text)


def test_half_a_character_is_written_out():
    assert writable("a\ud800") == "a\\ud800"


@pytest.mark.parametrize(
    ("text", "reason"), [("good", None), ("great", TOO_LONG)], ids=["as long as fits", "longer"]
)
def test_a_text_and_a_comment_may_be_that_long(text, reason):
    assert refusal(text, max_length=4, in_prompt=False) == reason
    assert comment_refusal(text, max_length=4) == reason


def test_a_comment_may_have_several_lines_and_tabs_but_nothing_unseen():
    assert comment_refusal("a\r\n\tb", max_length=9) is None
    assert comment_refusal("a\u200bb", max_length=9) == hidden("\u200b")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("a" + "\u0301" * 4, None, id="four accents"),
        pytest.param("a" + "\u0301" * 5, TOO_MANY_MARKS, id="five accents"),
        pytest.param("a" + "\u20dd" * 5, TOO_MANY_MARKS, id="five circles"),
        pytest.param(("a" + "\u0301" * 4) * 2, None, id="four on each letter"),
        pytest.param("\u6f22\ufe00", None, id="ideograph with a variant"),
        pytest.param("\ufe00", hidden("\ufe00"), id="variant of nothing"),
        pytest.param("\U00017000\ufe00", hidden("\ufe00"), id="variant of a nameless letter"),
        pytest.param("\u1820\u180b", None, id="mongolian letter with a variant"),
        pytest.param("a\u180b", hidden("\u180b"), id="latin letter with mongolian variant"),
        pytest.param("\u180b", hidden("\u180b"), id="mongolian variant of nothing"),
        pytest.param("\U00017000\u180b", hidden("\u180b"), id="mongolian variant, nameless"),
        pytest.param("\u2600\ufe0f", None, id="sign as emoji"),
        pytest.param("a\ufe0f", hidden("\ufe0f"), id="letter as emoji"),
        pytest.param("\ufe0f", hidden("\ufe0f"), id="nothing as emoji"),
        pytest.param(EMOJI + JOINER + EMOJI, None, id="joined emoji"),
        pytest.param(EMOJI + JOINER, hidden(JOINER), id="joiner at the end"),
        pytest.param(JOINER + EMOJI, hidden(JOINER), id="joiner at the beginning"),
        pytest.param(EMOJI + JOINER + "\n", hidden(JOINER), id="joiner before a nameless sign"),
        pytest.param("\u0915\u094d" + JOINER + "\u0937", None, id="joined devanagari"),
        pytest.param("a" + JOINER + "b", hidden(JOINER), id="joined latin"),
    ],
)
def test_what_nobody_can_see_is_named(text, reason):
    assert invisible(text) == reason
