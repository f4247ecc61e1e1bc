"""Runs and variants, read from rows as values."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from brandstudio.domain.access import Thing
from brandstudio.domain.brand import Brand
from brandstudio.domain.run import UNFINISHED, RunRecord, RunStatus, VariantRecord
from brandstudio.errors import NotFoundError
from brandstudio.storage import uploads
from brandstudio.storage.tables.runs import BrandVersionRow, RunMakerRow, RunRow, VariantRow
from brandstudio.storage.work.run_records import Tally, run_record, variant_record


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


def row_of(session: Session, run_id: int) -> RunRow:
    """The row of a run, for this package alone, or NotFoundError."""
    row = session.get(RunRow, run_id)
    if row is None:
        raise NotFoundError("run", run_id)
    return row


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
        run_record(
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


def _tallies(session: Session, run_ids: Sequence[int]) -> dict[int, list[Tally]]:
    kinds = VariantRow.run_id, VariantRow.status, VariantRow.review
    rows = session.execute(
        select(*kinds, func.count(), func.sum(VariantRow.steps))
        .where(VariantRow.run_id.in_(run_ids))
        .group_by(*kinds)
    )
    tallies: dict[int, list[Tally]] = {}
    for run_id, status, review, images, steps in rows:
        tallies.setdefault(run_id, []).append(Tally(status, review, images, int(steps)))
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
