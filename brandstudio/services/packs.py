"""What people do with approved variants: look at them, try a rendition, build and fetch packs."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from brandstudio.domain.access import Action, Thing, require, require_scope
from brandstudio.domain.activity import Event, Note
from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brand import Brand, LockedFile
from brandstudio.domain.pack import overlay_of
from brandstudio.domain.people import Person
from brandstudio.domain.placement import Placement
from brandstudio.domain.review import Decision, ReviewStatus, Verdict
from brandstudio.domain.run import Enlarged, RunRecord, VariantRecord
from brandstudio.domain.text import plain, refusal
from brandstudio.errors import (
    BriefError,
    LockError,
    LostFileError,
    NotFoundError,
    PackError,
    Problem,
)
from brandstudio.export.build import build_pack
from brandstudio.export.content import BrandFiles, PackAsset, PackContent, PackReport
from brandstudio.export.preview import render_preview
from brandstudio.services.images import said_whose
from brandstudio.services.studio import Studio
from brandstudio.storage import activity, packs, reviews, runs, users
from brandstudio.storage.blobs import Kind
from brandstudio.storage.packs import NewPack, PackRecord

OnProgress = Callable[[int, int], None]
"""Called with (renditions done, renditions in all); what it raises stops the build."""


def assets(
    studio: Studio, *, person: Person, brand: str = "", run_id: int | None = None
) -> tuple[VariantRecord, ...]:
    """Approved variants, oldest run first, best rank first."""
    require_scope(person, Action.VIEW)
    with studio.database.reading() as session:
        return reviews.standing(
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
    content = _content(studio, variant_ids, placements, name, person)
    with studio.blobs.incoming("zip") as part:
        report = build_pack(content, part, on_progress=on_progress)
        sha256 = studio.blobs.adopt(part, "zip")
    pack = NewPack(
        creator_id=person.id,
        creator=person.name,
        name=content.title,
        brand=content.brand.slug,
        created_at=content.created_at,
        variant_ids=tuple(asset.variant_id for asset in content.assets),
        placements=tuple(placement.slug for placement in content.placements),
        file_name=_file_name(content),
        sha256=sha256,
        size_bytes=report.size_bytes,
        rendition_count=report.renditions,
        problems=_said(report),
    )
    with studio.database.writing() as session:
        # Building took a while.
        person = users.as_of_now(session, person)
        require(person, Action.BUILD_PACK, Thing("brand", pack.brand, pack.brand))
        made = packs.add(session, pack)
        done = Note(Event.PACK_BUILT, f"pack {made.id}", made.brand, {"name": made.name})
        activity.note(session, person, done, studio.now())
        return made


def preview_rendition(studio: Studio, variant_id: int, placement: str, *, person: Person) -> bytes:
    """One rendition of any drawn variant, as a pack would hold it, or PackError."""
    with studio.database.reading() as session:
        variant = runs.variant(session, variant_id)
        of_brand = runs.brand_of_variant(session, variant_id)
        require(person, Action.VIEW, Thing("variant", variant_id, of_brand))
        run, brand = runs.load(session, variant.run_id), runs.brand_of(session, variant.run_id)
        subject = reviews.under_review(session, variant_id)
    unsigned = Decision(0, variant_id, Verdict.SUBMIT, "", "", subject.sha256, studio.now())
    return render_preview(
        PackContent(
            title=run.name or brand.name,
            brand=brand,
            files=_brand_files(studio, brand),
            assets=(_asset(studio, variant, run, unsigned),),
            placements=_placements(studio, brand, [placement]),
            created_at=studio.now(),
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
    with said_whose(studio, sha256):
        file = studio.blobs.path(sha256, "zip")
        if not studio.blobs.verify(sha256, "zip"):
            studio.blobs.mark(sha256, "zip", Kind.DAMAGED)
            raise LostFileError("stored file", Kind.DAMAGED)
    return file


def _content(
    studio: Studio,
    variant_ids: Sequence[int],
    placements: Sequence[str],
    name: str,
    person: Person,
) -> PackContent:
    chosen = tuple(dict.fromkeys(variant_ids))
    if not chosen:
        raise PackError("No approved variant was chosen")
    title = plain(name)
    reason = refusal(title, max_length=80, in_prompt=False)
    if reason:
        raise BriefError([Problem("name", reason)])
    approved = [_approved(studio, variant_id, person) for variant_id in chosen]
    brand = _one_brand(approved)
    return PackContent(
        title=title or approved[0][1].name or brand.name,
        brand=brand,
        files=_brand_files(studio, brand),
        assets=tuple(_asset(studio, v, run, decision) for v, run, decision, _ in approved),
        placements=_placements(studio, brand, placements or approved[0][1].brief.placements),
        created_at=studio.now(),
        decision_chain_head=_chain_head(studio),
    )


def _approved(
    studio: Studio, variant_id: int, person: Person
) -> tuple[VariantRecord, RunRecord, Decision, Brand]:
    with studio.database.reading() as session:
        variant = runs.variant(session, variant_id)
        of_brand = runs.brand_of_variant(session, variant_id)
        require(person, Action.BUILD_PACK, Thing("variant", variant_id, of_brand))
        if variant.review is not ReviewStatus.APPROVED:
            status = variant.review.value.replace("_", " ")
            raise PackError(f"Variant {variant_id} is {status}; only approved variants are packed")
        run, brand = runs.load(session, variant.run_id), runs.brand_of(session, variant.run_id)
        decisions = reviews.decisions_of(session, variant_id)
    decision = next(d for d in reversed(decisions) if d.verdict is Verdict.APPROVE)
    if decision.sha256 != variant.sha256:
        raise LockError(
            f"variant {variant_id}", locked=decision.sha256, found=variant.sha256 or "nothing"
        )
    return variant, run, decision, brand


def _chain_head(studio: Studio) -> str:
    with studio.database.reading() as session:
        return reviews.head(session)


def _one_brand(
    approved: Sequence[tuple[VariantRecord, RunRecord, Decision, Brand]],
) -> Brand:
    brands = {brand.slug: brand for _, _, _, brand in approved}
    if len(brands) > 1:
        raise PackError(f"A pack holds one brand, not {' and '.join(sorted(brands))}")
    return max((brand for _, _, _, brand in approved), key=lambda brand: brand.version)


def _placements(studio: Studio, brand: Brand, wanted: Sequence[str]) -> tuple[Placement, ...]:
    if not wanted:
        raise PackError("No placement was chosen")
    unknown = [slug for slug in wanted if slug not in brand.placements]
    if unknown:
        known = ", ".join(sorted(brand.placements))
        raise PackError(
            f"{brand.name} does not use the placement '{unknown[0][:80]}'; it uses: {known}"
        )
    return tuple(studio.catalogue.placement(slug) for slug in dict.fromkeys(wanted))


def _asset(studio: Studio, variant: VariantRecord, run: RunRecord, decision: Decision) -> PackAsset:
    template = studio.catalogue.template(run.brief.template)
    base_model = studio.catalogue.base_model(run.base_model)
    enlarged = variant.enlarged if base_model.upscaler else None
    return PackAsset(
        variant_id=variant.id,
        run_id=run.id,
        arm=variant.arm,
        levels=variant.levels,
        template=run.brief.template,
        layout=studio.catalogue.layout(variant.layout),
        overlay=overlay_of(run.brief.overlay(template)),
        max_upscale=_max_upscale(base_model, enlarged),
        enlarged=enlarged,
        enlarged_png=_larger(studio, variant, enlarged) if enlarged else None,
        image_png=_stored(studio, variant.sha256 or "", f"the image of variant {variant.id}"),
        params=variant.params,
        described=variant.described,
        scores=variant.scores,
        rank=variant.rank,
        decision=decision,
    )


def _larger(studio: Studio, variant: VariantRecord, enlarged: Enlarged) -> bytes:
    return _stored(studio, enlarged.sha256, f"the enlarged image of variant {variant.id}")


def _stored(studio: Studio, sha256: str, owner: str) -> bytes:
    """The checked bytes: a pack never holds anything but what was drawn."""
    try:
        return studio.blobs.get(sha256, "png")
    except (NotFoundError, LostFileError) as error:
        state = error.state if isinstance(error, LostFileError) else "missing"
        raise LostFileError(owner, state) from error


def _max_upscale(base_model: BaseModelProfile, enlarged: Enlarged | None) -> float:
    if enlarged and base_model.upscaler:
        return base_model.upscaler.max_upscale
    return base_model.max_upscale


def _brand_files(studio: Studio, brand: Brand) -> BrandFiles:
    def locked(file: LockedFile) -> bytes:
        return studio.presets.locked_bytes(brand.slug, file)

    licence = studio.presets.brand_file(brand.slug, brand.typography.licence_file)
    return BrandFiles(
        logo_svg=locked(brand.logo).decode(),
        logo_on_dark_svg=locked(brand.logo_on_dark).decode(),
        headline_font=locked(brand.typography.headline),
        body_font=locked(brand.typography.body),
        licence=licence.read_text(encoding="utf-8"),
    )


def _said(report: PackReport) -> tuple[str, ...]:
    """What a person should know about a pack, each thing once however many files share it."""
    refused = [f"{p.placement}: {p.reason}" for p in report.problems]
    noted = [f"{note.placement}: {note.note}" for note in report.notes]
    return tuple(dict.fromkeys([*refused, *noted]))


def _file_name(content: PackContent) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", content.title.lower()).strip("-")[:60]
    return f"{content.brand.slug}_{words or 'pack'}_{content.created_at:%Y%m%d-%H%M%S}.zip"
