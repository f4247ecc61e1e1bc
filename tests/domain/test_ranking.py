from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from brandstudio.domain.brand import ScoreWeights
from brandstudio.domain.ranking import SCORES, rank, reason

NUMBERS = st.floats(min_value=-100, max_value=100)
WHOLE = st.integers(-100, 100).map(float)
ALL_SCORES = st.fixed_dictionaries(dict.fromkeys(SCORES, NUMBERS))
WHOLE_SCORES = st.fixed_dictionaries(dict.fromkeys(SCORES, WHOLE))


@given(st.dictionaries(st.integers(1, 50), ALL_SCORES, max_size=12))
def test_every_variant_gets_one_rank_from_one_without_gaps(scores):
    ranked = rank(scores, ScoreWeights())
    assert [place.rank for place in ranked] == list(range(1, len(scores) + 1))
    assert {place.key for place in ranked} == set(scores)


@given(
    st.dictionaries(st.integers(1, 50), WHOLE_SCORES, min_size=2, max_size=8),
    st.sampled_from(sorted(SCORES)),
    WHOLE,
)
def test_adding_a_constant_to_a_score_changes_no_rank(scores, name, constant):
    shifted = {key: own | {name: own[name] + constant} for key, own in scores.items()}
    after = {place.key: place.rank for place in rank(shifted, ScoreWeights())}
    for better, worse in combinations(rank(scores, ScoreWeights()), 2):
        assert better.total >= worse.total
        # Those as good as equal may change places: a mean is rounded in its last digit.
        if better.total - worse.total > 1e-9:
            assert after[better.key] < after[worse.key]


def test_a_smaller_palette_distance_ranks_higher():
    base = dict.fromkeys(SCORES, 1.0)
    best, worst = rank({1: base | {"palette": 20.0}, 2: base | {"palette": 5.0}}, ScoreWeights())
    assert (best.key, worst.key) == (2, 1)


def test_the_brands_weights_decide_between_two_strengths():
    base = dict.fromkeys(SCORES, 1.0)
    scores = {1: base | {"clip": 2.0}, 2: base | {"aesthetic": 2.0}}
    assert rank(scores, ScoreWeights(clip=2, aesthetic=1))[0].key == 1
    assert rank(scores, ScoreWeights(clip=1, aesthetic=2))[0].key == 2


def test_equal_images_are_ranked_by_their_order():
    base = dict.fromkeys(SCORES, 3.0)
    assert [place.key for place in rank({5: base, 2: base}, ScoreWeights())] == [2, 5]


def test_the_reason_says_when_nobody_compared_image_and_brief():
    assert reason({"palette": 1.5, "sharpness": -2.0}).startswith("Ranked without CLIP")


def test_the_reason_names_the_strongest_and_the_weakest_score():
    said = reason({"clip": 1.5, "palette": -2.0, "aesthetic": 0.0})
    assert said == (
        "Strongest in “matches the brief” (1.5 σ above this run's average), "
        "weakest in “on palette” (2.0 σ below this run's average)."
    )
