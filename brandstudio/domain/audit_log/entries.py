"""The audit log as people read it: what happened and what was decided, in one line of time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.people import EVERY_BRAND
from brandstudio.domain.review import Verdict
from brandstudio.errors import BriefError, Problem

MAX_SOUGHT = 100


class Kind(StrEnum):
    """What an entry is about."""

    SIGN_INS = "sign-ins"
    PEOPLE = "people"
    TOKENS = "tokens"
    RUNS = "runs"
    DECISIONS = "decisions"
    PACKS = "packs"
    LOG = "log"


_ABOUT = {
    "session": Kind.SIGN_INS,
    "person": Kind.PEOPLE,
    "role": Kind.PEOPLE,
    "password": Kind.PEOPLE,
    "link": Kind.PEOPLE,
    "token": Kind.TOKENS,
    "run": Kind.RUNS,
    "decision": Kind.DECISIONS,
    "pack": Kind.PACKS,
    "log": Kind.LOG,
}


def kind_of(event: str) -> Kind:
    """What an event is about: the words before its dot say so."""
    return _ABOUT[event.partition(".")[0]]


def events_of(kind: Kind) -> tuple[Event, ...]:
    """The events of that kind; none of decisions, which have a table of their own."""
    return tuple(event for event in Event if kind_of(event) is kind)


class Source(StrEnum):
    """Which of the two append-only tables an entry stands in."""

    ACTIVITY = "activity"
    DECISIONS = "decisions"


class LogFormat(StrEnum):
    """What the log can be taken out as."""

    CSV = "csv"
    JSON_LINES = "jsonl"

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return {LogFormat.CSV: "text/csv", LogFormat.JSON_LINES: "application/jsonl"}[self]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened; `number` is its place in its own table."""

    source: Source
    number: int
    at: datetime
    event: str
    actor: str
    subject: str
    brand: str = ""
    detail: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return kind_of(self.event)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the log a page begins: before which row of each table; None for the newest."""

    activity: int | None = None
    decision: int | None = None

    @classmethod
    def read(cls, written: str) -> "Place":
        """The place that `str` wrote, or the newest for an empty text."""
        if not written:
            return cls()
        match = re.fullmatch(r"(\d{1,18})\.(\d{1,18})", written, re.ASCII)
        if match is None:
            raise BriefError([Problem("before", "is not the 'next_before' of a page")])
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.activity or 0}.{self.decision or 0}"


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody wants to see of the log: everything, unless they say less.

    `since` is the first moment that counts and `until` the first that does not any more; `text` is
    any part of what was acted on, or of a decision's comment.
    """

    brand: str = ""
    person: str = ""
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if self.since and self.until and self.since >= self.until:
            raise BriefError([Problem("until", "must be later than the beginning")])
        if len(self.text) > MAX_SOUGHT:
            raise BriefError([Problem("text", f"use at most {MAX_SOUGHT} characters")])


