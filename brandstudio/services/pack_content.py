"""What a pack is built from: approved variants at one moment, their images, the brand's files."""

from collections.abc import Sequence
from dataclasses import dataclass

from brandstudio.domain.access import Action, Thing, require
from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brand import Brand, LockedFile
from brandstudio.domain.pack import overlay_of, require_few
from brandstudio.domain.people import Person
from brandstudio.domain.placement import Placement
from brandstudio.domain.review import Decision, ReviewStatus, Verdict
from brandstudio.domain.run import RunRecord, UpscaledImage, VariantRecord
from brandstudio.domain.text import plain, refusal
from brandstudio.errors import (
    BriefError,
    LockError,
    LostFileError,
    NotFoundError,
    PackError,
    Problem,
)
from brandstudio.export.content import BrandFiles, PackAsset, PackContent, Read
from brandstudio.services.studio import Studio
from brandstudio.storage.decisions import reviews
from brandstudio.storage.work import runs


@dataclass(frozen=True, slots=True)
class _Approved:
    """A variant, its run with the very brand version, and the decision that approved it."""

    variant: VariantRecord
    run: RunRecord
    brand: Brand
    decision: Decision


def content_of(
    studio: Studio,
    variant_ids: Sequence[int],
    placements: Sequence[str],
    name: str,
    person: Person,
) -> PackContent:
    """Everything a pack of these variants holds, as one moment of the log has it.

    Nothing else enters it, and no clock: the same choice of the same approvals is the same pack.
    """
    chosen = tuple(dict.fromkeys(variant_ids))
    if not chosen:
        raise PackError("No approved variant was chosen")
    title = plain(name)
    reason = refusal(title, max_length=80, in_prompt=False)
    if reason:
        raise BriefError([Problem("name", reason)])
    approved = _approved(studio, chosen, person)
    brand = _one_brand(approved)
    wanted = placements_of(studio, brand, placements or approved[0].run.brief.placements)
    require_few(len(approved), len(wanted))
    newest = max((one.decision for one in approved), key=lambda decision: decision.id)
    return PackContent(
        title=title or approved[0].run.name or brand.name,
        brand=brand,
        files=brand_files(studio, brand),
        assets=tuple(asset_of(studio, one.variant, one.run, one.decision) for one in approved),
        placements=wanted,
        as_of=newest.decided_at,
        decision_chain_head=newest.hash,
    )


def asset_of(
    studio: Studio, variant: VariantRecord, run: RunRecord, decision: Decision
) -> PackAsset:
    """The variant with its image; LostFileError names whose file is gone."""
    template = studio.catalogue.template(run.brief.template)
    base_model = studio.catalogue.base_model(run.base_model)
    upscaled = variant.upscaled if base_model.upscaler else None
    return PackAsset(
        variant_id=variant.id,
        run_id=run.id,
        arm=variant.arm,
        levels=variant.levels,
        template=run.brief.template,
        layout=studio.catalogue.layout(variant.layout),
        overlay=overlay_of(run.brief.overlay(template)),
        max_upscale=_max_upscale(base_model, upscaled),
        upscaled=upscaled,
        read_upscaled_png=_read_upscaled(studio, variant, upscaled) if upscaled else None,
        read_png=_stored(studio, variant.sha256 or "", f"the image of variant {variant.id}"),
        params=variant.params,
        described=variant.described,
        scores=variant.scores,
        rank=variant.rank,
        decision=decision,
    )


def placements_of(studio: Studio, brand: Brand, wanted: Sequence[str]) -> tuple[Placement, ...]:
    """The placements of those names, each once, or PackError naming one that is not the brand's."""
    if not wanted:
        raise PackError("No placement was chosen")
    unknown = [slug for slug in wanted if slug not in brand.placements]
    if unknown:
        choices = ", ".join(sorted(brand.placements))
        raise PackError(
            f"{brand.name} does not use the placement '{unknown[0][:80]}'; it uses: {choices}"
        )
    return tuple(studio.catalogue.placement(slug) for slug in dict.fromkeys(wanted))


def brand_files(studio: Studio, brand: Brand) -> BrandFiles:
    """The brand's files as they were locked, or LockError."""

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


def _approved(studio: Studio, variant_ids: Sequence[int], person: Person) -> list[_Approved]:
    """All of them as they stand at one moment.

    Read one after the other, two variants could each be found approved that never were together.
    """
    approved: list[_Approved] = []
    with studio.database.reading() as session:
        for variant_id in variant_ids:
            of_brand = runs.brand_of_variant(session, variant_id)
            require(person, Action.BUILD_PACK, Thing("variant", variant_id, of_brand))
            variant = runs.variant(session, variant_id)
            decision = _approval(variant, reviews.decisions_of(session, variant_id))
            run = runs.load(session, variant.run_id)
            approved.append(_Approved(variant, run, runs.brand_of(session, run.id), decision))
    return approved


def _approval(variant: VariantRecord, decisions: Sequence[Decision]) -> Decision:
    """The decision that approved these very bytes, PackError, or LockError."""
    if variant.review is not ReviewStatus.APPROVED:
        status = variant.review.value.replace("_", " ")
        raise PackError(f"Variant {variant.id} is {status}; only approved variants are packed")
    decision = next(d for d in reversed(decisions) if d.verdict is Verdict.APPROVE)
    if decision.sha256 != variant.sha256:
        raise LockError(
            f"variant {variant.id}", locked=decision.sha256, actual=variant.sha256 or "nothing"
        )
    return decision


def _one_brand(approved: Sequence[_Approved]) -> Brand:
    brands = {own.brand.slug: own.brand for own in approved}
    if len(brands) > 1:
        raise PackError(f"A pack holds one brand, not {' and '.join(sorted(brands))}")
    return max((own.brand for own in approved), key=lambda brand: brand.version)


def _read_upscaled(studio: Studio, variant: VariantRecord, upscaled: UpscaledImage) -> Read:
    return _stored(studio, upscaled.sha256, f"the enlarged image of variant {variant.id}")


def _stored(studio: Studio, sha256: str, owner: str) -> Read:
    """Reads the checked bytes: a pack never holds anything but what was drawn.

    Read once at once, too, so that a lost file is named before any work is done.
    """

    def read() -> bytes:
        try:
            return studio.blobs.get(sha256, "png")
        except (NotFoundError, LostFileError) as error:
            state = error.state if isinstance(error, LostFileError) else "missing"
            raise LostFileError(owner, state) from error

    read()
    return read


def _max_upscale(base_model: BaseModelProfile, upscaled: UpscaledImage | None) -> float:
    if upscaled and base_model.upscaler:
        return base_model.upscaler.max_upscale
    return base_model.max_upscale
