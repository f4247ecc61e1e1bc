"""Whatever lets a person in, taken back at once: sessions, API tokens, links."""

from datetime import datetime

from sqlalchemy.orm import Session

from brandstudio.domain.accounts import SignInLink
from brandstudio.domain.people import Person
from brandstudio.storage.people import links, sessions, tokens


def take_back(session: Session, person: Person, at: datetime) -> tuple[SignInLink, ...]:
    """Let nothing of theirs work any more; returns the links, which were theirs or made by them."""
    sessions.end_all(session, person.id)
    tokens.revoke_all(session, person.id, at)
    return links.withdraw_of(session, at, maker=person.name, user_id=person.id)
