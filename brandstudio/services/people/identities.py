"""People whom an identity provider vouches for: known, invited, or strangers."""

from collections.abc import Sequence

from brandstudio.domain.accounts import Origin
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.audit_log.people_events import person_added
from brandstudio.domain.names import name_problem
from brandstudio.domain.people import Person
from brandstudio.errors import SignInError
from brandstudio.services.people import attempts, links
from brandstudio.services.people.sessions import open_for
from brandstudio.services.studio import Studio
from brandstudio.storage.decisions import audit_log
from brandstudio.storage.people import users

HOW = "single sign-on"


class StrangerError(SignInError):
    """The provider vouches for someone who has no account and no invitation here."""

    hint = "Ask an administrator for an invitation, and open its link in this browser."

    def __init__(self) -> None:
        super().__init__("Nobody here has let you in yet")


def sign_in(
    studio: Studio, identity: str, names: Sequence[str], *, invitation: str, origin: Origin
) -> str:
    """A session token for whom the provider means; `names` are what it calls them, best first."""
    with studio.database.reading() as session:
        account = users.find_identity(session, identity)
    if account is not None and account.disabled_at is None:
        return open_for(studio, account.person, origin, how=HOW)
    if account is not None:
        _refuse(studio, account.person, "disabled", origin)
    if invitation:
        name = next((name for name in names if name_problem(name) is None), "")
        person = links.use_for_identity(studio, invitation, name=name, identity=identity)
        return open_for(studio, person, origin, how=HOW)
    if not studio.settings.oidc_new_people:
        _refuse(studio, None, "nobody's identity", origin)
    return open_for(studio, _let_in(studio, identity, names), origin, how=HOW)


def _let_in(studio: Studio, identity: str, names: Sequence[str]) -> Person:
    """A new person without any role, under the first name that is free."""
    with studio.database.writing() as session:
        already = users.find_identity(session, identity)
        if already is not None:  # by another window of the same browser
            return already.person
        free = (
            name
            for name in names
            if name_problem(name) is None and not users.name_taken(session, name)
        )
        name = next(free, "")
        if not name:
            raise StrangerError
        person = users.add(session, name, {}, None, studio.now(), identity=identity)
        for note in person_added(person):
            audit_log.note(session, person, note, studio.now())
    return person


def _refuse(studio: Studio, person: Person | None, reason: str, origin: Origin) -> None:
    detail = {"reason": reason, "how": HOW, "address": origin.address}
    done = Note(Event.SIGN_IN_REFUSED, person.name if person else "", detail=detail)
    with studio.database.writing() as session:
        audit_log.note(session, person or attempts.NOBODY, done, studio.now())
    raise StrangerError