_DONE: Mapping[str | tuple[str, str], str] = {
    Event.SIGNED_IN: "{actor} signed in",
    Event.SIGN_IN_REFUSED: "Somebody tried to sign in as {subject} and was refused",
    (Event.SIGN_IN_REFUSED, "no subject"): "Somebody tried to sign in and was refused",
    Event.SIGNED_OUT: "{actor} signed out",
    Event.SESSION_ENDED: "{actor} ended a session of {subject}",
    (Event.SESSION_ENDED, "self"): "{actor} ended a session of their own",
    (Event.SESSION_ENDED, "several"): "{actor} ended {sessions} sessions of {subject}",
    (Event.SESSION_ENDED, "several self"): "{actor} ended {sessions} sessions of their own",
    Event.ACTED_AS: "{actor} acted as {subject} at the machine's terminal",
    Event.PERSON_ADDED: "{actor} added {subject}",
    (Event.PERSON_ADDED, "self"): "{actor} joined",
    Event.PERSON_DISABLED: "{actor} disabled {subject}",
    Event.PERSON_ENABLED: "{actor} enabled {subject} again",
    Event.PERSON_REMOVED: "{actor} removed {subject} for good",
    Event.ROLE_GIVEN: "{actor} gave {subject} the role {role}",
    Event.ROLE_TAKEN: "{actor} took the role {role} from {subject}",
    Event.PASSWORD_CHANGED: "{actor} changed the password of {subject}",
    (Event.PASSWORD_CHANGED, "self"): "{actor} changed their password",
    Event.LINK_MADE: "{actor} made a sign-in link for {subject}",
    (Event.LINK_MADE, "invitation"): "{actor} invited {subject} to",
    (Event.LINK_MADE, "password"): "{actor} made a link for {subject} to set a new password",
    Event.LINK_USED: "{actor} used a sign-in link",
    (Event.LINK_USED, "invitation"): "{actor} accepted an invitation",
    Event.LINK_WITHDRAWN: "{actor} withdrew the sign-in link for {subject}",
    (Event.LINK_WITHDRAWN, "invitation"): "{actor} withdrew the invitation for {subject}",
    (Event.LINK_WITHDRAWN, "password"): "{actor} withdrew the link for {subject}'s new password",
    Event.TOKEN_MADE: "{actor} made the API token “{subject}”",
    Event.TOKEN_REVOKED: "{actor} revoked the API token “{subject}”",
    (Event.TOKEN_REVOKED, "other"): "{actor} revoked the API token “{subject}” of {owner}",
    Event.RUN_SUBMITTED: "{actor} started {subject}",
    Event.RUN_CANCELLED: "{actor} cancelled {subject}",
    Event.RUN_PAUSED: "{actor} paused {subject}",
    Event.RUN_RESUMED: "{actor} let {subject} go on",
    Event.RUN_RETRIED: "{actor} started {subject} again",
    Event.RUN_REDRAWN: "{actor} had lost images of {subject} drawn again",
    Event.PACK_BUILT: "{actor} built {subject} “{name}”",
    Event.LOG_EXPORTED: "{actor} exported the audit log of",
    f"decision.{Verdict.SUBMIT}": "{actor} submitted {subject} for review",
    f"decision.{Verdict.WITHDRAW}": "{actor} withdrew {subject} from review",
    f"decision.{Verdict.APPROVE}": "{actor} approved {subject}",
    f"decision.{Verdict.REJECT}": "{actor} rejected {subject}",
    f"decision.{Verdict.REQUEST_CHANGES}": "{actor} requested changes to {subject}",
    f"decision.{Verdict.REOPEN}": "{actor} reopened {subject}",
}
"""The sentence for each event; under (event, case) the sentence for that case."""
_WITH_A_ROLE = frozenset({Event.PERSON_ADDED, Event.PERSON_REMOVED, Event.LINK_MADE})
"""Events whose sentence names the role, where they have one."""


def sentence(entry: AuditEntry, brands: Mapping[str, str]) -> str:
    """The entry as a sentence; `brands` has the names of brands by slug."""
    facts = {**entry.detail, "actor": entry.actor, "subject": entry.subject or "somebody"}
    template = _DONE.get((entry.event, _case(entry))) or _DONE[entry.event]
    where = _where(entry, brands)
    text = template.format_map(_Known(facts))
    if template.endswith((" to", " of")):
        text += f" {where or 'the studio'}"
    elif where:
        text += f" in {where}"
    if entry.event in _WITH_A_ROLE and entry.detail.get("role"):
        return f"{text} as {entry.detail['role']}"
    return f"{text}, their own work" if entry.detail.get("own work") else text


def _case(entry: AuditEntry) -> str:
    """The case of an event that has a sentence of its own, or an empty text."""
    if entry.detail.get("owner", entry.actor) != entry.actor:
        return "other"
    if entry.kind is Kind.PEOPLE and entry.detail.get("kind"):
        return entry.detail["kind"]
    if not entry.subject:
        return "no subject"
    several = "several" if entry.detail.get("sessions", "1") != "1" else ""
    self_ = "self" if entry.subject == entry.actor else ""
    return " ".join(filter(None, [several, self_]))


class _Known(dict[str, str]):
    """The facts of an entry; an ellipsis for one that an older entry lacks."""

    def __missing__(self, key: str) -> str:
        return "…"


def _where(entry: AuditEntry, brands: Mapping[str, str]) -> str:
    where = entry.brand or entry.detail.get("where", "")
    return "every brand" if where == EVERY_BRAND else brands.get(where, where)
