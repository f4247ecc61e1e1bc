"""How scores are standardised within a run, weighed, added and put into words."""

from statistics import fmean, pstdev

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from brandstudio.domain.brand import ScoreWeights
from brandstudio.domain.ranking import SCORES, rank, reason

NO_WEIGHT = dict.fromkeys(SCORES, 0.0)
RUNS = st.dictionaries(
    st.integers(1, 50),
    st.fixed_dictionaries(dict.fromkeys(SCORES, st.integers(-100, 100).map(float))),
    min_size=2,
    max_size=8,
)
WEIGHTS = st.fixed_dictionaries(dict.fromkeys(SCORES, st.integers(0, 5).map(float)))


def parts_of(scores, name):
    """One score of every variant after standardising, by key."""
    return {place.key: place.parts[name] for place in rank(scores, ScoreWeights())}


@given(RUNS, st.sampled_from(sorted(SCORES)))
def test_a_standardised_score_has_mean_zero_and_a_deviation_of_one(scores, name):
    assume(len({own[name] for own in scores.values()}) > 1)
    column = parts_of(scores, name).values()
    assert fmean(column) == pytest.approx(0, abs=1e-9)
    assert pstdev(column) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        pytest.param("clip", {1: -1.0, 2: 1.0}, id="higher is better"),
        pytest.param("palette", {1: 1.0, 2: -1.0}, id="lower is better"),
    ],
)
def test_of_two_variants_the_better_stands_one_deviation_above(name, parts):
    assert parts_of({1: {name: 10.0}, 2: {name: 14.0}}, name) == parts


def test_a_score_that_is_equal_throughout_decides_nothing():
    assert parts_of({1: {"clip": 0.3}, 2: {"clip": 0.3}}, "clip") == {1: 0.0, 2: 0.0}


def test_a_score_that_one_variant_lacks_counts_for_none():
    scores = {1: {"clip": 0.2, "sharpness": 9.0}, 2: {"clip": 0.3}}
    assert [(place.key, set(place.parts)) for place in rank(scores, ScoreWeights())] == [
        (2, {"clip"}),
        (1, {"clip"}),
    ]


@given(RUNS, WEIGHTS)
def test_the_total_is_the_weighted_mean_of_the_parts(scores, weights):
    assume(any(weights.values()))
    for place in rank(scores, ScoreWeights(**weights)):
        mean = fmean([place.parts[n] for n in SCORES], [weights[n] for n in SCORES])
        assert place.total == pytest.approx(mean)


def test_without_weights_every_total_is_zero_and_the_order_that_of_the_keys():
    scores = {2: {"clip": 0.9}, 1: {"clip": 0.1}}
    ranked = rank(scores, ScoreWeights(**NO_WEIGHT))
    assert [(place.key, place.total) for place in ranked] == [(1, 0.0), (2, 0.0)]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        pytest.param({}, "Not scored yet.", id="no scores"),
        pytest.param(
            {"clip": 0.05, "palette": 0.0},
            "Close to the average of this run in every score.",
            id="near the average",
        ),
        pytest.param(
            {"clip": 0.1, "palette": 0.0},
            "Strongest in “matches the brief” (0.1 σ above this run's average), "
            "weakest in “on palette” (0.0 σ above this run's average).",
            id="a tenth apart",
        ),
        pytest.param(
            {"clip": -0.5, "palette": -2.0},
            "Strongest in “matches the brief” (0.5 σ below this run's average), "
            "weakest in “on palette” (2.0 σ below this run's average).",
            id="weak throughout",
        ),
        pytest.param(
            {"sharpness": 0.0},
            "Ranked without CLIP, whose model is missing. "
            "Close to the average of this run in every score.",
            id="without CLIP",
        ),
    ],
)
def test_the_reason_in_one_sentence(parts, sentence):
    assert reason(parts) == sentence
