"""What happens in the studio besides decisions: kept for ever, for whoever must account for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Event(StrEnum):
    """What was done; the words before the dot say to what."""

    SIGNED_IN = "session.opened"
    SIGN_IN_REFUSED = "session.refused"
    SIGNED_OUT = "session.closed"
    SESSION_ENDED = "session.ended"
    ACTED_AS = "session.borrowed"
    PERSON_ADDED = "person.added"
    PERSON_DISABLED = "person.disabled"
    PERSON_ENABLED = "person.enabled"
    PERSON_REMOVED = "person.removed"
    ROLE_GIVEN = "role.given"
    ROLE_TAKEN = "role.taken"
    PASSWORD_CHANGED = "password.changed"
    LINK_MADE = "link.made"
    LINK_USED = "link.used"
    LINK_WITHDRAWN = "link.withdrawn"
    TOKEN_MADE = "token.made"
    TOKEN_REVOKED = "token.revoked"
    RUN_SUBMITTED = "run.submitted"
    RUN_CANCELLED = "run.cancelled"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_RETRIED = "run.retried"
    RUN_REDRAWN = "run.redrawn"
    PACK_BUILT = "pack.built"
    LOG_EXPORTED = "log.exported"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that is about to be recorded; `subject` is what a person would call it."""

    event: Event
    subject: str
    brand: str = ""
    detail: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
