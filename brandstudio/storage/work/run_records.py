"""The values of run and variant rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from brandstudio.domain.brief import Brief
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.review import ReviewStatus
from brandstudio.domain.run import RunFailure, RunRecord, RunStatus, UpscaledImage, VariantRecord
from brandstudio.domain.upload import Upload
from brandstudio.errors import DefectiveImageError, StudioError
from brandstudio.storage.tables.runs import RunRow, VariantRow


@dataclass(frozen=True, slots=True)
class Tally:
    """Images of one run in one state, and the steps made of them."""

    status: RunStatus
    review: ReviewStatus
    images: int
    steps: int


def run_record(
    row: RunRow,
    brand_version: int,
    tally: Sequence[Tally],
    cover: str | None,
    queue_position: int,
    references: tuple[Upload, ...],
    made_by: frozenset[int],
) -> RunRecord:
    """The value of a row, with what is counted of its variants."""
    return RunRecord(
        id=row.id,
        name=row.name,
        status=row.status,
        brief=Brief.model_validate(row.brief),
        brand_version=brand_version,
        base_model=row.base_model,
        creator=row.creator,
        creator_id=row.creator_id,
        makers=made_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        variant_count=sum(part.images for part in tally),
        drawn_count=sum(part.images for part in tally if part.status is RunStatus.SUCCEEDED),
        steps_done=_steps_done(row, tally),
        steps_total=row.steps_total,
        estimated_s=row.estimated_s,
        queue_position=queue_position,
        paused=row.paused_at is not None,
        failure=_failure(row),
        review_counts={
            state: sum(part.images for part in tally if part.review is state)
            for state in ReviewStatus
        },
        cover_sha256=cover,
        references=references,
    )


def variant_record(row: VariantRow) -> VariantRecord:
    """The value of a row."""
    return VariantRecord(
        id=row.id,
        run_id=row.run_id,
        index=row.index,
        arm=row.arm,
        levels=row.levels,
        seed=row.seed,
        layout=row.layout,
        pattern=row.pattern,
        params=GenerationParams.model_validate(row.params),
        fingerprint=row.fingerprint,
        status=row.status,
        sha256=row.sha256,
        scores=row.scores,
        parts=row.parts,
        rank=row.rank,
        review=row.review,
        review_version=row.review_version,
        described=row.described,
        upscaled=UpscaledImage(**row.enlarged) if row.enlarged else None,
        failure=_own_failure(row),
    )


def _steps_done(row: RunRow, tally: Sequence[Tally]) -> int:
    if row.status is RunStatus.SUCCEEDED:
        return row.steps_total
    return min(sum(part.steps for part in tally), row.steps_total)


def _failure(row: RunRow) -> RunFailure | None:
    if row.error_kind is None:
        return None
    return RunFailure(row.error_kind, row.error_message or "", row.error_hint or "")


def _own_failure(row: VariantRow) -> RunFailure | None:
    if row.status is not RunStatus.FAILED or row.error_kind is None:
        return None
    hint = _HINTS.get(row.error_kind, StudioError.hint)
    return RunFailure(row.error_kind, row.error_message or "", hint)


_HINTS = {DefectiveImageError.__name__: DefectiveImageError.hint}
