from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from brandstudio.domain.audit_log.entries import Kind, Sought, sentence
from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.people import EVERY_BRAND, Role, Scope
from brandstudio.domain.review import Verdict
from brandstudio.errors import (
    BriefError,
    ForbiddenError,
    LastAdministratorError,
    NotFoundError,
    SignInError,
    StudioError,
)
from brandstudio.services import audit_log, reviews, runs
from brandstudio.services.people import links, sessions, tokens, users
from brandstudio.storage.tables.decisions import ActivityRow
from tests.conftest import NOON, PASSWORD


@pytest.fixture
def olga(studio, people):
    """The owner of one brand."""
    return users.add(studio, "olga", {"voltra": Role.BRAND_OWNER}, PASSWORD, by=people.ada)


@pytest.fixture
def kim(studio, people):
    """A creator of two brands."""
    roles = {"voltra": Role.CREATOR, "solenne": Role.CREATOR}
    return users.add(studio, "kim", roles, PASSWORD, by=people.ada)


@pytest.fixture
def sol(studio, people):
    """Someone of another brand."""
    return users.add(studio, "sol", {"solenne": Role.REVIEWER}, PASSWORD, by=people.ada)


def noted(studio, *events):
    with studio.database.reading() as session:
        rows = session.scalars(select(ActivityRow).order_by(ActivityRow.id)).all()
    return [(r.event, r.actor, r.subject, r.brand) for r in rows if r.event in events]


def names(accounts):
    return [account.person.name for account in accounts]


def roles_of(studio, name):
    return dict(users.named(studio, name).roles)


@pytest.mark.usefixtures("sol")
def test_an_administrator_sees_everyone_and_who_is_disabled(studio, people):
    sessions.sign_in(studio, "carla", PASSWORD)
    users.disable(studio, people.rita.id, person=people.ada)
    everyone = users.everyone(studio, person=people.ada)
    assert names(everyone) == ["ada", "carla", "rita", "sol"]
    assert [account.disabled_at for account in everyone] == [None, None, NOON, None]
    assert [account.last_seen_at for account in everyone] == [NOON, NOON, None, None]
    assert all(account.has_password and not account.has_identity for account in everyone)


@pytest.mark.usefixtures("people", "kim", "sol")
def test_a_brands_owner_sees_who_has_a_role_in_it_and_no_role_elsewhere(
    studio,
    olga,
):
    seen = {
        account.person.name: account.person.roles for account in users.everyone(studio, person=olga)
    }
    assert "sol" not in seen
    assert seen["kim"] == {"voltra": Role.CREATOR}
    assert seen["rita"] == {EVERY_BRAND: Role.REVIEWER}


def test_creators_and_reviewers_see_nobody(studio, people):
    for person in (people.carla, people.rita):
        with pytest.raises(ForbiddenError):
            users.everyone(studio, person=person)


def test_only_an_administrator_adds_people(studio, people, olga):
    for person in (people.rita, olga):
        with pytest.raises(ForbiddenError):
            users.add(studio, "eve", {"voltra": Role.CREATOR}, PASSWORD, by=person)
    users.add(studio, "eve", {"voltra": Role.CREATOR}, PASSWORD, by=people.ada)
    assert noted(studio, Event.PERSON_ADDED)[-1] == (
        Event.PERSON_ADDED,
        "ada",
        "eve",
        "voltra",
    )


@pytest.mark.parametrize(
    "name", ["", "x", "operator", "Operator", "<b>", "a\nb", "a" * 65, "carla"]
)
def test_names_that_are_taken_or_odd_are_refused(studio, people, name):
    with pytest.raises(BriefError):
        users.add(studio, name, {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=people.ada)


@pytest.mark.parametrize("name", ["Carla", "CARLA", "c\u00e1rla", "c\u0430rla"])
def test_a_name_that_a_reader_would_take_for_somebody_elses_is_refused(studio, people, name):
    with pytest.raises(BriefError, match="a name that looks like it is taken"):
        users.add(studio, name, {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=people.ada)


def test_a_role_in_a_brand_that_is_not_there_is_refused(studio, people):
    with pytest.raises(NotFoundError):
        users.add(studio, "eve", {"nowhere": Role.CREATOR}, PASSWORD, by=people.ada)
    with pytest.raises(BriefError, match="administrators run every brand"):
        users.add(studio, "eve", {"voltra": Role.ADMINISTRATOR}, PASSWORD, by=people.ada)


def test_a_new_role_holds_at_once(studio, people):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    users.set_role(studio, people.carla.id, EVERY_BRAND, Role.REVIEWER, person=people.ada)
    assert sessions.person_of_session(studio, token) is None
    assert roles_of(studio, "carla") == {EVERY_BRAND: Role.REVIEWER}
    assert noted(studio, Event.ROLE_GIVEN) == [(Event.ROLE_GIVEN, "ada", "carla", "")]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.BRAND_OWNER, None])
