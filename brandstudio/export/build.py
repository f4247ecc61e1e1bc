"""Builds a pack: every approved image for every placement, with all that must go with them."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from brandstudio.domain.pack import (
    RenditionPlan,
    RenditionProblem,
    SourceImage,
    plan_rendition,
)
from brandstudio.domain.placement import Placement
from brandstudio.errors import PackError
from brandstudio.export.compose import BrandKit, RenditionError, compose, logo_aspect
from brandstudio.export.contact_sheet import ContactSheet, Section, Thumbnail, thumbnail
from brandstudio.export.content import (
    PackAsset,
    PackContent,
    PackReport,
    RenditionNote,
)
from brandstudio.export.encode import Provenance, TooLargeError, encode
from brandstudio.export.infotext import infotext
from brandstudio.export.manifest import (
    ManifestEntry,
    entry,
    manifest_csv,
    manifest_json,
    original_entry,
)
from brandstudio.export.readme import readme
from brandstudio.export.release import released
from brandstudio.export.typeset import BrandType
from brandstudio.export.xmp import Credits
from brandstudio.export.zip import MAX_NAME, PackZip, portable

OnProgress = Callable[[int, int], None]
"""Called with (renditions done, renditions in all); what it raises stops the build."""

_EXTENSION = {"png": "png", "jpeg": "jpg"}


def build_pack(pack: PackContent, target: Path, *, on_progress: OnProgress) -> PackReport:
    """Write the pack as a ZIP to `target`, whole or not at all.

    What cannot be made honestly is left out and listed as a problem. Raises PackError when there
    is nothing to make, or nothing could be made, and whatever `on_progress` raises; then `target`
    is as it was.
    """
    if not pack.assets or not pack.placements:
        raise PackError("A pack needs at least one approved variant and one placement")
    total = len(pack.assets) * len(pack.placements)
    kit = kit_of(pack)
    work = _Work(pack, kit, ContactSheet(pack, kit))
    on_progress(0, total)
    with PackZip(target, pack.as_of) as archive:
        for number, asset in enumerate(pack.assets):
            done = number * len(pack.placements)
            section = _add_asset(work, archive, asset, done, total, on_progress)
            if section.thumbnails:
                work.sheet.add(section)
        if not work.entries:
            reasons = "; ".join(dict.fromkeys(problem.reason for problem in work.problems))
            raise PackError(f"No file could be made: {reasons}")
        _add_papers(work, archive)
    return PackReport(
        files=tuple(archive.files),
        renditions=len(work.entries),
        problems=tuple(work.problems),
        notes=tuple(work.notes),
        size_bytes=target.stat().st_size,
        sha256=_sha256_of(target),
    )


def kit_of(pack: PackContent) -> BrandKit:
    """The brand's type, colours and logos, ready to draw with."""
    files = pack.files
    return BrandKit(
        type=BrandType(files.headline_font, files.body_font, logo_aspect(files.logo_svg)),
        colours=pack.brand.overlay,
        logo_svg=files.logo_svg,
        logo_on_dark_svg=files.logo_on_dark_svg,
    )


@dataclass
class _Work:
    """A pack being built: what has been made so far."""

    pack: PackContent
    kit: BrandKit
    sheet: ContactSheet
    entries: list[ManifestEntry] = field(default_factory=list[ManifestEntry])
    originals: list[ManifestEntry] = field(default_factory=list[ManifestEntry])
    problems: list[RenditionProblem] = field(default_factory=list[RenditionProblem])
    notes: list[RenditionNote] = field(default_factory=list[RenditionNote])


def _add_asset(
    work: _Work,
    archive: PackZip,
    asset: PackAsset,
    done: int,
    total: int,
    on_progress: OnProgress,
) -> Section:
    """The approved file itself, and one rendition for each placement."""
    png, image = asset.read_png(), material_of(asset)
    refusal = _refusal(asset, png, work.kit)
    if refusal is None:
        work.originals.append(_add_original(work.pack, archive, asset, png))
    thumbnails: list[Thumbnail] = []
    for number, placement in enumerate(work.pack.placements, start=1):
        reason = refusal or _add_rendition(work, archive, asset, image, placement, thumbnails)
        if reason:
            work.problems.append(RenditionProblem(placement.slug, asset.variant_id, reason))
        on_progress(done + number, total)
    return Section(asset, image, tuple(thumbnails))


def _add_original(
    pack: PackContent, archive: PackZip, asset: PackAsset, png: bytes
) -> ManifestEntry:
    """The approved file, without the recipe unless the brand lets that out."""
    size = asset.params.width_px, asset.params.height_px
    path = f"originals/{_file_name(pack, asset, *size, 'original')}.png"
    if pack.brand.embed_recipe:
        return original_entry(archive.add(path, png), asset, None)
    leaving = released(png, _credits(pack, asset))
    return original_entry(archive.add(path, leaving.content), asset, leaving)


