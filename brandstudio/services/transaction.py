"""The write transaction in which a person acts, by the roles they have in that very transaction."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from brandstudio.domain.access import STUDIO, Action, Thing, require
from brandstudio.domain.audit_log.events import Note
from brandstudio.domain.people import Person, Role
from brandstudio.services.studio import Studio
from brandstudio.storage.decisions import audit_log
from brandstudio.storage.engine.database import Session
from brandstudio.storage.people import users


@dataclass(frozen=True, slots=True)
class Act:
    """An open write transaction and who acts in it."""

    studio: Studio
    session: Session
    person: Person
    """With the roles of now, and the scopes they came with."""

    def require(self, action: Action, thing: Thing) -> Role | None:
        """The role in which the person may do this, or ForbiddenError."""
        return require(self.person, action, thing)

    def note(self, what: Note, at: datetime | None = None) -> None:
        """Record in the audit log that the person did this; it is kept only with the change."""
        audit_log.note(self.session, self.person, what, at or self.studio.now())


@contextmanager
def acting(
    studio: Studio, person: Person, action: Action | None = None, thing: Thing = STUDIO
) -> Generator[Act, None, None]:
    """Open the write transaction, read the person again, and require the action on the thing.

    Without an action the caller requires by itself: the thing is often known only in here. Raises
    SignInError for who was disabled meanwhile, ForbiddenError for who may not do it any more.
    """
    with studio.database.writing() as session:
        act = Act(studio, session, users.as_of_now(session, person))
        if action is not None:
            act.require(action, thing)
        yield act
