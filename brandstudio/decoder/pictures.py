"""Decode an image of any of three kinds: upright, 8-bit sRGB, pixels and no more."""

import struct
import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import (
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from brandstudio.decoder.errors import MAX_EDGE_PX, MAX_PIXELS, Refusal, UnfitError, looks_allowed
from brandstudio.decoder.floods import is_flood

# The kinds that are opened, and what reads their EXIF: imported by name, because once the helper
# is confined it cannot open another module.
_READERS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
# Pillow looks for these when it first saves something.
Image.preinit()
_KINDS = ("PNG", "JPEG", "WEBP")
# A telephone's photo may carry a second picture (depth, a preview): the first one is the photo.
_STILL = "MPO"
_SRGB = ImageCms.ImageCmsProfile(
    ImageCms.createProfile("sRGB")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
)
_STRIP_PX = 512
_QUALITY = 90

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SPACES = {"RGB": b"RGB", "L": b"GRAY", "CMYK": b"CMYK"}
# What Pillow raises for bytes that are not what they say.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    struct.error,
    EOFError,
)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An image from outside, encoded anew: a WebP file and its size."""

    content: bytes
    width_px: int
    height_px: int


def decode(content: bytes) -> DecodedImage:
    """Decode the image and encode its pixels anew, or UnfitError."""
    if not looks_allowed(content):
        raise UnfitError(Refusal.WRONG_KIND)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        _check(content)
        return _encoded(_upright(_opened(content)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnfitError(Refusal.TOO_MANY_PIXELS) from error
    except MemoryError as error:
        raise UnfitError(Refusal.TOO_HEAVY) from error
    except _BROKEN as error:
        raise UnfitError(Refusal.DAMAGED) from error


def _check(content: bytes) -> None:
    """Refuse by what the file says of itself, and by its checksums, before anything is decoded."""
    if is_flood(content):
        raise UnfitError(Refusal.TOO_HEAVY)
    if _webp_pixels(content) > MAX_PIXELS:
        # Only this decoder would make room for all of it before its size is known to us.
        raise UnfitError(Refusal.TOO_MANY_PIXELS)
    with Image.open(BytesIO(content), formats=_KINDS) as image:
        if image.format != _STILL and getattr(image, "is_animated", False):
            raise UnfitError(Refusal.MOVING)
        image.verify()


def _opened(content: bytes) -> Image.Image:
    """The decoded first frame; a large JPEG is decoded smaller, as its format allows."""
    image = Image.open(BytesIO(content), formats=_KINDS)
    scale = min(1.0, MAX_EDGE_PX / max(image.size))
    image.draft(None, (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    image.load()
    return image


def _upright(image: Image.Image) -> Image.Image:
    """At most `MAX_EDGE_PX` long, RGB or RGBA in sRGB, turned the way it was held."""
    orientation: object = None
    with suppress(*_BROKEN):  # a picture with spoiled EXIF is still a picture
        orientation = image.getexif().get(_ORIENTATION)
    smaller = _in_srgb(_reduced(image), image.info.get("icc_profile"))
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return smaller if turn is None else smaller.transpose(turn)


def _reduced(image: Image.Image) -> Image.Image:
    """A smaller copy in one of four modes, made in strips: a second whole copy may not fit."""
    width, height = image.size
    by = max(1, max(width, height) // MAX_EDGE_PX)
    mode = _mode_of(image)
    smaller = Image.new(mode, (-(-width // by), -(-height // by)))
    rows = by * max(1, _STRIP_PX // by)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(top + rows, height)))
        smaller.paste(_converted(strip, mode).reduce(by), (0, top // by))
    smaller.thumbnail((MAX_EDGE_PX, MAX_EDGE_PX), Image.Resampling.LANCZOS)
    return smaller


def _mode_of(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    return {"CMYK": "CMYK", "1": "L", "L": "L", "I;16": "L"}.get(image.mode, "RGB")


def _converted(strip: Image.Image, mode: str) -> Image.Image:
    if strip.mode.startswith("I"):
        # Pillow's own conversion cuts everything above 255 off.
        strip = strip.convert("I").point(lambda level: level * (1 / 257) + 0.5).convert("L")
    return strip.convert(mode)


def _in_srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """The colours that the profile means; without one, or with a spoiled one, they are sRGB's."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colour = image.convert("RGB") if alpha else image
    colour = _profiled(colour, icc_profile).convert("RGB") if icc_profile else colour.convert("RGB")
    if alpha is None or alpha.getextrema()[0] == 255:
        return colour
    colour.putalpha(alpha)
    return colour


def _profiled(colour: Image.Image, icc_profile: bytes) -> Image.Image:
    space = icc_profile[16:20].rstrip()  # where every profile says which colours it is about
    if space == b"RGB" and colour.mode == "L":
        colour = colour.convert("RGB")
    if space != _SPACES.get(colour.mode):
        return colour
    with suppress(ImageCms.PyCMSError, *_BROKEN):
        profile = ImageCms.ImageCmsProfile(BytesIO(icc_profile))
        to_srgb = ImageCms.buildTransform(
            profile,
            _SRGB,
            colour.mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return to_srgb.apply(colour)
    return colour


def _encoded(image: Image.Image) -> DecodedImage:
    """Encode the pixels alone; the fresh image has none of the file's metadata."""
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    buffer = BytesIO()
    bare.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return DecodedImage(buffer.getvalue(), *image.size)


def _webp_pixels(content: bytes) -> int:
    """How many pixels a WebP file announces; 0 for every other file."""
    if not content.startswith(b"RIFF") or len(content) < 30:
        return 0
    match content[12:16]:
        case b"VP8X":
            width = int.from_bytes(content[24:27], "little") + 1
            height = int.from_bytes(content[27:30], "little") + 1
        case b"VP8L":
            packed = int.from_bytes(content[21:25], "little")
            width, height = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        case _:
            width = int.from_bytes(content[26:28], "little") & 0x3FFF
            height = int.from_bytes(content[28:30], "little") & 0x3FFF
    return width * height
