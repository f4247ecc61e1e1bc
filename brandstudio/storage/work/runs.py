"""Runs and variants in rows: stored whole, claimed by one worker, read as values."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from brandstudio.domain.access import Thing
from brandstudio.domain.base_model import Quality
from brandstudio.domain.brand import Brand
from brandstudio.domain.brief import Brief
from brandstudio.domain.plan import GenerationParams, Plan
from brandstudio.domain.review import ReviewStatus
from brandstudio.domain.run import (
    UNFINISHED,
    RunFailure,
    RunRecord,
    RunStatus,
    UpscaledImage,
    VariantRecord,
)
from brandstudio.domain.upload import Upload
from brandstudio.errors import DefectiveImageError, NotFoundError, StudioError
from brandstudio.storage import uploads
from brandstudio.storage.tables import BrandVersionRow, RunMakerRow, RunRow, VariantRow

PRIORITY: dict[Quality, int] = {"draft": 0, "final": 1}
"""Drafts are quick and somebody waits for them."""


@dataclass(frozen=True, slots=True)
class _Tally:
    """Images of one run in one state, and the steps made of them."""

    status: RunStatus
    review: ReviewStatus
    images: int
    steps: int


def add(
    session: Session,
    plan: Plan,
    brand: Brand,
    *,
    creator_id: int,
    creator: str,
    idempotency_key: str,
    form_digest: str,
    at: datetime,
) -> int:
    """Insert a run with all its variants and return its id."""
    steps = sum(variant.params.steps for variant in plan.variants)
    row = RunRow(
        creator_id=creator_id,
        creator=creator,
        idempotency_key=idempotency_key or None,
        form_digest=form_digest,
        name=plan.brief.name,
        brand=brand.slug,
        brand_version_id=_brand_version(session, brand, at),
        base_model=plan.base_model,
        brief=plan.brief.model_dump(mode="json"),
        created_at=at,
        estimated_s=plan.estimated_s,
        steps_total=steps,
        priority=PRIORITY[plan.brief.quality],
    )
    session.add(row)
    session.flush()
    session.add_all(
        VariantRow(
            run_id=row.id,
            brand=brand.slug,
            index=variant.index,
            arm=variant.arm,
            levels=variant.levels,
            seed=variant.seed,
            layout=variant.layout,
            pattern=variant.pattern,
            params=variant.params.model_dump(mode="json"),
            fingerprint=variant.params.fingerprint,
        )
        for variant in plan.variants
    )
    uploads.attach_to_run(session, row.id, plan.brief.references)
    return row.id


def submitted_before(
    session: Session, creator_id: int, idempotency_key: str
) -> tuple[int, str | None] | None:
    """The run this person already submitted under that key and the digest of its form, or None."""
    rows = session.execute(
        select(RunRow.id, RunRow.form_digest).where(
            RunRow.creator_id == creator_id, RunRow.idempotency_key == idempotency_key
        )
    )
    return rows.one_or_none()


def load(session: Session, run_id: int) -> RunRecord:
    """The run, or NotFoundError."""
    row = row_of(session, run_id)
    return _records(session, [row])[0]


def of_brands(
    column: InstrumentedAttribute[str], brands: frozenset[str] | None
) -> tuple[ColumnElement[bool], ...]:
    """What keeps a query to those brands; nothing for all of them."""
    return () if brands is None else (column.in_(sorted(brands)),)


def makers(session: Session, run_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Who made each of the runs: who submitted it, and who started it again."""
    creators = session.execute(select(RunRow.id, RunRow.creator_id).where(RunRow.id.in_(run_ids)))
    people_of = {run_id: {creator_id} for run_id, creator_id in creators}
    others = select(RunMakerRow.run_id, RunMakerRow.user_id).where(RunMakerRow.run_id.in_(run_ids))
    for run_id, user_id in session.execute(others):
        people_of[run_id].add(user_id)
    return {run_id: frozenset(people) for run_id, people in people_of.items()}


def add_maker(session: Session, run_id: int, user_id: int) -> None:
    """Remember who had a hand in a run; once is enough."""
    if user_id not in makers(session, [run_id])[run_id]:
        session.add(RunMakerRow(run_id=run_id, user_id=user_id))


def recent(
    session: Session,
    *,
    brands: frozenset[str] | None,
    brand: str = "",
    status: RunStatus | None = None,
    limit: int = 50,
    before: int | None = None,
) -> tuple[RunRecord, ...]:
    """The newest runs of those brands first; `before` continues below a run id."""
    query = select(RunRow).order_by(RunRow.id.desc()).limit(limit)
    query = query.where(*of_brands(RunRow.brand, brands))
    if brand:
        query = query.where(RunRow.brand == brand)
    if status:
        query = query.where(RunRow.status == status)
    if before:
        query = query.where(RunRow.id < before)
    return _records(session, session.scalars(query).all())


def variants_of(session: Session, run_id: int) -> tuple[VariantRecord, ...]:
    """All variants of a run: best rank first, those without a rank last."""
    query = select(VariantRow).where(VariantRow.run_id == run_id)
    order = query.order_by(VariantRow.rank.is_(None), VariantRow.rank, VariantRow.index)
    return tuple(variant_record(row) for row in session.scalars(order))


