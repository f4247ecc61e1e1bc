"""Review: which verdict takes a variant where, and who may give it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
NEEDS_COMMENT = {Verdict.REJECT, Verdict.REQUEST_CHANGES}
BY_MAKER = {Verdict.SUBMIT, Verdict.WITHDRAW}
MAX_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class Decision:
    """The record of one verdict; it names the exact bytes that were seen."""

    id: int
    variant_id: int
    verdict: Verdict
    reviewer: str
    comment: str
    sha256: str
    decided_at: datetime


def next_status(
    variant_id: int, status: ReviewStatus, verdict: Verdict, comment: str
) -> ReviewStatus:
    """Where this verdict takes the variant, or ReviewClosedError, or CommentNeededError."""
    if (status, verdict) not in OUTCOME:
        raise ReviewClosedError(variant_id, status)
    if verdict in NEEDS_COMMENT and not comment.strip():
        raise CommentNeededError(
            f"A reason is needed to {verdict.replace('_', ' ')} variant {variant_id}"
        )
    return OUTCOME[status, verdict]
