"""Files of an image: PNG or JPEG with provenance, sRGB, and within a channel's byte limit."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFilter
from PIL.PngImagePlugin import PngInfo

from brandstudio.domain.placement import Placement
from brandstudio.domain.plan import GenerationParams
from brandstudio.errors import PackError
from brandstudio.export.infotext import infotext
from brandstudio.export.release import PNG_XMP
from brandstudio.export.xmp import TOOL, Credits, packet

MIN_JPEG_QUALITY = 70
_MAX_JPEG_QUALITY = 95
# Below this the chroma of small type suffers less from halving it than from the quality itself.
_FULL_CHROMA_FROM = 80
_PALETTE_COLOURS = 256
# A palette is taken only when nobody can tell: mean and worst patch, in levels of 0 to 255.
_LOSSLESS_MEAN = 1.0
_LOSSLESS_PATCH = 4.0
_PNG_INFOTEXT = "parameters"


class TooLargeError(PackError):
    """An image cannot be made small enough for its channel without visible loss."""

    hint = "Choose a placement with a higher limit, or JPEG instead of PNG for this one."

    def __init__(self, size_bytes: int, max_bytes: int, how: str) -> None:
        super().__init__(
            f"Cannot be met: {_kilobytes(size_bytes)} {how}; the limit is {_kilobytes(max_bytes)}"
        )
        self.size_bytes, self.max_bytes = size_bytes, max_bytes


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is written into a file beside its pixels; no infotext where the recipe stays in."""

    infotext: str
    credits: Credits


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished file, and how it came to its size."""

    content: bytes
    note: str


def png_with_provenance(
    image: Image.Image, params: GenerationParams, described: Mapping[str, str]
) -> bytes:
    """A rendered variant as PNG, carrying how it was made and that an algorithm made it."""
    credits_ = Credits(creator=TOOL, title=f"Variant, seed {params.seed}", rights="")
    return _png(image, Provenance(infotext(params, described), credits_), compress_level=6)


def encode(image: Image.Image, placement: Placement, provenance: Provenance) -> Encoded:
    """The image in the placement's format, within its byte limit.

    Raises TooLargeError when that needs a JPEG quality below 70 or a palette that shows.
    """
    if placement.format == "jpeg":
        return _fit_jpeg(image, placement.max_bytes, provenance)
    return _fit_png(image, placement.max_bytes, provenance)


@cache
def srgb_profile() -> bytes:
    """The sRGB ICC profile, without the time of its making, so that equal files are equal bytes."""
    made: Any = ImageCms  # createProfile has no types of its own
    profile = bytearray(made.ImageCmsProfile(made.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07d000010001000000000000")  # 2000-01-01 00:00:00
    return bytes(profile)


def _fit_jpeg(image: Image.Image, max_bytes: int, provenance: Provenance) -> Encoded:
    """The best quality that fits; size grows with quality, so the search halves the range."""
    best: Encoded | None = None
    low, high = MIN_JPEG_QUALITY, _MAX_JPEG_QUALITY
    quality = high
    smallest = max_bytes
    while low <= high:
        content = _jpeg(image, provenance, quality)
        smallest = len(content)
        if smallest <= max_bytes:
            best, low = Encoded(content, f"JPEG quality {quality}"), quality + 1
        else:
            high = quality - 1
        quality = (low + high + 1) // 2
    if best is None:
        raise TooLargeError(smallest, max_bytes, f"at JPEG quality {MIN_JPEG_QUALITY}")
    return best


def _fit_png(image: Image.Image, max_bytes: int, provenance: Provenance) -> Encoded:
    sizes: list[int] = []
    for content, note in _pngs(image, provenance):
        if len(content) <= max_bytes:
            return Encoded(content, note)
        sizes.append(len(content))
    raise TooLargeError(min(sizes), max_bytes, "as PNG without visible loss")


def _pngs(image: Image.Image, provenance: Provenance) -> Iterator[tuple[bytes, str]]:
    """PNG encodings, from the fastest to the smallest that has no visible loss."""
    yield _png(image, provenance, compress_level=6), "PNG, 24 bit"
    yield _png(image, provenance, compress_level=9), "PNG, 24 bit"
    reduced = image.quantize(_PALETTE_COLOURS, dither=Image.Dither.FLOYDSTEINBERG)
    if is_visually_lossless(image, reduced.convert("RGB")):
        yield _png(reduced, provenance, compress_level=9), "PNG, palette of 256 colours"


def is_visually_lossless(original: Image.Image, reduced: Image.Image) -> bool:
    """Whether two RGB images differ less than an eye at reading distance can see.

    The eye averages over a few pixels, so both are averaged over 3 x 3 before they are compared.
    """
    smooth = [image.filter(ImageFilter.BoxBlur(1)) for image in (original, reduced)]
    first, second = (np.asarray(image, dtype=np.float64) for image in smooth)
    difference = np.abs(first - second)
    worst = float(np.percentile(difference, 99.9))
    return float(difference.mean()) <= _LOSSLESS_MEAN and worst <= _LOSSLESS_PATCH


def _png(image: Image.Image, provenance: Provenance, *, compress_level: int) -> bytes:
    chunks = PngInfo()
    if provenance.infotext:
        add = chunks.add_text if provenance.infotext.isascii() else chunks.add_itxt
        add(_PNG_INFOTEXT, provenance.infotext)
    chunks.add_itxt(PNG_XMP, packet(provenance.credits).decode())
    settings: dict[str, Any] = {"compress_level": compress_level}
    if compress_level == 9:
        settings = {"optimize": True}
    return _saved(image, "PNG", pnginfo=chunks, **settings)


def _jpeg(image: Image.Image, provenance: Provenance, quality: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = TOOL
    if provenance.infotext:
        comment = b"UNICODE\0" + provenance.infotext.encode("utf-16-be")
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    settings: dict[str, Any] = {
        "quality": quality,
        "subsampling": "4:4:4" if quality >= _FULL_CHROMA_FROM else "4:2:0",
        "exif": exif.tobytes(),
        "xmp": packet(provenance.credits),
    }
    try:
        return _saved(image, "JPEG", optimize=True, progressive=True, **settings)
    except OSError:
        # The encoder's buffer is too small for these two when a picture hardly compresses.
        return _saved(image, "JPEG", **settings)


def _saved(image: Image.Image, format_: str, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, icc_profile=srgb_profile(), **settings)
    return buffer.getvalue()


def _kilobytes(size_bytes: int) -> str:
    return f"{size_bytes / 1000:,.0f} KB"
