"""Patterns: what they may hold, what they ask for, and that typed words stand last."""

import pytest

from brandstudio.domain.pattern import PatternError, expand, names_in, tidy, typed_stands_last


def test_a_pattern_asks_for_the_names_it_fills_in_or_looks_at():
    assert names_in("{{ a }} {% if b %}c{% endif %}") == {"a", "b"}


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        pytest.param(
            "{{ missing }}",
            "The pattern cannot be filled: 'missing' is undefined",
            id="a name nobody answers",
        ),
        pytest.param(
            "{{ x",
            "The pattern cannot be read: unexpected end of template, expected 'end of print "
            "statement'.",
            id="bad syntax",
        ),
        pytest.param(
            "{{ " + "(" * 20_000,
            "The pattern cannot be read: it is nested too deeply",
            id="nested without end",
        ),
        pytest.param(
            "one\n{% for i in x %}{% endfor %}",
            "The pattern cannot be used: line 2 has more than names, conditions, comparisons and "
            "slices",
            id="a loop",
        ),
    ],
)
def test_a_pattern_is_refused_in_one_sentence(pattern, sentence):
    with pytest.raises(PatternError) as refused:
        expand(pattern, {"x": "word"})
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("text", "tidied"),
    [("a \n  b", "a b"), (" a ,, b , ", "a, b"), ("XaX", "XaX"), (" , ", "")],
    ids=["white space", "empty parts", "nothing to do", "nothing left"],
)
def test_tidying_leaves_single_spaces_and_no_empty_part(text, tidied):
    assert tidy(text) == tidied


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("", id="nothing"),
        pytest.param("brand", id="the brand's words alone"),
        pytest.param("brand, {{ typed }}", id="typed at the end"),
        pytest.param("{{ typed }}, .", id="signs behind it"),
        pytest.param("{{ chosen }} {{ typed }}", id="behind a choice"),
        pytest.param("{{ chosen[:3] }} {{ typed }}", id="behind a part of a choice"),
        pytest.param("{{ typed }} {{ typed }}", id="typed twice"),
        pytest.param("{% if typed %}brand{% endif %}, brand", id="looked at alone"),
        pytest.param("{% if chosen %}{{ typed }}{% else %}brand{% endif %}", id="in a branch"),
    ],
)
def test_what_was_typed_stands_last(pattern):
    assert typed_stands_last(pattern, ["typed"])


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("{{ typed }}, brand", id="words behind it"),
        pytest.param("{{ typed }} {{ chosen }}", id="a choice behind it"),
        pytest.param("{{ typed }} {{ chosen[:3] }}", id="a part of a choice behind it"),
        pytest.param("{% if chosen %}{{ typed }}{% endif %} brand", id="words behind a branch"),
        pytest.param(
            "{{ typed }} {% if chosen %}brand{% else %}{{ typed }}{% endif %}",
            id="words in one of the branches behind it",
        ),
        pytest.param(
            "{% if a %}x{% elif b %}{{ typed }}{% endif %} brand", id="typed in a middle branch"
        ),
        pytest.param("brand {{ typed[:9] }}", id="a part of what was typed"),
        pytest.param("brand {{ typed if chosen else 'x' }}", id="typed under a condition"),
    ],
)
def test_words_that_may_follow_what_was_typed_are_found(pattern):
    assert not typed_stands_last(pattern, ["typed"])
