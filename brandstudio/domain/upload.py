"""Uploads: images that people attach to a brief to show what they have in mind.

Nobody feeds them to a model: they are looked at, beside the variants.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from brandstudio.domain.people import Person

MAX_REFERENCES = 4
MAX_NAME = 80
MAX_UNCLAIMED = 20
"""How many images of one person may wait for a brief."""
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Upload:
    """An image from outside, as it was made anew; `sha256` names the stored WebP.

    `brands` are those of the runs it is in. While there is none it is its owner's alone; from then
    on it belongs to those runs, whoever attached it.
    """

    id: int
    sha256: str
    owner_id: int
    name: str
    width_px: int
    height_px: int
    size_bytes: int
    created_at: datetime
    brands: frozenset[str]


def shown_name(given: str) -> str:
    """The name of an uploaded file as people may see it: never a path, nothing unseen in it."""
    seen = "".join(" " if unicodedata.category(c) in _UNSHOWN else c for c in given)
    last = unicodedata.normalize("NFC", seen).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    plain = " ".join(last.split())
    return plain if len(plain) <= MAX_NAME else plain[: MAX_NAME - 1].rstrip() + "…"


def is_visible(upload: Upload, person: Person) -> bool:
    """Whether the person may look at it: their own, or one in a run that they may see."""
    if not upload.brands:
        return upload.owner_id == person.id
    return any(person.role_in(brand) is not None for brand in upload.brands)


def is_usable(upload: Upload, person: Person, brand: str) -> bool:
    """Whether the person may attach it to a brief of the brand.

    One that is in a run already stays with that run's brand, also when a brief is used again.
    """
    return brand in upload.brands if upload.brands else upload.owner_id == person.id


def unusable(
    wanted: Collection[int], uploads: Mapping[int, Upload], person: Person, brand: str
) -> frozenset[int]:
    """Those that the person cannot attach to a brief of the brand, whatever the reason."""
    return frozenset(
        upload_id
        for upload_id in wanted
        if upload_id not in uploads or not is_usable(uploads[upload_id], person, brand)
    )
