"""What the audit log records about people: the exact note of each event."""

from datetime import UTC, datetime

import pytest

from brandstudio.domain.accounts import LinkKind, SignInLink
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.audit_log.people_events import (
    link_made,
    link_used,
    link_withdrawn,
    person_added,
    person_removed,
    role_changed,
)
from brandstudio.domain.people import EVERY_BRAND, Person, Role

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OWNER, REVIEWER = Role.BRAND_OWNER, Role.REVIEWER


def rita(**roles: Role) -> Person:
    return Person(3, "Rita", {EVERY_BRAND if b == "every" else b: r for b, r in roles.items()})


def link(**roles: Role) -> SignInLink:
    return SignInLink("ab12", LinkKind.INVITATION, "Rita", rita(**roles).roles, "Ada", NOON, NOON)


WHOLE_STORY = "brand owner of voltra, reviewer of every brand"
ONE_ROLE = {"where": "voltra", "role": "brand owner"}
EVERYWHERE = {"where": "every brand", "role": "reviewer"}


@pytest.mark.parametrize(
    ("person", "notes"),
    [
        pytest.param(rita(), [Note(Event.PERSON_ADDED, "Rita")], id="no role"),
        pytest.param(
            rita(voltra=OWNER),
            [Note(Event.PERSON_ADDED, "Rita", "voltra", ONE_ROLE)],
            id="one role",
        ),
        pytest.param(
            rita(every=REVIEWER),
            [Note(Event.PERSON_ADDED, "Rita", "", EVERYWHERE)],
            id="one role in every brand",
        ),
        pytest.param(
            rita(voltra=OWNER, every=REVIEWER),
            [
                Note(Event.PERSON_ADDED, "Rita", "", {"roles": WHOLE_STORY}),
                Note(Event.ROLE_GIVEN, "Rita", "voltra", ONE_ROLE),
                Note(Event.ROLE_GIVEN, "Rita", "", EVERYWHERE),
            ],
            id="several roles, each noted for its brand",
        ),
    ],
)
def test_a_new_person_is_recorded_with_their_roles(person, notes):
    assert list(person_added(person)) == notes


@pytest.mark.parametrize(
    ("person", "notes"),
    [
        pytest.param(rita(), [Note(Event.PERSON_REMOVED, "Rita")], id="no role"),
        pytest.param(
            rita(voltra=OWNER),
            [Note(Event.PERSON_REMOVED, "Rita", "voltra", ONE_ROLE)],
            id="one role",
        ),
        pytest.param(
            rita(voltra=OWNER, every=REVIEWER),
            [
                Note(Event.ROLE_TAKEN, "Rita", "voltra", ONE_ROLE),
                Note(Event.ROLE_TAKEN, "Rita", "", EVERYWHERE),
                Note(Event.PERSON_REMOVED, "Rita", "", {"roles": WHOLE_STORY}),
            ],
            id="several roles, each taken first",
        ),
    ],
)
def test_a_removed_person_is_recorded_with_the_roles_they_had(person, notes):
    assert list(person_removed(person)) == notes


@pytest.mark.parametrize(
    ("before", "role", "note"),
    [
        pytest.param(
            rita(),
            REVIEWER,
            Note(
                Event.ROLE_GIVEN,
                "Rita",
                "voltra",
                {"where": "voltra", "role": "reviewer", "before": "none"},
            ),
            id="the first",
        ),
        pytest.param(
            rita(voltra=OWNER),
            REVIEWER,
            Note(
                Event.ROLE_GIVEN,
                "Rita",
                "voltra",
                {"where": "voltra", "role": "reviewer", "before": "brand owner"},
            ),
            id="another",
        ),
        pytest.param(
            rita(voltra=OWNER),
            None,
            Note(Event.ROLE_TAKEN, "Rita", "voltra", ONE_ROLE),
            id="none any more",
        ),
    ],
)
def test_a_change_of_role_is_recorded_with_the_one_before(before, role, note):
    assert role_changed(before, "voltra", role) == note


@pytest.mark.parametrize(
    ("record", "event", "more"),
    [
        (link_made, Event.LINK_MADE, {}),
        (link_used, Event.LINK_USED, {}),
        (link_withdrawn, Event.LINK_WITHDRAWN, {"made by": "Ada"}),
    ],
    ids=["made", "used", "withdrawn"],
)
def test_a_link_is_recorded_with_its_kind_its_id_and_the_roles_it_gives(record, event, more):
    named = {"kind": "invitation", "link": "ab12", **more}
    assert record(link()) == Note(event, "Rita", "", named)
    assert record(link(voltra=OWNER)) == Note(event, "Rita", "voltra", named | ONE_ROLE)
    assert record(link(voltra=OWNER, every=REVIEWER)) == Note(
        event, "Rita", "", named | {"roles": WHOLE_STORY}
    )