def thing(session: Session, run_id: int) -> Thing:
    """What must be known of a run before anybody may do anything with it, or NotFoundError."""
    others = RunMakerRow.run_id == RunRow.id
    rows = session.execute(
        select(RunRow.brand, RunRow.creator_id, RunMakerRow.user_id)
        .join(RunMakerRow, others, isouter=True)
        .where(RunRow.id == run_id)
    ).all()
    if not rows:
        raise NotFoundError("run", run_id)
    people = {rows[0].creator_id, *(row.user_id for row in rows if row.user_id is not None)}
    return Thing("run", run_id, rows[0].brand, frozenset(people))


def brand_of_variant(session: Session, variant_id: int, *, called: str = "variant") -> str:
    """The slug of a variant's brand, or NotFoundError that calls it so."""
    brand = session.scalar(select(VariantRow.brand).where(VariantRow.id == variant_id))
    if brand is None:
        raise NotFoundError(called, variant_id)
    return brand


def variant(session: Session, variant_id: int) -> VariantRecord:
    """The variant, or NotFoundError."""
    row = session.get(VariantRow, variant_id)
    if row is None:
        raise NotFoundError("variant", variant_id)
    return variant_record(row)


def brand_of(session: Session, run_id: int) -> Brand:
    """The very brand version a run was planned with."""
    content = session.scalar(
        select(BrandVersionRow.content)
        .join(RunRow, RunRow.brand_version_id == BrandVersionRow.id)
        .where(RunRow.id == run_id)
    )
    if content is None:
        raise NotFoundError("run", run_id)
    return Brand.model_validate(content)


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


def row_of(session: Session, run_id: int) -> RunRow:
    """The row of a run, for this package alone, or NotFoundError."""
    row = session.get(RunRow, run_id)
    if row is None:
        raise NotFoundError("run", run_id)
    return row


def _brand_version(session: Session, brand: Brand, at: datetime) -> int:
    version_id = session.scalar(
        select(BrandVersionRow.id).where(
            BrandVersionRow.brand == brand.slug, BrandVersionRow.digest == brand.digest
        )
    )
    if version_id is not None:
        return version_id
    row = BrandVersionRow(
        brand=brand.slug,
        version=brand.version,
        digest=brand.digest,
        content=brand.model_dump(mode="json"),
        first_used_at=at,
    )
    session.add(row)
    session.flush()
    return row.id


def _records(session: Session, rows: Sequence[RunRow]) -> tuple[RunRecord, ...]:
    ids = [row.id for row in rows]
    tallies, covers = _tallies(session, ids), _covers(session, ids)
    references = uploads.of_runs(session, [(row.id, row.brand) for row in rows])
    places, makers_of = _queue_positions(session, rows), makers(session, ids)
    versions = dict(
        session.execute(
            select(BrandVersionRow.id, BrandVersionRow.version).where(
                BrandVersionRow.id.in_({row.brand_version_id for row in rows})
            )
        ).all()
    )
    return tuple(
        _record(
            row,
            versions[row.brand_version_id],
            tallies.get(row.id, []),
            covers.get(row.id),
            places.get(row.id, 0),
            references.get(row.id, ()),
            makers_of[row.id],
        )
        for row in rows
    )


def _record(
    row: RunRow,
    brand_version: int,
    tally: Sequence[_Tally],
    cover: str | None,
    queue_position: int,
    references: tuple[Upload, ...],
    made_by: frozenset[int],
) -> RunRecord:
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


def _steps_done(row: RunRow, tally: Sequence[_Tally]) -> int:
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


def _tallies(session: Session, run_ids: Sequence[int]) -> dict[int, list[_Tally]]:
    kinds = VariantRow.run_id, VariantRow.status, VariantRow.review
    rows = session.execute(
        select(*kinds, func.count(), func.sum(VariantRow.steps))
        .where(VariantRow.run_id.in_(run_ids))
        .group_by(*kinds)
    )
    tallies: dict[int, list[_Tally]] = {}
    for run_id, status, review, images, steps in rows:
        tallies.setdefault(run_id, []).append(_Tally(status, review, images, int(steps)))
    return tallies


def _covers(session: Session, run_ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        select(VariantRow.run_id, VariantRow.sha256)
        .where(VariantRow.run_id.in_(run_ids), VariantRow.sha256.is_not(None))
        .order_by(VariantRow.run_id, VariantRow.rank.is_(None), VariantRow.rank, VariantRow.index)
    )
    covers: dict[int, str] = {}
    for run_id, sha256 in rows:
        if sha256:
            covers.setdefault(run_id, sha256)
    return covers


def _queue_positions(session: Session, rows: Sequence[RunRow]) -> dict[int, int]:
    """Where those of the runs stand that wait: 1 is next."""
    waiting = {row.id for row in rows if row.status is RunStatus.QUEUED and not row.paused_at}
    if not waiting:
        return {}
    open_runs = select(RunRow.id).where(
        RunRow.id <= max(waiting), RunRow.status.in_(UNFINISHED), RunRow.paused_at.is_(None)
    )
    in_order = enumerate(session.scalars(open_runs.order_by(RunRow.id)), start=1)
    return {run_id: place for place, run_id in in_order if run_id in waiting}
