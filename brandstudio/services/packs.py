"""What people do with approved variants: look at them, try a rendition, build and fetch packs."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from brandstudio.domain.access import Action, Thing, require, require_scope
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.people import Person
from brandstudio.domain.review import Decision, ReviewStatus, Verdict
from brandstudio.domain.run import VariantRecord
from brandstudio.errors import LostFileError, PackError
from brandstudio.export.build import OnProgress, build_pack
from brandstudio.export.content import PackContent, PackReport
from brandstudio.export.preview import render_preview
from brandstudio.export.verify import ChangedError, Verification, examine
from brandstudio.export.zip import portable
from brandstudio.services.images import errors_naming_owner
from brandstudio.services.pack_content import asset_of, brand_files, content_of, placements_of
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import acting
from brandstudio.storage import packs
from brandstudio.storage.blobs import BlobKind
from brandstudio.storage.decisions import reviews
from brandstudio.storage.packs import NewPack, PackRecord
from brandstudio.storage.work import runs

_GET_IT_AGAIN = "Do not use it; get the pack again from the studio that built it."
_NAME_A_FILE = "Name the ZIP file of a pack."


def assets(
    studio: Studio, *, person: Person, brand: str = "", run_id: int | None = None
) -> tuple[VariantRecord, ...]:
    """Approved variants, oldest run first, best rank first."""
    require_scope(person, Action.VIEW)
    with studio.database.reading() as session:
        return reviews.with_status(
            session,
            ReviewStatus.APPROVED,
            brands=person.brands,
            brand=brand,
            run_id=run_id,
            limit=1000,
        )


def build(
    studio: Studio,
    variant_ids: Sequence[int],
    placements: Sequence[str],
    *,
    person: Person,
    name: str = "",
    on_progress: OnProgress = lambda _done, _all: None,
) -> PackRecord:
    """Build a ZIP of every asset for every placement and record it.

    Raises PackError when nothing was chosen, an image is not approved, or brands are mixed.
    """
    content = content_of(studio, variant_ids, placements, name, person)
    now = studio.now()
    with studio.blobs.incoming("zip") as part:
        report = build_pack(content, part, on_progress=on_progress)
        sha256 = studio.blobs.adopt(part, "zip")
    pack = NewPack(
        creator_id=person.id,
        creator=person.name,
        name=content.title,
        brand=content.brand.slug,
        created_at=now,
        variant_ids=tuple(asset.variant_id for asset in content.assets),
        placements=tuple(placement.slug for placement in content.placements),
        file_name=_file_name(content, now),
        sha256=sha256,
        size_bytes=report.size_bytes,
        rendition_count=report.renditions,
        problems=_sentences(report),
    )
    with acting(studio, person) as act:
        # Roles may have been taken away while the pack was built.
        act.require(Action.BUILD_PACK, Thing("brand", pack.brand, pack.brand))
        record = packs.add(act.session, pack)
        done = Note(Event.PACK_BUILT, f"pack {record.id}", record.brand, {"name": record.name})
        act.note(done, now)
        return record


def preview_rendition(studio: Studio, variant_id: int, placement: str, *, person: Person) -> bytes:
    """One rendition of any drawn variant, as a pack would hold it, or PackError."""
    with studio.database.reading() as session:
        of_brand = runs.brand_of_variant(session, variant_id)
        require(person, Action.VIEW, Thing("variant", variant_id, of_brand))
        variant = runs.variant(session, variant_id)
        run, brand = runs.load(session, variant.run_id), runs.brand_of(session, variant.run_id)
        subject = reviews.under_review(session, variant_id)
    unsigned = Decision(0, variant_id, Verdict.SUBMIT, "", "", subject.sha256, studio.now())
    return render_preview(
        PackContent(
            title=run.name or brand.name,
            brand=brand,
            files=brand_files(studio, brand),
            assets=(asset_of(studio, variant, run, unsigned),),
            placements=placements_of(studio, brand, [placement]),
            as_of=unsigned.decided_at,
        )
    )


def recent(studio: Studio, *, person: Person, limit: int = 50) -> tuple[PackRecord, ...]:
    """The newest packs first."""
    require_scope(person, Action.VIEW)
    with studio.database.reading() as session:
        return packs.recent(session, limit, person.brands)


def get(studio: Studio, pack_id: int, *, person: Person) -> PackRecord:
    """One pack."""
    with studio.database.reading() as session:
        pack = packs.load(session, pack_id)
    require(person, Action.VIEW, Thing("pack", pack_id, pack.brand))
    return pack


def open_file(studio: Studio, pack_id: int, *, person: Person) -> Path:
    """Where a pack's ZIP lies; LostFileError when it is not byte for byte what was built."""
    sha256 = get(studio, pack_id, person=person).sha256
    with errors_naming_owner(studio, sha256, person):
        file = studio.blobs.path(sha256, "zip")
        if not studio.blobs.verify(sha256, "zip"):
            studio.blobs.mark(sha256, "zip", BlobKind.DAMAGED)
            raise LostFileError("stored file", BlobKind.DAMAGED)
    return file


def check(file: Path, sha256: str = "") -> Verification:
    """Whether a ZIP is byte for byte a pack that a studio built, or PackError saying what is not.

    Nobody's name, network or database is needed. Whoever rewrites the files and every checksum in
    them alike makes another pack, which only the checksum of the whole tells apart.
    """
    try:
        return examine(file, sha256)
    except ChangedError as error:
        raise PackError(f"{file} is not what was built: {error}", hint=_GET_IT_AGAIN) from error
    except OSError as error:
        raise PackError(f"{file} cannot be read: {error.strerror}", hint=_NAME_A_FILE) from error


def _sentences(report: PackReport) -> tuple[str, ...]:
    """What a person should know about a pack, each thing once however many files share it."""
    refused = [f"{p.placement}: {p.reason}" for p in report.problems]
    noted = [f"{note.placement}: {note.note}" for note in report.notes]
    return tuple(dict.fromkeys([*refused, *noted]))


def _file_name(content: PackContent, at: datetime) -> str:
    return f"{content.brand.slug}_{portable(content.title)}_{at:%Y%m%d-%H%M%S}.zip"
