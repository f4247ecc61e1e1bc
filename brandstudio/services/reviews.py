"""What people do in review: submit, approve, reject with a reason, request changes, undo."""

from brandstudio.domain.people import (
    Action,
    Person,
    require,
    require_maker,
    require_other,
)
from brandstudio.domain.review import (
    BY_MAKER,
    MAX_COMMENT,
    Decision,
    ReviewStatus,
    Verdict,
    next_status,
)
from brandstudio.domain.run import VariantRecord
from brandstudio.domain.text import comment_refusal
from brandstudio.errors import BriefError, Problem
from brandstudio.services.studio import Studio
from brandstudio.storage import reviews, runs


def decide(
    studio: Studio, variant_id: int, verdict: Verdict, *, person: Person, comment: str = ""
) -> Decision:
    """Record a verdict on the bytes that were seen and move the variant, or change nothing."""
    _check_comment(comment)
    with studio.database.writing() as session:
        subject = reviews.under_review(session, variant_id)
        brand = runs.brand_of(session, subject.run_id)
        _check_person(person, verdict, subject.maker_id, allow_self_review=brand.allow_self_review)
        status = next_status(variant_id, subject.status, verdict, comment)
        return reviews.record(
            session, subject, verdict, status, person=person, comment=comment, at=studio.now()
        )


def queue(
    studio: Studio, *, person: Person, brand: str = "", limit: int = 200
) -> tuple[VariantRecord, ...]:
    """What waits for a decision: oldest run first, best rank first."""
    require(person, Action.VIEW)
    with studio.database.reading() as session:
        return reviews.standing(session, ReviewStatus.PENDING, brand=brand, limit=limit)


def waiting(studio: Studio, *, person: Person) -> int:
    """How many variants wait for a decision."""
    require(person, Action.VIEW)
    with studio.database.reading() as session:
        return reviews.count(session, ReviewStatus.PENDING)


def history(studio: Studio, variant_id: int, *, person: Person) -> tuple[Decision, ...]:
    """Everything that was ever said about a variant, oldest first."""
    require(person, Action.VIEW)
    with studio.database.reading() as session:
        runs.variant(session, variant_id)
        return reviews.decisions_of(session, variant_id)


def _check_person(
    person: Person, verdict: Verdict, maker_id: int, *, allow_self_review: bool
) -> None:
    if verdict in BY_MAKER:
        require_maker(person, maker_id, Action.SUBMIT_FOR_REVIEW)
        return
    require(person, Action.DECIDE)
    require_other(person, maker_id, allow_self_review=allow_self_review)


def _check_comment(comment: str) -> None:
    reason = comment_refusal(comment, max_length=MAX_COMMENT)
    if reason:
        raise BriefError([Problem("comment", reason)])