def _refusal(asset: PackAsset, png: bytes, kit: BrandKit) -> str | None:
    """Why nothing can be made of this asset, or None."""
    if hashlib.sha256(png).hexdigest() != asset.decision.sha256:
        return "The stored image is not the one that was approved; have it reviewed again"
    return untypable(asset, kit)


def untypable(asset: PackAsset, kit: BrandKit) -> str | None:
    """Which characters of the texts the brand's typeface lacks, as a sentence, or None."""
    missing = kit.type.missing(asset.overlay)
    if not missing:
        return None
    named = ", ".join(f"“{c}” (U+{ord(c):04X})" for c in missing[:5])
    return f"The brand's typeface has no {named}; write the text without"


def _add_rendition(
    work: _Work,
    archive: PackZip,
    asset: PackAsset,
    image: Image.Image,
    placement: Placement,
    thumbnails: list[Thumbnail],
) -> str | None:
    """Draw, encode and write one rendition; the reason when it cannot be made."""
    plan = plan_rendition(source_of(asset), placement, work.kit.type)
    if isinstance(plan, RenditionProblem):
        return plan.reason
    try:
        drawn = compose(plan, image, work.kit)
        encoded = encode(drawn, placement, provenance_of(work.pack, asset))
    except (RenditionError, TooLargeError) as error:
        return str(error)
    name = _file_name(work.pack, asset, placement.width_px, placement.height_px, placement.slug)
    extension = _EXTENSION[placement.format]
    file = archive.add(f"{portable(placement.slug)}/{name}.{extension}", encoded.content)
    work.entries.append(entry(file, plan, asset, work.pack, encoded.note))
    work.notes.extend(_notes(plan, file.path))
    size = f"{placement.width_px} by {placement.height_px}"
    detail = f"{size}, {file.size_bytes / 1000:,.0f} KB"
    thumbnails.append(thumbnail(drawn, placement.title, placement.channel, detail))
    return None


def _notes(plan: RenditionPlan, path: str) -> list[RenditionNote]:
    texts = [*plan.notes, *([plan.upscale_note] if plan.upscale_note else [])]
    return [RenditionNote(plan.placement.slug, plan.variant_id, path, text) for text in texts]


def _add_papers(work: _Work, archive: PackZip) -> None:
    """Contact sheet, manifests, the licence of the typefaces, and what all of this is."""
    pack = work.pack
    archive.add("read-me.txt", readme(pack))
    archive.add("contact-sheet.pdf", work.sheet.written())
    archive.add("manifest.json", manifest_json(pack, work.entries, work.originals, work.problems))
    archive.add("manifest.csv", manifest_csv(work.entries))
    licence = f"licenses/{portable(pack.brand.typography.family)}.txt"
    archive.add(licence, pack.files.licence.encode())


def opened(png: bytes) -> Image.Image:
    """A stored PNG as RGB."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as stored:
        return stored.convert("RGB")


def material_of(asset: PackAsset) -> Image.Image:
    """What renditions are made from: the upscaled copy where there is one."""
    return opened(asset.read_upscaled_png() if asset.read_upscaled_png else asset.read_png())


def source_of(asset: PackAsset) -> SourceImage:
    return SourceImage(
        variant_id=asset.variant_id,
        arm=asset.arm,
        seed=asset.params.seed,
        # The factor counts from the size the image was drawn at, whatever upscaled it since.
        width_px=asset.params.width_px,
        height_px=asset.params.height_px,
        product=asset.layout.product,
        copy_space=asset.layout.copy_space,
        overlay=asset.overlay,
        max_upscale=asset.max_upscale,
    )


def provenance_of(pack: PackContent, asset: PackAsset) -> Provenance:
    """What is written into the asset's files: the recipe only where the brand says so."""
    recipe = infotext(asset.params, asset.described) if pack.brand.embed_recipe else ""
    return Provenance(recipe, _credits(pack, asset))


def _credits(pack: PackContent, asset: PackAsset) -> Credits:
    name = pack.brand.name
    return Credits(
        creator=name,
        title=asset.overlay.headline or pack.title,
        rights=f"© {pack.as_of.year} {name}",
    )


def _file_name(
    pack: PackContent, asset: PackAsset, width_px: int, height_px: int, purpose: str
) -> str:
    """Readable and unique: the last part stands for variant, pixels and purpose."""
    identity = f"{asset.variant_id}:{asset.params.fingerprint}:{purpose}"
    short = hashlib.sha256(identity.encode()).hexdigest()[:8]
    end = f"-{width_px}x{height_px}-{short}"
    begin = " ".join((pack.brand.slug, asset.template, asset.arm))
    return portable(begin, MAX_NAME - len(end)) + end


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