@pytest.mark.usefixtures("people")
def test_a_brands_owner_gives_and_takes_roles_in_it(studio, olga, kim, role):
    users.set_role(studio, kim.id, "voltra", role, person=olga)
    left = {"solenne": Role.CREATOR}
    assert roles_of(studio, "kim") == (left | {"voltra": role} if role else left)
    event = Event.ROLE_GIVEN if role else Event.ROLE_TAKEN
    assert noted(studio, event)[-1] == (event, "olga", "kim", "voltra")


def test_a_brands_owner_has_no_say_elsewhere(studio, people, olga, kim, sol):
    def give(user, brand, role):
        users.set_role(studio, user.id, brand, role, person=olga)

    with pytest.raises(NotFoundError):
        give(kim, "solenne", Role.REVIEWER)
    with pytest.raises(NotFoundError):  # somebody of another brand is nobody
        give(sol, "voltra", Role.CREATOR)
    with pytest.raises(ForbiddenError):
        give(kim, EVERY_BRAND, Role.CREATOR)
    with pytest.raises(ForbiddenError):
        give(people.rita, EVERY_BRAND, None)
    with pytest.raises(BriefError):
        give(kim, "voltra", Role.ADMINISTRATOR)
    with pytest.raises(ForbiddenError, match="Only an administrator may change"):
        give(people.ada, "voltra", Role.CREATOR)
    with pytest.raises(ForbiddenError):
        users.disable(studio, kim.id, person=olga)
    assert roles_of(studio, "kim") == {"voltra": Role.CREATOR, "solenne": Role.CREATOR}


@pytest.mark.usefixtures("people")
def test_who_is_refused_for_another_brand_learns_nothing_about_people(studio, olga, sol):
    told = []
    for user_id in (sol.id, 4711):
        with pytest.raises(NotFoundError) as error:
            users.set_role(studio, user_id, "voltra", Role.CREATOR, person=olga)
        told.append(str(error.value).replace(str(user_id), "N"))
    assert told[0] == told[1]


def test_creators_and_reviewers_give_no_roles(studio, people):
    for person in (people.carla, people.rita):
        with pytest.raises(ForbiddenError):
            users.set_role(studio, people.ada.id, "voltra", Role.CREATOR, person=person)


def test_a_token_without_the_scope_gives_no_roles(studio, people, olga, kim):
    for person in (people.ada, olga):
        reader = replace(person, scopes=frozenset({Scope.READ}))
        with pytest.raises(ForbiddenError, match="no scope 'administer'"):
            users.set_role(studio, kim.id, "voltra", Role.REVIEWER, person=reader)


def test_nobody_takes_their_own_rights_away(studio, people, olga):
    with pytest.raises(ForbiddenError, match="disable your own account"):
        users.disable(studio, people.ada.id, person=people.ada)
    for person in (people.ada, olga):
        with pytest.raises(ForbiddenError, match="change your own role"):
            users.set_role(studio, person.id, "voltra", Role.CREATOR, person=person)


def test_the_last_administrator_stays(studio, people):
    operator = users.operator(studio)
    for role in (Role.BRAND_OWNER, None):
        with pytest.raises(LastAdministratorError, match="ada is the last administrator"):
            users.set_role(studio, people.ada.id, EVERY_BRAND, role, person=operator)
    with pytest.raises(LastAdministratorError):
        users.disable(studio, people.ada.id, person=operator)
    assert users.named(studio, "ada").is_administrator
    users.set_role(studio, people.rita.id, EVERY_BRAND, Role.ADMINISTRATOR, person=operator)
    users.disable(studio, people.ada.id, person=operator)


def test_an_administrator_who_cannot_sign_in_does_not_count(studio, people):
    users.add(studio, "sam", {EVERY_BRAND: Role.ADMINISTRATOR}, None, by=people.ada)
    with pytest.raises(LastAdministratorError):
        users.disable(studio, people.ada.id, person=users.operator(studio))


