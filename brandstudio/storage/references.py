"""Which stored files the rows speak of. A file that nobody speaks of is an orphan."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, union, update
from sqlalchemy.orm import Session

from brandstudio.domain.review import ReviewStatus
from brandstudio.domain.run import RunStatus
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.packs import PackRow
from brandstudio.storage.tables.runs import VariantRow
from brandstudio.storage.tables.uploads import UploadRow
from brandstudio.storage.uploads import SUFFIX as _UPLOAD
from brandstudio.storage.work.runs import of_brands

Key = tuple[str, str]
"""(sha256, suffix): what the store knows a file by."""

_IMAGE, _PACK = "png", "zip"


@dataclass(frozen=True, slots=True)
class Reference:
    """One row's claim that a file is stored; `owner` is what a person calls it."""

    sha256: str
    suffix: str
    owner: str

    @property
    def key(self) -> Key:
        return self.sha256, self.suffix


def everything(session: Session) -> Iterator[Reference]:
    """Every file that some row needs, once for each row."""
    drawn = select(VariantRow.id, VariantRow.sha256, VariantRow.enlarged_sha256)
    for variant_id, sha256, upscaled in session.execute(drawn.execution_options(yield_per=5000)):
        if sha256:
            yield Reference(sha256, _IMAGE, f"the image of variant {variant_id}")
        if upscaled:
            yield Reference(upscaled, _IMAGE, f"the enlarged image of variant {variant_id}")
    for pack_id, sha256 in session.execute(select(PackRow.id, PackRow.sha256)):
        yield Reference(sha256, _PACK, f"the ZIP of pack {pack_id}")
    for upload_id, sha256 in session.execute(select(UploadRow.id, UploadRow.sha256)):
        yield Reference(sha256, _UPLOAD, f"the uploaded image {upload_id}")


def decided_on(session: Session) -> set[Key]:
    """The files that decisions name: kept, even when their variant was drawn again since."""
    return {(sha256, _IMAGE) for sha256 in session.scalars(select(DecisionRow.sha256).distinct())}


def still_needed(session: Session, keys: Collection[Key]) -> set[Key]:
    """Those of the files that some row speaks of right now."""
    names = [sha256 for sha256, _ in keys]
    upscaled = VariantRow.enlarged_sha256
    images = [
        *session.scalars(select(VariantRow.sha256).where(VariantRow.sha256.in_(names))),
        *session.scalars(select(upscaled).where(upscaled.in_(names))),
        *session.scalars(select(DecisionRow.sha256).where(DecisionRow.sha256.in_(names))),
    ]
    packs = session.scalars(select(PackRow.sha256).where(PackRow.sha256.in_(names)))
    uploads = session.scalars(select(UploadRow.sha256).where(UploadRow.sha256.in_(names)))
    needed = {(str(sha256), _IMAGE) for sha256 in images}
    needed |= {(sha256, _PACK) for sha256 in packs} | {(sha256, _UPLOAD) for sha256 in uploads}
    return needed & set(keys)


def long_rejected(
    session: Session, before: datetime, among: Collection[str] | None = None
) -> tuple[Key, ...]:
    """The images of variants that were rejected before then, and of nothing else in use.

    A file that a variant in any other state of review shares stays out; `among` asks for some
    files only.
    """
    last = (
        select(DecisionRow.variant_id, func.max(DecisionRow.decided_at).label("at"))
        .group_by(DecisionRow.variant_id)
        .subquery()
    )
    rejected = (
        select(VariantRow.id)
        .join(last, last.c.variant_id == VariantRow.id)
        .where(VariantRow.review == ReviewStatus.REJECTED, last.c.at < before)
    )
    expired = set(session.scalars(rejected))
    rows = select(VariantRow.id, VariantRow.sha256, VariantRow.enlarged_sha256)
    if among is not None:
        upscaled = VariantRow.enlarged_sha256
        rows = rows.where(or_(VariantRow.sha256.in_(among), upscaled.in_(among)))
    going: set[str] = set()
    staying: set[str] = set()
    for variant_id, sha256, upscaled in session.execute(rows.execution_options(yield_per=5000)):
        names = {sha256, upscaled} - {None}
        (going if variant_id in expired else staying).update(map(str, names))
    wanted = going - staying if among is None else (going - staying) & set(among)
    return tuple((name, _IMAGE) for name in sorted(wanted))


def draw_again(session: Session, variant_ids: Collection[int]) -> None:
    """Let drawn variants wait for a worker once more; `queue.queue_again` does the rest."""
    chosen = update(VariantRow).where(VariantRow.id.in_(variant_ids))
    session.execute(chosen.values(status=RunStatus.QUEUED))


def brands_of_image(session: Session, sha256: str) -> frozenset[str]:
    """The slugs of the brands whose variants have this image, or its upscaled copy."""
    drawn = select(VariantRow.brand).where(VariantRow.sha256 == sha256)
    upscaled = select(VariantRow.brand).where(VariantRow.enlarged_sha256 == sha256)
    return frozenset(session.scalars(union(drawn, upscaled)))


def owners(session: Session, sha256: str, brands: frozenset[str] | None) -> tuple[str, ...]:
    """What people of those brands call the file with these bytes: `the image of variant 7`."""
    variants = select(VariantRow.id).where(*of_brands(VariantRow.brand, brands)).limit(3)
    drawn = session.scalars(variants.where(VariantRow.sha256 == sha256))
    upscaled = session.scalars(variants.where(VariantRow.enlarged_sha256 == sha256))
    packs = select(PackRow.id).where(*of_brands(PackRow.brand, brands)).limit(3)
    packed = session.scalars(packs.where(PackRow.sha256 == sha256))
    return (
        *(f"the image of variant {variant_id}" for variant_id in drawn),
        *(f"the enlarged image of variant {variant_id}" for variant_id in upscaled),
        *(f"the ZIP of pack {pack_id}" for pack_id in packed),
    )
