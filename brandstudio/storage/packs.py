"""Packs in rows; the ZIP itself is a stored file."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from brandstudio.errors import NotFoundError
from brandstudio.storage.tables.packs import PackRow
from brandstudio.storage.work.runs import of_brands


@dataclass(frozen=True, slots=True)
class NewPack:
    """A pack that was built and is about to be recorded."""

    creator_id: int
    creator: str
    name: str
    brand: str
    created_at: datetime
    variant_ids: tuple[int, ...]
    placements: tuple[str, ...]
    file_name: str
    sha256: str
    size_bytes: int
    rendition_count: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackRecord(NewPack):
    """A pack that can be downloaded."""

    id: int


def add(session: Session, pack: NewPack) -> PackRecord:
    """Insert a pack."""
    row = PackRow(**asdict(pack))
    session.add(row)
    session.flush()
    return _record(row)


def load(session: Session, pack_id: int) -> PackRecord:
    """The pack, or NotFoundError."""
    row = session.get(PackRow, pack_id)
    if row is None:
        raise NotFoundError("pack", pack_id)
    return _record(row)


def recent(session: Session, limit: int, brands: frozenset[str] | None) -> tuple[PackRecord, ...]:
    """The newest packs of those brands first."""
    newest = select(PackRow).order_by(PackRow.id.desc()).limit(limit)
    rows = session.scalars(newest.where(*of_brands(PackRow.brand, brands)))
    return tuple(_record(row) for row in rows)


def _record(row: PackRow) -> PackRecord:
    return PackRecord(
        id=row.id,
        creator_id=row.creator_id,
        creator=row.creator,
        name=row.name,
        brand=row.brand,
        created_at=row.created_at,
        variant_ids=tuple(row.variant_ids),
        placements=tuple(row.placements),
        file_name=row.file_name,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        rendition_count=row.rendition_count,
        problems=tuple(row.problems),
    )
