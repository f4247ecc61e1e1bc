"""Look-alikes: one plain form for words that a reader would take for one another."""

import pytest

from brandstudio.domain.lookalikes import mixed_alphabets, outline, spelt_out, unmasked


@pytest.mark.parametrize(
    "disguise",
    [
        "CURE",
        "Cürê",
        "\u0441ur\u0435",
        "\uff43\uff55\uff52\uff45",
        "ⓒure",
        "cu\u00adre",
        "c\u20ddure",
    ],
    ids=["capitals", "accents", "cyrillic", "full width", "in a circle", "joiner", "enclosed"],
)
def test_a_disguise_is_taken_off(disguise):
    assert unmasked(disguise) == "cure"


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        pytest.param("m1rac!e", "miracie", id="within a word"),
        pytest.param("wow!!", "wow!!", id="punctuation"),
        pytest.param("!wow", "iwow", id="at the beginning"),
        pytest.param("100 %", "100 %", id="a number"),
    ],
)
def test_signs_within_words_are_read_as_letters(text, spelt):
    assert spelt_out(text) == spelt


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Rita-K.", "rita k", id="signs"),
        pytest.param("Modern", "Modem", id="rn and m"),
        pytest.param("vvilma", "Wilma", id="vv and w"),
        pytest.param("Paul", "Pau1", id="digits"),
    ],
)
def test_names_that_look_alike_have_one_outline(one, other):
    assert outline(one) == outline(other)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Ada  Byron", "ada byron"), ("_ada.b_", "ada b"), ("xxad", "xxad")],
)
def test_an_outline_is_words_with_single_spaces(name, shown):
    assert outline(name) == shown


@pytest.mark.parametrize(
    "word",
    ["p\u0430ypal", "\u03bfne", "\u0585ne", "\u13aada", "\u0430\u03bf", "Ada \u0430nn"],
    ids=["cyrillic", "greek", "armenian", "cherokee", "neither latin", "second word"],
)
def test_a_word_of_two_alphabets_is_found(word):
    assert mixed_alphabets(word)


@pytest.mark.parametrize(
    "text",
    ["Paypal", "Москва Paris", "Ελλάδα", "Tシャツ", "a_\u0430", "\U00017000a", "a1"],
    ids=["latin", "two words", "greek", "latin and kana", "a sign between", "no name", "digit"],
)
def test_words_of_one_alphabet_each_are_left_alone(text):
    assert not mixed_alphabets(text)