@pytest.mark.parametrize("what", ["demote", "disable"])
def test_two_administrators_who_end_each_other_at_once_leave_one(studio, people, what):
    bob = users.add(studio, "bob", {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=people.ada)
    start, refused = Barrier(2), []

    def end(actor, other):
        start.wait()
        try:
            if what == "demote":
                users.set_role(studio, other.id, EVERY_BRAND, Role.CREATOR, person=actor)
            else:
                users.disable(studio, other.id, person=actor)
        except StudioError as error:
            refused.append(error)

    pairs = [(people.ada, bob), (bob, people.ada)]
    threads = [Thread(target=end, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    left = [a for a in users.everyone(studio, person=users.operator(studio)) if not a.disabled_at]
    assert sum(account.person.is_administrator for account in left) == 1


def test_nobody_changes_the_operator(studio, people):
    operator = users.operator(studio)
    for change in (
        lambda: users.disable(studio, operator.id, person=people.ada),
        lambda: users.set_role(studio, operator.id, "voltra", Role.CREATOR, person=people.ada),
        lambda: links.for_password(studio, operator.id, person=people.ada),
    ):
        with pytest.raises(NotFoundError):
            change()


def test_a_disabled_person_is_out_everywhere_and_comes_back_without_tokens(studio, people):
    session = sessions.sign_in(studio, "carla", PASSWORD)
    token = tokens.create(studio, person=people.carla, name="script")
    users.disable(studio, people.carla.id, person=people.ada)
    assert sessions.person_of_session(studio, session) is None
    assert tokens.person_of_api_token(studio, token) is None
    with pytest.raises(SignInError):
        sessions.sign_in(studio, "carla", PASSWORD)
    users.enable(studio, people.carla.id, person=people.ada)
    assert sessions.sign_in(studio, "carla", PASSWORD)
    assert tokens.person_of_api_token(studio, token) is None
    assert [note[:3] for note in noted(studio, Event.PERSON_DISABLED, Event.PERSON_ENABLED)] == [
        (Event.PERSON_DISABLED, "ada", "carla"),
        (Event.PERSON_ENABLED, "ada", "carla"),
    ]


def test_who_loses_a_role_leaves_no_open_invitations(studio, people, olga):
    token = links.invite(studio, "", {"voltra": Role.CREATOR}, person=olga)
    users.set_role(studio, olga.id, "voltra", Role.CREATOR, person=people.ada)
    assert links.find(studio, token) is None
    assert noted(studio, Event.LINK_WITHDRAWN) == [(Event.LINK_WITHDRAWN, "ada", "", "voltra")]


def test_disabling_someone_closes_the_links_that_would_let_them_in(studio, people):
    token = links.for_password(studio, people.carla.id, person=people.ada)
    users.disable(studio, people.carla.id, person=people.ada)
    users.enable(studio, people.carla.id, person=people.ada)
    assert links.find(studio, token) is None


def test_roles_are_those_of_now_for_whoever_has_just_lost_them(studio, people):
    """A request that began before its person was demoted changes nothing after."""
    bob = users.add(studio, "bob", {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=people.ada)
    users.set_role(studio, bob.id, EVERY_BRAND, Role.CREATOR, person=people.ada)
    later = replace(studio, now=lambda: NOON + timedelta(seconds=1))
    for change in (
        lambda: users.set_role(later, people.carla.id, EVERY_BRAND, None, person=bob),
        lambda: users.disable(later, people.carla.id, person=bob),
        lambda: users.enable(later, people.carla.id, person=bob),
        lambda: users.add(later, "eve", {}, PASSWORD, by=bob),
        lambda: links.invite(later, "", {"voltra": Role.CREATOR}, person=bob),
        lambda: links.for_password(later, people.carla.id, person=bob),
    ):
        with pytest.raises(ForbiddenError):
            change()


@pytest.mark.parametrize("role", [Role.CREATOR, None])
def test_a_role_that_is_as_wanted_already_ends_no_session_and_is_not_noted(studio, people, role):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    if role:
        assert not users.set_role(studio, people.carla.id, EVERY_BRAND, role, person=people.ada)
    for brand in ("voltra", "of nobody"):
        with pytest.raises(BriefError, match=f"carla has no role in {brand}"):
            users.set_role(studio, people.carla.id, brand, None, person=people.ada)
    assert sessions.person_of_session(studio, token)
    assert noted(studio, Event.ROLE_GIVEN, Event.ROLE_TAKEN) == []


def test_a_role_in_a_brand_that_is_gone_can_still_be_taken(studio, people, kim):
    catalogue = studio.catalogue
    without = replace(catalogue, brands={"solenne": catalogue.brands["solenne"]})
    fewer = replace(studio, presets=replace(studio.presets, catalogue=without))
    assert users.set_role(fewer, kim.id, "voltra", None, person=people.ada)
    assert roles_of(studio, "kim") == {"solenne": Role.CREATOR}


def test_disabling_or_enabling_twice_is_noted_once(studio, people):
    later = replace(studio, now=lambda: NOON + timedelta(days=1))
    assert users.disable(studio, people.carla.id, person=people.ada)
    assert not users.disable(later, people.carla.id, person=people.ada)
    [carla] = [a for a in users.everyone(studio, person=people.ada) if a.disabled_at]
    assert carla.disabled_at == NOON
    assert users.enable(studio, people.carla.id, person=people.ada)
    assert not users.enable(studio, people.carla.id, person=people.ada)
    assert len(noted(studio, Event.PERSON_DISABLED, Event.PERSON_ENABLED)) == 2


def test_whoever_left_for_good_keeps_nothing_but_their_name_on_what_they_did(
    studio, people, pending
):
    session = sessions.sign_in(studio, "carla", PASSWORD)
    token = tokens.create(studio, person=people.carla, name="script")
    link = links.for_password(studio, people.carla.id, person=people.ada)
    users.remove(studio, people.carla.id, person=people.ada)
    assert sessions.person_of_session(studio, session) is None
    assert tokens.person_of_api_token(studio, token) is None
    assert links.find(studio, link) is None
    with pytest.raises(SignInError):
        sessions.sign_in(studio, "carla", PASSWORD)
    [gone] = [a for a in users.everyone(studio, person=people.ada) if a.is_removed]
    assert (gone.person.name, dict(gone.person.roles), gone.has_password) == ("carla", {}, False)
    assert noted(studio, Event.PERSON_REMOVED) == [(Event.PERSON_REMOVED, "ada", "carla", "")]
    said = reviews.history(studio, pending[0].id, person=people.rita)
    assert [(d.reviewer, d.reviewer_id) for d in said] == [("carla", people.carla.id)]
    assert runs.get(studio, pending[0].run_id, person=people.rita).creator == "carla"


def test_neither_the_name_nor_the_number_of_somebody_who_left_is_given_to_another(studio, people):
    users.remove(studio, people.carla.id, person=people.ada)
    with pytest.raises(BriefError, match="is taken"):
        users.add(studio, "Carla", {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=people.ada)
    newest = users.add(studio, "mina", {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=people.ada)
    users.remove(studio, newest.id, person=people.ada)
    after = users.add(studio, "noor", {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=people.ada)
    assert after.id > newest.id


def test_whoever_left_comes_back_without_a_role_and_without_a_password(studio, people):
    users.remove(studio, people.carla.id, person=people.ada)
    users.enable(studio, people.carla.id, person=people.ada)
    [carla] = [a for a in users.everyone(studio, person=people.ada) if a.person.name == "carla"]
    assert (dict(carla.person.roles), carla.has_password, carla.is_removed) == ({}, False, False)


def test_only_an_administrator_removes_and_never_themselves_or_the_last(studio, people, olga, kim):
    for person in (people.rita, olga):
        with pytest.raises(ForbiddenError):
            users.remove(studio, kim.id, person=person)
    with pytest.raises(ForbiddenError, match="remove your own account"):
        users.remove(studio, people.ada.id, person=people.ada)
    with pytest.raises(LastAdministratorError):
        users.remove(studio, people.ada.id, person=users.operator(studio))
    users.remove(studio, kim.id, person=people.ada)
    with pytest.raises(NotFoundError):
        users.remove(studio, kim.id, person=people.ada)


def test_when_somebody_was_last_here_is_known_after_they_signed_out(studio, people, pending):
    def last_seen(name):
        everyone = users.everyone(studio, person=people.ada)
        return next(a.last_seen_at for a in everyone if a.person.name == name)

    assert last_seen("ada") is None
    later = replace(studio, now=lambda: NOON + timedelta(hours=1))
    sessions.sign_out(later, sessions.sign_in(studio, "ada", PASSWORD))
    assert last_seen("ada") == NOON + timedelta(hours=1)
    reviews.decide(later, pending[0].id, Verdict.APPROVE, person=people.rita)
    assert last_seen("rita") == NOON + timedelta(hours=1)
    with pytest.raises(SignInError):  # somebody else tries to be rita
        sessions.sign_in(replace(studio, now=lambda: NOON + timedelta(days=1)), "rita", "a guess")
    assert last_seen("rita") == NOON + timedelta(hours=1)


def test_each_brands_owner_reads_who_was_let_into_it_and_who_left(studio, people, olga, kim):
    def told():
        entries = audit_log.log(studio, Sought(kind=Kind.PEOPLE), person=olga).entries
        return [(e.event, e.actor, e.subject, e.detail.get("role")) for e in entries]

    assert told()[0] == (Event.ROLE_GIVEN, "ada", "kim", "creator")
    users.remove(studio, kim.id, person=people.ada)
    assert told()[0] == (Event.ROLE_TAKEN, "ada", "kim", "creator")


def test_acting_for_somebody_at_the_terminal_is_on_record(studio, people):
    rita = users.act_as(studio, "rita", doing="review approve 3", account="deploy")
    assert rita == people.rita
    [entry, *_] = audit_log.log(studio, Sought(), person=people.ada).entries
    assert sentence(entry, {}) == "operator acted as rita at the machine's terminal"
    assert entry.detail == {"command": "review approve 3", "account": "deploy"}
