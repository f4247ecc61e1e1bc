"""Whose a Gradio session is, however many there are."""

import pytest

from brandstudio.web.gate.gradio_sessions import Claims

CARLA, RITA, LEO = 1, 2, 3


@pytest.fixture
def forgotten() -> list[str]:
    return []


def test_the_first_to_name_a_session_has_it_and_nobody_else(forgotten: list[str]):
    claims = Claims(forgotten.append)
    assert claims.claim("carlas", CARLA)
    assert not claims.claim("carlas", RITA)
    assert claims.claim("carlas", CARLA)
    assert forgotten == []


def test_whoever_opens_pages_without_end_loses_their_own_oldest_and_nobody_elses(
    forgotten: list[str],
):
    claims = Claims(forgotten.append, limit=1_000, limit_of_one=100)
    claims.claim("ritas", RITA)
    for number in range(5_000):
        assert claims.claim(f"carlas {number}", CARLA)
    assert len(claims) == 101
    assert forgotten == [f"carlas {number}" for number in range(4_900)]
    assert not claims.claim("ritas", CARLA)


def test_a_page_that_is_used_is_not_the_oldest(forgotten: list[str]):
    claims = Claims(forgotten.append, limit_of_one=2)
    for used in ("first", "second", "first", "third"):
        assert claims.claim(used, CARLA)
    assert forgotten == ["second"]


def test_the_table_ends_at_ten_thousand_whoever_fills_it(forgotten: list[str]):
    claims = Claims(forgotten.append)
    for number in range(10_050):
        assert claims.claim(f"session {number}", person_id=number // 50)
    assert len(claims) == 10_000
    assert forgotten == [f"session {number}" for number in range(50)]


def test_what_was_forgotten_can_be_named_again(forgotten: list[str]):
    claims = Claims(forgotten.append, limit_of_one=1)
    assert claims.claim("one", CARLA)
    assert claims.claim("two", CARLA)
    assert claims.claim("one", LEO)
    assert not claims.claim("one", CARLA)
    assert len(claims) == 2
