from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.people import ALL_SCOPES, Scope
from brandstudio.errors import BriefError, ForbiddenError, NotFoundError
from brandstudio.services import runs
from brandstudio.services.people import tokens
from brandstudio.storage.tables.base import Base
from brandstudio.storage.tables.decisions import ActivityRow
from brandstudio.storage.tables.people import ApiTokenRow
from tests.conftest import NOON
from tests.services.conftest import after


def test_a_token_acts_as_its_owner_within_its_scopes_until_revoked(studio, people):
    token = tokens.create(studio, person=people.carla, name="script")
    program = tokens.person_of_api_token(studio, token)
    assert program == replace(people.carla, scopes=frozenset({Scope.READ}))
    [known] = tokens.own(studio, person=people.carla)
    assert (known.name, known.owner, known.last_used_at) == ("script", "carla", NOON)
    assert (known.scopes, known.expires_at) == ({Scope.READ}, NOON + timedelta(days=90))
    assert token.startswith(known.prefix)
    tokens.revoke_own(studio, known.id, person=people.carla)
    assert tokens.person_of_api_token(studio, token) is None
    assert tokens.own(studio, person=people.carla) == ()


def test_a_token_that_may_only_read_starts_nothing(studio, people, brief):
    token = tokens.create(studio, person=people.carla, name="dashboard")
    program = tokens.person_of_api_token(studio, token)
    assert program is not None
    assert runs.recent(studio, person=program) == ()
    with pytest.raises(ForbiddenError, match="no scope 'create'"):
        runs.submit(studio, brief(), person=program)


@pytest.mark.parametrize("days", tokens.LIFETIMES)
def test_a_token_runs_out(studio, people, days):
    token = tokens.create(studio, person=people.carla, name="script", days=days)
    assert tokens.person_of_api_token(after(studio, days=days, seconds=-1), token)
    assert tokens.person_of_api_token(after(studio, days=days), token) is None
    [known] = tokens.own(after(studio, days=days), person=people.carla)
    assert known.expires_at == NOON + timedelta(days=days)


def test_a_token_from_before_tokens_ran_out_goes_on(studio, people):
    token = tokens.create(studio, person=people.carla, name="old")
    with studio.database.writing() as session:
        session.execute(update(ApiTokenRow).values(expires_at=None))
    assert tokens.person_of_api_token(after(studio, days=4000), token)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "script\0"}, "name"),
        ({"name": "\u202etpircs"}, "name"),
        ({"scopes": ()}, "scopes"),
        ({"days": 3650}, "days"),
    ],
)
def test_a_token_says_what_it_is_for_and_how_long(studio, people, wrong, place):
    with pytest.raises(BriefError) as told:
        tokens.create(studio, person=people.carla, **{"name": "script", **wrong})
    assert [problem.place for problem in told.value.problems] == [place]


def test_a_token_makes_no_token_without_the_scope_and_none_mightier_than_itself(studio, people):
    reader = replace(people.ada, scopes=frozenset({Scope.READ}))
    with pytest.raises(ForbiddenError, match="no scope 'administer'"):
        tokens.create(studio, person=reader, name="script")
    keeper = replace(people.ada, scopes=frozenset({Scope.READ, Scope.ADMINISTER}))
    with pytest.raises(ForbiddenError, match="may do more than itself"):
        tokens.create(studio, person=keeper, name="script", scopes=ALL_SCOPES)
    assert tokens.create(studio, person=keeper, name="script", scopes={Scope.READ})
    for asked in (tokens.own, tokens.everybodys):
        with pytest.raises(ForbiddenError):
            asked(studio, person=reader)


def test_an_administrator_sees_and_revokes_everybodys_tokens(studio, people):
    token = tokens.create(studio, person=people.carla, name="script")
    with pytest.raises(ForbiddenError):
        tokens.everybodys(studio, person=people.rita)
    [known] = tokens.everybodys(studio, person=people.ada)
    assert known.owner == "carla"
    with pytest.raises(NotFoundError):
        tokens.revoke_own(studio, known.id, person=people.rita)
    with pytest.raises(ForbiddenError):
        tokens.revoke(studio, known.id, person=people.rita)
    tokens.revoke(studio, known.id, person=people.ada)
    assert tokens.person_of_api_token(studio, token) is None
    with studio.database.reading() as session:
        rows = session.scalars(select(ActivityRow).order_by(ActivityRow.id)).all()
        told = [(row.event, row.actor, row.subject) for row in rows]
    assert (Event.TOKEN_MADE, "carla", "script") in told
    assert (Event.TOKEN_REVOKED, "ada", "script") in told


def test_tokens_are_stored_only_as_hashes(studio, people):
    token = tokens.create(studio, person=people.carla, name="script")
    with studio.database.reading() as rows:
        tables = [rows.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    assert token not in str(tables)
