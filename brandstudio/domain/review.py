"""Review: which verdict takes a variant where, and what a record of it holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from brandstudio.domain.people import Person
from brandstudio.errors import CommentNeededError, ReviewClosedError


class ReviewStatus(StrEnum):
    """Where a variant stands on its way to becoming an asset."""

    NEW = "new"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"


class Verdict(StrEnum):
    """What is said about a variant."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"
    REOPEN = "reopen"


OUTCOME = {
    (ReviewStatus.NEW, Verdict.SUBMIT): ReviewStatus.PENDING,
    (ReviewStatus.CHANGES_REQUESTED, Verdict.SUBMIT): ReviewStatus.PENDING,
    (ReviewStatus.PENDING, Verdict.WITHDRAW): ReviewStatus.NEW,
    (ReviewStatus.PENDING, Verdict.APPROVE): ReviewStatus.APPROVED,
    (ReviewStatus.PENDING, Verdict.REJECT): ReviewStatus.REJECTED,
    (ReviewStatus.PENDING, Verdict.REQUEST_CHANGES): ReviewStatus.CHANGES_REQUESTED,
    (ReviewStatus.APPROVED, Verdict.REOPEN): ReviewStatus.PENDING,
    (ReviewStatus.REJECTED, Verdict.REOPEN): ReviewStatus.PENDING,
    (ReviewStatus.CHANGES_REQUESTED, Verdict.REOPEN): ReviewStatus.PENDING,
}
NEEDS_COMMENT = {Verdict.REJECT: "reject", Verdict.REQUEST_CHANGES: "request changes to"}
"""Verdicts that only stand with a reason, in the words of the message that asks for it."""
BY_MAKER = {Verdict.SUBMIT, Verdict.WITHDRAW}
TAKES_BACK = {Verdict.WITHDRAW, Verdict.REOPEN}
"""Verdicts that supersede the one before; that one stays on record."""
MAX_COMMENT = 1000

_DONE = {
    Verdict.SUBMIT: "submitted this",
    Verdict.WITHDRAW: "withdrew this",
    Verdict.APPROVE: "approved this",
    Verdict.REJECT: "rejected this",
    Verdict.REQUEST_CHANGES: "requested changes to this",
    Verdict.REOPEN: "reopened this",
}
# From that many seconds on, in units of so many seconds: days only from two on, for the plural.
_UNITS = ((172_800, 86_400, "days"), (3_600, 3_600, "h"), (60, 60, "min"), (1, 1, "s"))


@dataclass(frozen=True, slots=True)
class Ask:
    """A verdict somebody asks for.

    `expected_version` is the variant's version they saw; None takes it as it stands.
    """

    variant_id: int
    verdict: Verdict
    person: Person
    comment: str
    request_id: str
    expected_version: int | None = None

    def was_answered_by(self, decision: "Decision") -> bool:
        """Whether this decision is the answer to this very request."""
        return self.expected_version in (None, decision.expected_version) and (
            decision.request_id,
            decision.variant_id,
            decision.verdict,
            decision.reviewer_id,
            decision.comment,
        ) == (self.request_id, self.variant_id, self.verdict, self.person.id, self.comment)


@dataclass(frozen=True, slots=True)
class Decision:
    """The record of one verdict; it names the exact bytes that were seen.

    `expected_version` is how many decisions the variant had before this one, and `request_id`
    names the click it came from. `own_work` marks a verdict on what the reviewer had made, which
    only a brand that allows it has. A verdict that was only tried out, for a preview, has neither.
    """

    id: int
    variant_id: int
    verdict: Verdict
    reviewer: str
    comment: str
    sha256: str
    decided_at: datetime
    reviewer_id: int = 0
    reviewer_role: str = ""
    request_id: str = ""
    expected_version: int = 0
    brand_digest: str = ""
    supersedes_id: int | None = None
    own_work: bool = False
    prev_hash: str = ""
    hash: str = ""

    @property
    def version(self) -> int:
        """The variant's version after it."""
        return self.expected_version + 1

    @property
    def review(self) -> ReviewStatus:
        """Where it left the variant: a verdict leads to one status, wherever it started."""
        return _LEADS_TO[self.verdict]


_LEADS_TO = {verdict: after for (_, verdict), after in OUTCOME.items()}


def next_status(
    variant_id: int, status: ReviewStatus, verdict: Verdict, comment: str
) -> ReviewStatus:
    """Where this verdict takes the variant, or ReviewClosedError, or CommentNeededError."""
    if (status, verdict) not in OUTCOME:
        raise ReviewClosedError(variant_id, status)
    if verdict in NEEDS_COMMENT and not comment.strip():
        raise CommentNeededError(
            f"A reason is needed to {NEEDS_COMMENT[verdict]} variant {variant_id}"
        )
    return OUTCOME[status, verdict]


def closed(
    variant_id: int, status: ReviewStatus, last: Decision | None, now: datetime
) -> ReviewClosedError:
    """The refusal of a verdict that came too late: who was first, with what, how long ago."""
    if last is None:
        return ReviewClosedError(variant_id, status)
    message = f"{last.reviewer} {_DONE[last.verdict]} {ago(now, last.decided_at)}"
    return ReviewClosedError(variant_id, status, message=message)


def ago(now: datetime, then: datetime) -> str:
    """`12 s ago`, `5 min ago`: in the largest unit that fits, `just now` below a second."""
    seconds = int((now - then).total_seconds())
    return next(
        (f"{seconds // size} {unit} ago" for least, size, unit in _UNITS if seconds >= least),
        "just now",
    )


def replay(verdicts: Iterable[Verdict]) -> tuple[ReviewStatus, int]:
    """Status and version of a variant from its verdicts alone, oldest first.

    Raises ReviewClosedError where a verdict was not possible: such a log is not the studio's.
    """
    status, version = ReviewStatus.NEW, 0
    for verdict in verdicts:
        if (status, verdict) not in OUTCOME:
            raise ReviewClosedError(0, status)
        status, version = OUTCOME[status, verdict], version + 1
    return status, version
