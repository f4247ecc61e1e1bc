"""Uploads in rows: whose they are, and which runs they are in."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from brandstudio.domain.upload import Upload
from brandstudio.errors import NotFoundError
from brandstudio.storage.tables.runs import RunRow
from brandstudio.storage.tables.uploads import RunReferenceRow, UploadRow

SUFFIX = "webp"
"""Uploads have a suffix of their own in the store: no address of a variant's image leads to one."""


def add(
    session: Session,
    *,
    owner_id: int,
    name: str,
    sha256: str,
    width_px: int,
    height_px: int,
    size_bytes: int,
    at: datetime,
) -> Upload:
    """Insert an upload that is in no run yet."""
    row = UploadRow(
        owner_id=owner_id,
        name=name,
        sha256=sha256,
        width_px=width_px,
        height_px=height_px,
        size_bytes=size_bytes,
        created_at=at,
    )
    session.add(row)
    session.flush()
    return _upload(row, frozenset())


def load(session: Session, upload_id: int) -> Upload:
    """The upload, or NotFoundError."""
    found = known(session, [upload_id])
    if not found:
        raise NotFoundError("uploaded image", upload_id)
    return found[upload_id]


def known(session: Session, upload_ids: Collection[int]) -> dict[int, Upload]:
    """Those of the uploads that exist, by id."""
    if not upload_ids:
        return {}
    # One statement, whatever it finds: how long the answer takes tells nobody what there is.
    pairs = session.execute(
        select(UploadRow, RunRow.brand)
        .join(RunReferenceRow, RunReferenceRow.upload_id == UploadRow.id, isouter=True)
        .join(RunRow, RunRow.id == RunReferenceRow.run_id, isouter=True)
        .where(UploadRow.id.in_(upload_ids))
        .distinct()
    ).all()
    rows = {row.id: row for row, _ in pairs}
    brands: dict[int, set[str]] = {upload_id: set() for upload_id in rows}
    for row, brand in pairs:
        brands[row.id] |= {brand} - {None}
    return {row.id: _upload(row, frozenset(brands[row.id])) for row in rows.values()}


def unclaimed_of(session: Session, owner_id: int) -> int:
    """How many uploads of a person are in no run."""
    mine = select(func.count()).where(UploadRow.owner_id == owner_id, _is_unclaimed())
    return session.scalar(mine) or 0


def attach_to_run(session: Session, run_id: int, upload_ids: Sequence[int]) -> None:
    """Put the uploads into a run, in this order."""
    session.add_all(
        RunReferenceRow(run_id=run_id, position=position, upload_id=upload_id)
        for position, upload_id in enumerate(upload_ids)
    )


def of_runs(session: Session, runs: Iterable[tuple[int, str]]) -> dict[int, tuple[Upload, ...]]:
    """The references of each run, in their order; `runs` are ids with their brands."""
    brand_of = dict(runs)
    rows = session.execute(
        select(RunReferenceRow.run_id, UploadRow)
        .join(UploadRow, UploadRow.id == RunReferenceRow.upload_id)
        .where(RunReferenceRow.run_id.in_(brand_of))
        .order_by(RunReferenceRow.run_id, RunReferenceRow.position)
    )
    uploads_of: dict[int, tuple[Upload, ...]] = {}
    for run_id, row in rows:
        upload = _upload(row, frozenset({brand_of[run_id]}))
        uploads_of[run_id] = (*uploads_of.get(run_id, ()), upload)
    return uploads_of


def remove(session: Session, upload_id: int) -> None:
    """Forget an upload that is in no run; its file is an orphan from then on."""
    session.execute(delete(UploadRow).where(UploadRow.id == upload_id, _is_unclaimed()))


def remove_unclaimed(session: Session, before: datetime) -> int:
    """Forget what was uploaded before then and is in no run; how many."""
    old = select(UploadRow.id).where(UploadRow.created_at < before, _is_unclaimed())
    gone = session.execute(delete(UploadRow).where(UploadRow.id.in_(old)).returning(UploadRow.id))
    return len(gone.all())


def _is_unclaimed() -> ColumnElement[bool]:
    return ~select(RunReferenceRow.run_id).where(RunReferenceRow.upload_id == UploadRow.id).exists()


def _upload(row: UploadRow, brands: frozenset[str]) -> Upload:
    return Upload(
        id=row.id,
        sha256=row.sha256,
        owner_id=row.owner_id,
        name=row.name,
        width_px=row.width_px,
        height_px=row.height_px,
        size_bytes=row.size_bytes,
        created_at=row.created_at,
        brands=brands,
    )
