"""Stored images and brand files, for whoever may see them."""

from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore
from uuid import uuid4

from PIL import Image

from brandstudio.domain.access import Action, Thing, require
from brandstudio.domain.people import Person
from brandstudio.errors import LostFileError, NotFoundError
from brandstudio.services.studio import Studio
from brandstudio.storage import references
from brandstudio.storage.disk import RealDisk, translated_errors

THUMBNAIL_WIDTHS = (128, 256, 384, 512, 768)
UNPACKED_AT_ONCE = 4
"""How many large images are unpacked at a time: each takes a hundred megabytes."""
_UNPACKING = BoundedSemaphore(UNPACKED_AT_ONCE)


def original(studio: Studio, sha256: str, *, person: Person) -> Path:
    """The PNG as it was drawn, NotFoundError, or LostFileError naming whose image is gone."""
    _require_view(studio, sha256, person)
    with errors_naming_owner(studio, sha256, person):
        return studio.blobs.path(sha256, "png")


@contextmanager
def errors_naming_owner(studio: Studio, sha256: str, person: Person) -> Generator[None, None, None]:
    """Name the variant or the pack whose file is lost, instead of the file.

    Another brand may have the very same bytes: the person is told of their own.
    """
    try:
        yield
    except (NotFoundError, LostFileError) as error:
        with studio.database.reading() as session:
            owners = references.owners(session, sha256, person.brands)
        if not owners:
            raise
        state = error.state if isinstance(error, LostFileError) else "missing"
        raise LostFileError(owners[0], state) from error


def thumbnail(studio: Studio, sha256: str, *, person: Person, width_px: int) -> Path:
    """A WebP at most that wide, made once; never larger than the original."""
    original(studio, sha256, person=person)
    width_px = min((w for w in THUMBNAIL_WIDTHS if w >= width_px), default=THUMBNAIL_WIDTHS[-1])
    target = studio.cache_folder / "thumbnails" / sha256[:2] / f"{sha256}-{width_px}.webp"
    if not target.is_file():
        with _UNPACKING, errors_naming_owner(studio, sha256, person):
            # The checked bytes: only what a worker drew is ever opened here.
            small = _shrunk(studio.blobs.get(sha256, "png"), width_px)
        _keep(small, target)
    return target


def brand_file(studio: Studio, brand: str, name: str, *, person: Person) -> tuple[str, bytes]:
    """The file's own name and bytes: a logo or typeface of a brand, by the name in brand.yaml.

    LockError if the file was exchanged. `logo.svg` and `logo-on-dark.svg` are its logos, whatever
    their files are called.
    """
    locked_brand = studio.catalogue_for(person).brand(brand)
    require(person, Action.VIEW, Thing("brand", brand, brand))
    aliases = {
        "logo.svg": locked_brand.logo.file,
        "logo-on-dark.svg": locked_brand.logo_on_dark.file,
    }
    name = aliases.get(name, name)
    locked = {file.file: file for file in locked_brand.locked_files}
    if name not in locked:
        raise NotFoundError("brand file", name[:80], choices=locked)
    return name, studio.presets.locked_bytes(brand, locked[name])


def _require_view(studio: Studio, sha256: str, person: Person) -> None:
    """Nothing if a brand of the person's has the image; the same bytes may be in several brands.
    Else NotFoundError, as for an image that was never stored."""
    with studio.database.reading() as session:
        brands = references.brands_of_image(session, sha256)
    slug = next((brand for brand in brands if person.role_in(brand)), None)
    if slug is None:
        raise NotFoundError("image", sha256[:12])
    require(person, Action.VIEW, Thing("image", sha256[:12], slug))


def _shrunk(png: bytes, width_px: int) -> bytes:
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        # Made smaller before anything else: a copy of all of it may take a hundred megabytes.
        image.thumbnail((width_px, width_px * 4), Image.Resampling.LANCZOS)
        small = BytesIO()
        image.convert("RGB").save(small, "WEBP", quality=86, method=4)
    return small.getvalue()


def _keep(content: bytes, target: Path) -> None:
    """Put the file in its place, or StorageError and nothing."""
    # A name of its own: two people may open the same page in the same moment.
    part = target.with_suffix(f".{uuid4().hex}.part")
    with translated_errors(RealDisk(), target.parent):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
