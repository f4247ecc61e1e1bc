from datetime import timedelta
from threading import Barrier, Thread

import pytest

from brandstudio.domain.accounts import LinkKind
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.errors import BriefError, ForbiddenError, NotFoundError, SignInError
from brandstudio.services.people import links, sessions, users
from brandstudio.storage.tables.base import Base
from tests.conftest import NOON, PASSWORD
from tests.services.conftest import after

NEW = "another long one"


@pytest.fixture
def olga(studio, people):
    """The owner of one brand."""
    return users.add(studio, "olga", {"voltra": Role.BRAND_OWNER}, PASSWORD, by=people.ada)


def test_the_first_person_becomes_administrator_by_a_link_that_works_once(studio):
    token = links.first(studio)
    assert token is not None
    link = links.find(studio, token)
    assert link is not None
    assert link.kind is LinkKind.FIRST_ADMINISTRATOR
    session = links.use(studio, token, name="Ada", password=PASSWORD)
    ada = sessions.person_of_session(studio, session)
    assert ada is not None
    assert ada.is_administrator
    assert links.find(studio, token) is None
    with pytest.raises(SignInError, match="used already"):
        links.use(studio, token, name="Eve", password=PASSWORD)
    assert links.first(studio) is None


def test_a_new_first_link_ends_the_one_before_and_no_invitation(studio):
    operator = users.operator(studio)
    invited = links.invite(studio, "", {"voltra": Role.CREATOR}, person=operator)
    old, new = links.first(studio), links.first(studio)
    assert old is not None
    assert new is not None
    assert links.find(studio, old) is None
    assert links.find(studio, new)
    assert links.find(studio, invited)


def test_a_first_link_is_worth_nothing_once_somebody_can_sign_in(studio):
    token = links.first(studio)
    assert token is not None
    users.add(studio, "ada", users.RUNS_ALL, PASSWORD, by=users.operator(studio))
    with pytest.raises(SignInError):
        links.use(studio, token, name="Eve", password=PASSWORD)


def test_links_expire(studio, people):
    first = links.for_password(studio, people.carla.id, person=people.ada)
    second = links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    assert links.find(after(studio, hours=23), first)
    assert links.find(after(studio, hours=24), first) is None
    assert links.find(after(studio, days=6), second)
    with pytest.raises(SignInError):
        links.use(after(studio, days=7), second, name="Mina", password=PASSWORD)


def test_a_weak_password_or_an_odd_name_leaves_the_link_open(studio, people):
    token = links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    for name, password in [("Mina", "short"), ("<b>", PASSWORD), ("carla", PASSWORD)]:
        with pytest.raises(BriefError):
            links.use(studio, token, name=name, password=password)
    assert links.use(studio, token, name="Mina", password=PASSWORD)


def test_the_invited_get_the_roles_and_the_name_that_were_chosen_for_them(studio, people):
    token = links.invite(
        studio, "Mina", {"voltra": Role.REVIEWER, "solenne": Role.CREATOR}, person=people.ada
    )
    session = links.use(studio, token, name="Eve", password=PASSWORD)
    mina = sessions.person_of_session(studio, session)
    assert mina is not None
    assert mina.name == "Mina"
    assert mina.roles == {"voltra": Role.REVIEWER, "solenne": Role.CREATOR}


def test_a_brands_owner_invites_into_it_and_nowhere_else(studio, people, olga):
    token = links.invite(studio, "", {"voltra": Role.CREATOR}, person=olga)
    links.use(studio, token, name="Mina", password=PASSWORD)
    assert users.named(studio, "Mina").roles == {"voltra": Role.CREATOR}
    with pytest.raises(NotFoundError):
        links.invite(studio, "", {"solenne": Role.CREATOR}, person=olga)
    with pytest.raises(NotFoundError):
        links.invite(studio, "", {"voltra": Role.CREATOR, "solenne": Role.CREATOR}, person=olga)
    with pytest.raises(ForbiddenError):
        links.invite(studio, "", {EVERY_BRAND: Role.CREATOR}, person=olga)
    with pytest.raises(BriefError):
        links.invite(studio, "", {"voltra": Role.ADMINISTRATOR}, person=olga)
    for person in (people.carla, people.rita):
        with pytest.raises(ForbiddenError):
            links.invite(studio, "", {"voltra": Role.CREATOR}, person=person)


@pytest.mark.parametrize("name", ["carla", "x", "operator"])
def test_a_name_that_cannot_be_is_refused_at_once(studio, people, name):
    with pytest.raises(BriefError):
        links.invite(studio, name, {"voltra": Role.CREATOR}, person=people.ada)


def test_an_invitation_without_a_role_is_refused(studio, people):
    with pytest.raises(BriefError, match="choose at least one role"):
        links.invite(studio, "", {}, person=people.ada)


def test_a_password_link_sets_the_password_and_ends_the_sessions(studio, people):
    session = sessions.sign_in(studio, "carla", PASSWORD)
    token = links.for_password(studio, people.carla.id, person=people.ada)
    again = links.use(studio, token, name="Eve", password=NEW)
    assert sessions.person_of_session(studio, again) == people.carla
    assert sessions.person_of_session(studio, session) is None
    assert sessions.sign_in(studio, "carla", NEW)
    with pytest.raises(SignInError):
        links.use(studio, token, name="carla", password=PASSWORD)


def test_a_newer_password_link_ends_the_one_before(studio, people):
    old, new = (links.for_password(studio, people.carla.id, person=people.ada) for _ in range(2))
    assert links.find(studio, old) is None
    assert links.find(studio, new)


def test_only_an_administrator_makes_password_links(studio, people, olga):
    for person in (people.carla, people.rita, olga):
        with pytest.raises(ForbiddenError):
            links.for_password(studio, people.carla.id, person=person)
    users.disable(studio, people.carla.id, person=people.ada)
    with pytest.raises(NotFoundError):
        links.for_password(studio, people.carla.id, person=people.ada)


def test_open_links_are_listed_and_withdrawn_by_whom_they_concern(studio, people, olga):
    into_voltra = links.invite(studio, "Mina", {"voltra": Role.CREATOR}, person=people.ada)
    into_both = links.invite(
        studio, "Sol", {"voltra": Role.CREATOR, "solenne": Role.CREATOR}, person=people.ada
    )
    links.for_password(studio, people.carla.id, person=people.ada)
    assert len(links.all_open(studio, person=people.ada)) == 3
    [seen] = links.all_open(studio, person=olga)
    assert (seen.name, seen.made_by, seen.expires_at) == ("Mina", "ada", NOON + timedelta(days=7))
    hidden = links.find(studio, into_both)
    assert hidden is not None
    with pytest.raises(NotFoundError):
        links.withdraw(studio, hidden.id, person=olga)
    links.withdraw(studio, seen.id, person=olga)
    assert links.find(studio, into_voltra) is None
    assert links.find(studio, into_both)
    with pytest.raises(ForbiddenError):
        links.all_open(studio, person=people.rita)


def test_two_who_open_a_link_at_once_become_one_person(studio, people):
    token = links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    start, let_in = Barrier(4), []

    def open_it(name):
        start.wait()
        try:
            let_in.append(links.use(studio, token, name=name, password=PASSWORD))
        except SignInError:
            return

    threads = [Thread(target=open_it, args=(f"guest {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == 1
    known = [account.person.name for account in users.everyone(studio, person=people.ada)]
    assert sum(name.startswith("guest") for name in known) == 1


def test_links_are_stored_only_as_hashes(studio, people):
    token = links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    with studio.database.reading() as rows:
        tables = [rows.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    assert token not in str(tables)
