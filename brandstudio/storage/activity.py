"""What happened, in rows that nobody can change."""

from datetime import datetime

from sqlalchemy.orm import Session

from brandstudio.domain.activity import Note
from brandstudio.domain.people import Person
from brandstudio.storage.tables import ActivityRow

NAME_LENGTH, SUBJECT_LENGTH = 64, 200


def note(session: Session, actor: Person | str, what: Note, at: datetime) -> None:
    """Record it in the transaction that does it; an actor without an account has only a name."""
    name = actor if isinstance(actor, str) else actor.name
    session.add(
        ActivityRow(
            at=at,
            event=what.event,
            actor_id=None if isinstance(actor, str) else actor.id,
            actor=name[:NAME_LENGTH],
            subject=what.subject[:SUBJECT_LENGTH],
            brand=what.brand,
            detail=dict(what.detail),
        )
    )
