from dataclasses import replace
from datetime import timedelta

import pytest

from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.errors import BriefError, ForbiddenError, NotFoundError, SignInError
from brandstudio.services import users
from brandstudio.storage.tables import Base
from tests.conftest import NOON, PASSWORD


def test_the_first_person_becomes_administrator_by_a_link_that_works_once(studio):
    token = users.new_link(studio)
    assert users.link_is_open(studio, token)
    session = users.sign_in_with_link(studio, token, name="Ada", password=PASSWORD)
    assert users.person_of_session(studio, session).is_administrator
    assert not users.link_is_open(studio, token)
    with pytest.raises(SignInError, match="used already"):
        users.sign_in_with_link(studio, token, name="Eve", password=PASSWORD)
    assert users.new_link(studio) is None


def test_a_new_link_ends_the_one_before(studio):
    old, new = users.new_link(studio), users.new_link(studio)
    assert (users.link_is_open(studio, old), users.link_is_open(studio, new)) == (False, True)


def test_a_link_expires_after_a_day(studio):
    token = users.new_link(studio)
    tomorrow = replace(studio, now=lambda: NOON + timedelta(hours=25))
    with pytest.raises(SignInError):
        users.sign_in_with_link(tomorrow, token, name="Ada", password=PASSWORD)


def test_a_weak_password_leaves_the_link_open(studio):
    token = users.new_link(studio)
    with pytest.raises(BriefError, match="10 to 200 characters"):
        users.sign_in_with_link(studio, token, name="Ada", password="short")
    assert users.link_is_open(studio, token)


def test_a_right_password_signs_in_and_signing_out_ends_it(studio, people):
    token = users.sign_in(studio, "carla", PASSWORD)
    assert users.person_of_session(studio, token) == people.carla
    users.sign_out(studio, token)
    assert users.person_of_session(studio, token) is None


@pytest.mark.parametrize(("name", "password"), [("carla", "wrong password"), ("nobody", PASSWORD)])
def test_wrong_name_and_wrong_password_are_refused_in_the_same_words(
    studio, people, name, password
):
    with pytest.raises(SignInError, match="This name and password do not go together"):
        users.sign_in(studio, name, password)


def test_nobody_signs_in_as_the_operator(studio):
    users.operator(studio)
    with pytest.raises(SignInError):
        users.sign_in(studio, users.OPERATOR, "")


def test_a_session_ends_after_its_hours(studio, people):
    token = users.sign_in(studio, "carla", PASSWORD)
    later = replace(studio, now=lambda: NOON + timedelta(hours=13))
    assert users.person_of_session(later, token) is None


def test_changing_the_password_ends_every_session(studio, people):
    token = users.sign_in(studio, "carla", PASSWORD)
    users.set_password(studio, person=people.carla, current=PASSWORD, new="another long one")
    assert users.person_of_session(studio, token) is None
    users.sign_in(studio, "carla", "another long one")


def test_a_wrong_current_password_changes_nothing(studio, people):
    with pytest.raises(SignInError):
        users.set_password(studio, person=people.carla, current="guess", new="another long one")
    users.sign_in(studio, "carla", PASSWORD)


def test_a_forgotten_password_is_replaced_by_an_administrator_alone(studio, people):
    token = users.sign_in(studio, "carla", PASSWORD)
    with pytest.raises(ForbiddenError):
        users.reset_password(studio, "carla", "another long one", by=people.rita)
    users.reset_password(studio, "carla", "another long one", by=people.ada)
    assert users.person_of_session(studio, token) is None
    users.sign_in(studio, "carla", "another long one")


def test_a_new_role_holds_at_once(studio, people):
    token = users.sign_in(studio, "carla", PASSWORD)
    users.set_role(studio, people.carla.id, EVERY_BRAND, Role.REVIEWER, person=people.ada)
    assert users.person_of_session(studio, token) is None
    again = users.sign_in(studio, "carla", PASSWORD)
    assert users.person_of_session(studio, again).roles == {EVERY_BRAND: Role.REVIEWER}


def test_a_disabled_person_is_out_everywhere(studio, people):
    session = users.sign_in(studio, "carla", PASSWORD)
    token = users.create_api_token(studio, person=people.carla, name="script")
    users.disable(studio, people.carla.id, person=people.ada)
    assert users.person_of_session(studio, session) is None
    assert users.person_of_api_token(studio, token) is None
    with pytest.raises(SignInError):
        users.sign_in(studio, "carla", PASSWORD)


def test_nobody_takes_their_own_rights_away(studio, people):
    with pytest.raises(ForbiddenError, match="disable your own account"):
        users.disable(studio, people.ada.id, person=people.ada)
    with pytest.raises(ForbiddenError, match="change your own role"):
        users.set_role(studio, people.ada.id, EVERY_BRAND, Role.CREATOR, person=people.ada)


def test_only_an_administrator_manages_people(studio, people):
    with pytest.raises(ForbiddenError):
        users.add(studio, "eve", {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=people.rita)
    with pytest.raises(ForbiddenError):
        users.everyone(studio, person=people.carla)
    assert [p.name for p in users.everyone(studio, person=people.ada)] == ["ada", "carla", "rita"]


@pytest.mark.parametrize("name", ["", "x", "operator", "<b>", "a\nb", "a" * 65, "carla"])
def test_names_that_are_taken_or_odd_are_refused(studio, people, name):
    with pytest.raises(BriefError):
        users.add(studio, name, {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=people.ada)


def test_an_api_token_acts_as_its_owner_until_revoked(studio, people):
    token = users.create_api_token(studio, person=people.carla, name="script")
    assert users.person_of_api_token(studio, token) == people.carla
    [known] = users.api_tokens(studio, person=people.carla)
    assert (known.name, known.last_used_at) == ("script", NOON)
    assert token.startswith(known.prefix)
    with pytest.raises(NotFoundError):
        users.revoke_api_token(studio, known.id, person=people.rita)
    users.revoke_api_token(studio, known.id, person=people.carla)
    assert users.person_of_api_token(studio, token) is None


def test_secrets_are_stored_only_as_hashes(studio, people):
    session = users.sign_in(studio, "carla", PASSWORD)
    token = users.create_api_token(studio, person=people.carla, name="script")
    with studio.database.reading() as rows:
        tables = [rows.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    assert "carla" in str(tables)
    assert all(secret not in str(tables) for secret in (session, token, PASSWORD))
