"""Whose a Gradio session is, however many there are."""

import pytest

from brandstudio.web.gate.gradio_sessions import GradioSessions

CARLA, RITA, LEO = 1, 2, 3


@pytest.fixture
def forgotten() -> list[str]:
    return []


def test_the_first_to_name_a_session_has_it_and_nobody_else(forgotten: list[str]):
    gradio_sessions = GradioSessions(forgotten.append)
    assert gradio_sessions.claim("carlas", CARLA)
    assert not gradio_sessions.claim("carlas", RITA)
    assert gradio_sessions.claim("carlas", CARLA)
    assert forgotten == []


def test_whoever_opens_pages_without_end_loses_their_own_oldest_and_nobody_elses(
    forgotten: list[str],
):
    gradio_sessions = GradioSessions(forgotten.append, limit=1_000, limit_of_one=100)
    gradio_sessions.claim("ritas", RITA)
    for number in range(5_000):
        assert gradio_sessions.claim(f"carlas {number}", CARLA)
    assert len(gradio_sessions) == 101
    assert forgotten == [f"carlas {number}" for number in range(4_900)]
    assert not gradio_sessions.claim("ritas", CARLA)


def test_a_page_that_is_used_is_not_the_oldest(forgotten: list[str]):
    gradio_sessions = GradioSessions(forgotten.append, limit_of_one=2)
    for used in ("first", "second", "first", "third"):
        assert gradio_sessions.claim(used, CARLA)
    assert forgotten == ["second"]


def test_the_table_ends_at_ten_thousand_whoever_fills_it(forgotten: list[str]):
    gradio_sessions = GradioSessions(forgotten.append)
    for number in range(10_050):
        assert gradio_sessions.claim(f"session {number}", person_id=number // 50)
    assert len(gradio_sessions) == 10_000
    assert forgotten == [f"session {number}" for number in range(50)]


def test_what_was_forgotten_can_be_named_again(forgotten: list[str]):
    gradio_sessions = GradioSessions(forgotten.append, limit_of_one=1)
    assert gradio_sessions.claim("one", CARLA)
    assert gradio_sessions.claim("two", CARLA)
    assert gradio_sessions.claim("one", LEO)
    assert not gradio_sessions.claim("one", CARLA)
    assert len(gradio_sessions) == 2
