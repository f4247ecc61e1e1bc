"""Uploads: what they are called, who may look at one, and who may attach it."""

from datetime import UTC, datetime

import pytest

from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.upload import (
    MAX_NAME,
    Upload,
    is_usable,
    is_visible,
    shown_name,
    unusable,
)

OWNER = Person(1, "carla", {"voltra": Role.CREATOR})
COLLEAGUE = Person(2, "kim", {"voltra": Role.CREATOR})
STRANGER = Person(3, "sol", {"solenne": Role.ADMINISTRATOR})
EVERYWHERE = Person(4, "ada", {EVERY_BRAND: Role.CREATOR})


def upload(*brands: str) -> Upload:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return Upload(5, "a" * 64, OWNER.id, "mood.jpg", 8, 8, 100, at, frozenset(brands))


@pytest.mark.parametrize(
    ("brands", "person", "is_seen"),
    [
        pytest.param((), OWNER, True, id="one's own in no run"),
        pytest.param((), COLLEAGUE, False, id="somebody else's in no run"),
        pytest.param((), EVERYWHERE, False, id="no run, a role in every brand"),
        pytest.param(("voltra",), COLLEAGUE, True, id="in a run of the person's brand"),
        pytest.param(("solenne", "voltra"), STRANGER, True, id="in one of several brands"),
        pytest.param(("voltra",), STRANGER, False, id="in a run of another brand"),
        pytest.param(("solenne",), OWNER, False, id="one's own, in another brand's run"),
    ],
)
def test_who_may_look_at_an_upload(brands, person, is_seen):
    assert is_visible(upload(*brands), person) == is_seen


@pytest.mark.parametrize(
    ("brands", "person", "is_allowed"),
    [
        pytest.param((), OWNER, True, id="one's own in no run"),
        pytest.param((), COLLEAGUE, False, id="somebody else's in no run"),
        pytest.param(("voltra",), COLLEAGUE, True, id="in a run of this brand"),
        pytest.param(("solenne",), OWNER, False, id="one's own, in another brand's run"),
    ],
)
def test_who_may_attach_an_upload_to_a_brief_of_voltra(brands, person, is_allowed):
    assert is_usable(upload(*brands), person, "voltra") == is_allowed
    refused = unusable([5], {5: upload(*brands)}, person, "voltra")
    assert refused == (frozenset() if is_allowed else frozenset({5}))


def test_an_upload_that_does_not_exist_cannot_be_attached():
    assert unusable([5, 6], {5: upload()}, OWNER, "voltra") == {6}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param("C:\\photos\\mood.jpg", "mood.jpg", id="a path of Windows"),
        pytest.param("photos/mood/ ", "mood", id="a folder and a space"),
        pytest.param("/mood", "mood", id="leading slash"),
        pytest.param("X/moodX", "moodX", id="an X at the end"),
        pytest.param("m" * MAX_NAME, "m" * MAX_NAME, id="as long as fits"),
        pytest.param("m" * (MAX_NAME + 1), "m" * (MAX_NAME - 1) + "…", id="longer"),
        pytest.param(
            "m" * (MAX_NAME - 2) + " mood",
            "m" * (MAX_NAME - 2) + "…",
            id="cut at a space",
        ),
    ],
)
def test_the_name_of_an_upload_as_people_see_it(given, shown):
    assert shown_name(given) == shown
