import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandstudio.domain.text import forbidden_word, plain, refusal


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<lora:x:9>", id="lora tag"),
        pytest.param("(word:9)", id="prompt weight"),
        pytest.param("[word:1.2]", id="bracket weight"),
        pytest.param("{{7*7}}", id="template"),
        pytest.param("{% set x = 1 %}", id="template statement"),
        pytest.param("${alert(1)}", id="script template"),
        pytest.param("<img onerror=alert(1)>", id="markup"),
        pytest.param("</script>", id="closing tag"),
        pytest.param("a\x00b", id="null"),
        pytest.param("a\x1b[31m", id="escape"),
        pytest.param("a\u202eb", id="right-to-left override"),
        pytest.param("a\u2066b", id="bidi isolate"),
        pytest.param("a\u200bb", id="zero-width space"),
        pytest.param("line\nbreak", id="line break"),
    ],
)
def test_syntax_and_invisible_characters_are_refused_everywhere(text):
    assert refusal(text, max_length=200, in_prompt=False)
    assert refusal(text, max_length=200, in_prompt=True)


@pytest.mark.parametrize(
    "text",
    [
        "Save 20 % – today only!",
        "Größer. Schöner.",
        "Love it <3",
        "日本の夏",
        "नमस्ते",
        "5 > 4",
        "👩‍🚀",
    ],
)
def test_plain_words_of_any_language_pass_as_headlines(text):
    assert refusal(text, max_length=200, in_prompt=False) is None


def test_ten_megabytes_are_refused_by_length_without_reading_them():
    reason = refusal("x" * 10_000_000, max_length=40, in_prompt=True)
    assert reason == "is 10,000,000 characters long; at most 40 fit"


def test_a_prompt_takes_words_but_no_signs_with_a_meaning_to_diffusion_tools():
    assert refusal("morning mist, 100 % fresh", max_length=80, in_prompt=True) is None
    assert (
        refusal("mist | fog", max_length=80, in_prompt=True)
        == "'|' cannot be used here; write plain words"
    )


@given(st.text(max_size=60))
def test_whatever_passes_is_visible_and_carries_no_template(text):
    text = plain(text)
    if refusal(text, max_length=60, in_prompt=False) is None:
        assert "{{" not in text
        assert "<lora:" not in text.lower()
        assert (
            text.isprintable()
            or "\u200c" in text
            or "\u200d" in text
            or "\u3000" in text
            or any(c.isspace() for c in text)
        )


def test_forbidden_words_are_found_as_whole_words_in_any_case():
    assert forbidden_word("A Miracle in a can", ["miracle"]) == "miracle"
    assert forbidden_word("A cure!", ["cure"]) == "cure"
    assert forbidden_word("So secure", ["cure"]) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("CURE", id="case"),
        pytest.param("c\u00fcr\u00ea", id="accents"),
        pytest.param("cu\u0308re\u0302", id="accents apart"),
        pytest.param("c u r e", id="spaces"),
        pytest.param("c  u  r  e", id="wide spaces"),
        pytest.param("c.u.r.e", id="dots"),
        pytest.param("c-u-r-e", id="hyphens"),
        pytest.param("cu-re", id="one hyphen"),
        pytest.param("c, u, r, e", id="commas"),
        pytest.param("c|u|r|e", id="bars"),
        pytest.param("_cure_", id="underscores"),
        pytest.param("cur3", id="digit"),
        pytest.param("cur€", id="euro"),
        pytest.param("\u0441ur\u0435", id="Cyrillic"),
        pytest.param("\u03f2ure", id="Greek"),
        pytest.param("\uff43ure", id="full width"),
        pytest.param("\U0001d41c\U0001d42e\U0001d42b\U0001d41e", id="bold"),
        pytest.param("\U0001f152\U0001f164\U0001f161\U0001f154", id="circles"),
        pytest.param("\U0001f1e8\U0001f1fa\U0001f1f7\U0001f1ea", id="flags"),
        pytest.param("cu\u200dre", id="joiner"),
        pytest.param("the cure!", id="punctuation"),
        pytest.param("C U R 3", id="spaces and digit"),
    ],
)
def test_a_forbidden_word_is_seen_through_its_disguises(text):
    assert forbidden_word(text, ["cure"]) == "cure"


@pytest.mark.parametrize("text", ["m1racle", "mirac1e", "mir@cle", "m!racle", "MIRACL\u0395"])
def test_digits_and_signs_in_place_of_letters_are_read(text):
    assert forbidden_word(text, ["miracle"]) == "miracle"


