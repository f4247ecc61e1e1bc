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
    ["CURE", "cürê", "c u r e", "c.u.r.e", "c-u-r-e", "cur3", "\u0441ur\u0435", "\uff43ure",
     "\U0001d41c\U0001d42e\U0001d42b\U0001d41e", "cu\u200dre", "the cure!", "C U R 3"],
    ids=["case", "accents", "spaces", "dots", "hyphens", "digit", "Cyrillic", "full width", "bold",
         "joiner", "punctuation", "spaces and digit"],
)  # fmt: skip
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
    "text", ["So secure", "procured", "50 cures", "A b c d", "cur", "Save 20 %"]
)
def test_other_words_are_left_alone(text):
    assert forbidden_word(text, ["cure", "wings", "risk-free"]) is None


@pytest.mark.parametrize(
    "text",
    ["e" + "\u0301" * 39, "Z" + "\u0336\u0321" * 9, "\u3164", "\u115f", "\u2800", "a\u034fb",
     "a\u200db", "x\u200d", "\ud800", "a\U000e0041", "\ufeffa", "a\u2028b"],
    ids=["accents", "strokes", "filler", "choseong", "braille", "grapheme joiner", "joiner",
         "joiner at the end", "half", "tag", "byte order mark", "line separator"],
)  # fmt: skip
def test_what_nobody_can_see_or_read_is_refused_everywhere(text):
    assert refusal(text, max_length=200, in_prompt=False)
    assert refusal(text, max_length=200, in_prompt=True)


@pytest.mark.parametrize(
    "text", ["Việt Nam ngày", "שָׁלוֹם", "ن\u200cن", "ที่นี่", "👨\u200d👩\u200d👧", "क\u094d\u200dष"]
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
