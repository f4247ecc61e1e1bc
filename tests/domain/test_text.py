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