@pytest.mark.parametrize(
    "text", ["risk-free", "risk free", "riskfree", "Risk\u00a0Free", "risk_free"]
)
def test_several_words_are_found_however_they_are_joined(text):
    assert forbidden_word(text, ["risk-free"]) == "risk-free"


@pytest.mark.parametrize(
    "text",
    [
        "So secure",
        "procured",
        "50 cures",
        "A b c d",
        "cur",
        "Save 20 %",
        "cu re",
        "c u r 8",
        "a/b/c/d",
    ],
)
def test_other_words_are_left_alone(text):
    assert forbidden_word(text, ["cure", "wings", "risk-free"]) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("e" + "\u0301" * 39, id="accents"),
        pytest.param("Z" + "\u0336\u0321" * 9, id="strokes"),
        pytest.param("\u0915" + "\u0336\u0321\u200d" * 7 + "\u0937", id="strokes that are joined"),
        pytest.param("\u3164", id="filler"),
        pytest.param("\u115f", id="choseong"),
        pytest.param("\u2800", id="braille"),
        pytest.param("a\u034fb", id="grapheme joiner"),
        pytest.param("a\u200db", id="joiner"),
        pytest.param("x\u200d", id="joiner at the end"),
        pytest.param("\u00fc\u200d\u00e4", id="joiner between accented letters"),
        pytest.param("\u65e5\u200c\u672c", id="joiner between ideographs"),
        pytest.param("\u0915\u200d\u200d\u0937", id="two joiners"),
        pytest.param("e\u0301\u200d\u0301", id="joiner between accents"),
        pytest.param("cu\ufe0fre", id="emoji selector in a word"),
        pytest.param("\ufe0fa", id="selector at the start"),
        pytest.param("cu\U000e0100re", id="ideograph selector in a word"),
        pytest.param("\U0001f600\U000e0161\U000e0162", id="bytes hidden behind a sign"),
        pytest.param("a\u180bb", id="Mongolian selector in a word"),
        pytest.param("a\U0001d159b", id="empty notehead"),
        pytest.param("\ud800", id="half"),
        pytest.param("a\U000e0041", id="tag"),
        pytest.param("\ufeffa", id="byte order mark"),
        pytest.param("a\u2028b", id="line separator"),
    ],
)
def test_what_nobody_can_see_or_read_is_refused_everywhere(text):
    assert refusal(text, max_length=200, in_prompt=False)
    assert refusal(text, max_length=200, in_prompt=True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Vi\u1ec7t Nam ng\u00e0y", id="Vietnamese"),
        pytest.param("\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", id="Hebrew with points"),
        pytest.param("\u0646\u200c\u0646", id="Persian"),
        pytest.param("\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48", id="Thai"),
        pytest.param("\u0915\u094d\u200d\u0937", id="Hindi"),
        pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467", id="a family"),
        pytest.param("\U0001f469\U0001f3fd\u200d\U0001f680", id="an astronaut"),
        pytest.param("I \u2764\ufe0f you", id="a heart"),
        pytest.param("1\ufe0f\u20e3 2\ufe0f\u20e3", id="keycaps"),
        pytest.param("\U0001f3f3\ufe0f\u200d\U0001f308", id="a flag"),
        pytest.param("\u845b\U000e0100\u57ce", id="a variant of an ideograph"),
    ],
)
def test_writing_with_marks_and_joiners_passes(text):
    assert refusal(plain(text), max_length=200, in_prompt=False) is None


def test_a_megabyte_of_accents_is_not_put_into_order_first():
    """Unicode's form takes time that grows with their square: minutes, for a body of 1 MB."""
    storm = "a" + "\u0301\u0323" * 250_000
    assert plain(storm) is storm
    assert refusal(plain(storm), max_length=40, in_prompt=False)


@pytest.mark.parametrize(
    "text",
    [
        "(a:1.9)",
        "((a))",
        "[a|b]",
        "{a|b}",
        "embedding:x",
        "<|endoftext|>",
        "<hypernet:x:1>",
        "a\\(b",
    ],
)
def test_no_prompt_takes_the_signs_that_prompt_tools_read(text):
    assert refusal(text, max_length=80, in_prompt=True)


@pytest.mark.parametrize("text", ["हिन्दी में", "ที่นี่", "ngày mới", "soft morning mist, 5 % fog"])
def test_a_prompt_takes_the_letters_of_any_writing(text):
    assert refusal(plain(text), max_length=80, in_prompt=True) is None
