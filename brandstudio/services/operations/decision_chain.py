"""What an auditor does: prove that the log of decisions is whole, and that rows agree with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from brandstudio.domain.decision_chain import GENESIS, ChainedDecision, ChainReport, walk
from brandstudio.domain.review import ReviewStatus, replay
from brandstudio.errors import ReviewClosedError, StudioError
from brandstudio.services.studio import Studio
from brandstudio.storage.decisions import review_replay, reviews
from brandstudio.storage.decisions.review_replay import StoredReview

# Many short looks instead of a long one: a reader of minutes would keep SQLite's writers waiting.
_PAGE = 5_000


class UnlikelyLogError(StudioError):
    """A variant's decisions follow each other in a way the studio never allows."""

    hint = "Run 'brandstudio audit verify', and restore a backup if the log was changed."

    def __init__(self, variant_id: int) -> None:
        super().__init__(f"The decisions on variant {variant_id} are not ones the studio records")
        self.variant_id = variant_id


class BrokenLogError(StudioError):
    """The log of decisions is not what was written."""

    hint = "Compare it with a backup: whoever changed it had the password of the database."


@dataclass(frozen=True, slots=True)
class Drift:
    """A variant that does not stand where its decisions put it."""

    variant_id: int
    stored: tuple[ReviewStatus, int]
    rebuilt: tuple[ReviewStatus, int]


def verify(studio: Studio, *, wanted_head: str = "") -> ChainReport:
    """Walk the whole chain of decisions; stops at the first row that is not what was written."""
    return walk(_chained(studio), wanted_head.lower() or GENESIS)


def require_sound(report: ChainReport, wanted_head: str = "") -> ChainReport:
    """The report, or BrokenLogError with the first bad row or the head that is missing."""
    if report.fault:
        raise BrokenLogError(f"The log of decisions was tampered with: {report.fault}")
    if not report.holds_wanted:
        raise BrokenLogError(
            f"No decision has the hash {wanted_head[:16]}…: decisions made before it are gone"
        )
    return report


def drift(studio: Studio) -> Iterator[Drift]:
    """Every variant whose stored status or version is not what its decisions say."""
    after: int | None = 0
    while after is not None:
        with studio.database.reading() as session:
            page = review_replay.page(session, after, _PAGE)
        yield from _drifted(page)
        after = _next(page)


def rebuild(studio: Studio) -> int:
    """Put every variant where its decisions say; returns how many stood elsewhere."""
    corrected, after = 0, 0
    while after is not None:
        with studio.database.writing() as session:
            page = review_replay.page(session, after, _PAGE)
            drifts = _drifted(page)
            for one in drifts:
                review_replay.correct(session, one.variant_id, *one.rebuilt)
        corrected, after = corrected + len(drifts), _next(page)
    return corrected


def _chained(studio: Studio) -> Iterator[ChainedDecision]:
    after = 0
    while True:
        with studio.database.reading() as session:
            page = reviews.chained(session, after, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]["id"]


def _drifted(page: Sequence[StoredReview]) -> list[Drift]:
    return [one for one in map(_compared, page) if one.stored != one.rebuilt]


def _next(page: Sequence[StoredReview]) -> int | None:
    return page[-1].variant_id if len(page) == _PAGE else None


def _compared(review: StoredReview) -> Drift:
    try:
        rebuilt = replay(review.verdicts)
    except ReviewClosedError as error:
        raise UnlikelyLogError(review.variant_id) from error
    return Drift(review.variant_id, (review.status, review.version), rebuilt)
