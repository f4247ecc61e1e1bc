"""Images that mean no good, drawn from a seed: bombs, lies, halves, foreign files, polyglots.

Nothing here comes from outside; everything is made in memory in the moment it is asked for.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial

from PIL import Image, ImageDraw

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
BOMB_EDGES = (6_400, 9_000, 12_000, 20_000)
TEXT_KINDS = (b"zTXt", b"iCCP", b"iTXt")
MOVING_KINDS = ("PNG", "WEBP", "GIF")
_FLOOD = 2_000_000


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG with a right checksum."""
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png_bomb(edge_px: int) -> bytes:
    """A whole, valid, black and white PNG of so many pixels that compresses to next to nothing."""
    squeeze, row = zlib.compressobj(9), bytes(1 + (edge_px + 7) // 8)
    rows = [squeeze.compress(row * 500) for _ in range(edge_px // 500)]
    rows += [squeeze.compress(row * (edge_px % 500)), squeeze.flush()]
    header = struct.pack(">IIBBBBB", edge_px, edge_px, 1, 0, 0, 0, 0)
    return (
        PNG_SIGNATURE
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", b"".join(rows))
        + chunk(b"IEND", b"")
    )


def jpeg_of(width_px: int, height_px: int) -> bytes:
    """A JPEG that says it is that large."""
    content = bytearray(base_images()["jpeg"])
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height_px, width_px)
    return bytes(content)


def webp_of(width_px: int, height_px: int) -> bytes:
    """A WebP whose canvas says it is that large."""
    content = bytearray(base_images()["webp with alpha"])
    at = content.index(b"VP8X") + 12
    size = (width_px - 1).to_bytes(3, "little") + (height_px - 1).to_bytes(3, "little")
    content[at : at + 6] = size
    return bytes(content)


def text_bomb(kind: bytes) -> bytes:
    """A small PNG with 200 MB of compressed text, profile or EXIF in it."""
    heads = {b"zTXt": b"Comment\0\0", b"iCCP": b"sRGB\0\0", b"iTXt": b"Comment\0\1\0\0\0"}
    return with_chunk(kind, heads[kind] + _zeros(200_000_000))


@cache
def _zeros(length: int) -> bytes:
    squeeze, piece = zlib.compressobj(9), bytes(1_000_000)
    return b"".join(squeeze.compress(piece) for _ in range(length // 1_000_000)) + squeeze.flush()


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """A small PNG with one more chunk behind its header."""
    plain = base_images()["png"]
    return plain[:33] + chunk(kind, content) + plain[33:]


@cache
def moving(kind: str, frames: int) -> bytes:
    """A file of that kind with so many frames."""
    pictures = [Image.new("RGB", (8, 8), (n * 97 % 256, n // 256, 9)) for n in range(frames)]
    made = io.BytesIO()
    pictures[0].save(made, kind, save_all=True, append_images=pictures[1:], duration=10)
    return made.getvalue()


@cache
def archive() -> bytes:
    """A ZIP with a page in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("META-INF/page.html", PAGE)
    return made.getvalue()


PAGE = b"<!doctype html><script>alert('a foreign page')</script>"


def polyglots() -> dict[str, bytes]:
    """Files that are an image and something else at once."""
    png, jpeg = base_images()["png"], base_images()["jpeg"]
    remark = b"\xff\xfe" + struct.pack(">H", len(PAGE) + 2) + PAGE
    return {
        "png and zip": png + archive(),
        "jpeg and page": jpeg[:2] + remark + jpeg[2:],
        "jpeg and page behind": jpeg + PAGE,
        "png and page inside": with_chunk(b"tEXt", b"Comment\0" + PAGE),
        "webp and zip": base_images()["webp"] + archive(),
        "gif and zip": moving("GIF", 2) + archive(),
    }


def foreign() -> dict[str, bytes]:
    """Whole files of kinds that are not opened; their names all end in .png."""
    picture = Image.new("RGB", (32, 32), "teal")
    files = {
        kind: _saved(picture, kind) for kind in ("TIFF", "ICO", "BMP", "GIF", "PPM", "PDF", "EPS")
    }
    return files | {
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "HTML": PAGE,
        "PS": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\nshowpage\n",
        "PSD": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 32, 32, 8, 3) + bytes(64),
        "WMF": b"\xd7\xcd\xc6\x9a" + bytes(64),
        "FITS": b"SIMPLE  =                    T".ljust(80) + bytes(2800),
        "ZIP": archive(),
        "AVIF": b"\0\0\0\x20ftypavif" + bytes(64),
        "text": b"not an image at all",
        "nothing": b"",
        "WAVE": b"RIFF\x24\0\0\0WAVEfmt " + bytes(32),
    }


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


@cache
def base_images() -> dict[str, bytes]:
    """Small, good images of every kind that is opened."""
    picture = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((20, 10, 70, 55), fill=(230, 90, 20))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    exif.get_ifd(0x8825)[1] = "N"
    see_through = picture.convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize((96, 64)))
    return {
        "png": _saved(picture, "PNG"),
        "png palette": _saved(picture.quantize(16), "PNG"),
        "png 16 bit": _saved(
            Image.linear_gradient("L").convert("I").point(lambda v: v * 257).convert("I;16"), "PNG"
        ),
        "png see-through": _saved(see_through, "PNG"),
        "png 1 bit": _saved(picture.convert("1"), "PNG"),
        "jpeg": _saved(picture, "JPEG", quality=85),
        "jpeg progressive": _saved(picture, "JPEG", progressive=True, exif=exif),
        "jpeg cmyk": _saved(picture.convert("CMYK"), "JPEG"),
        "webp": _saved(picture, "WEBP"),
        "webp lossless": _saved(picture, "WEBP", lossless=True),
        "webp with alpha": _saved(see_through, "WEBP", exif=exif),
    }


def hostile(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many different hostile images, each with what it is; equal seeds give equal images."""
    chance = random.Random(seed)
    whole = [*foreign().items(), *polyglots().items(), *bombs()]
    for number in range(count):
        if number < len(whole):
            yield whole[number]
        else:
            make = chance.choices(list(WAYS), weights=list(WAYS.values()))[0]
            yield f"{make.__name__.strip('_')} {number}", make(chance)


def chunks_without_end(kind: bytes, content: bytes = b"", size_bytes: int = _FLOOD) -> bytes:
    """A PNG of so many bytes of the smallest chunks, each of which is right."""
    small = chunk(kind, content)
    return (
        base_images()["png"][:33] + small * (size_bytes // len(small)) + base_images()["png"][33:]
    )


def segments_without_end(segment: bytes, size_bytes: int = _FLOOD) -> bytes:
    """A JPEG of so many bytes of the smallest segments, or of what may stand between them."""
    plain = base_images()["jpeg"]
    behind_head = 20  # what every JPEG of this kind begins with
    return plain[:behind_head] + segment * (size_bytes // len(segment)) + plain[behind_head:]


def scans_without_end() -> bytes:
    """A progressive JPEG whose last scan comes again and again, each over a megapixel."""
    content = _saved(Image.new("L", (1_000, 1_000), 128), "JPEG", progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + scan * (_FLOOD // len(scan)) + content[-2:]


BOMBS: dict[str, Callable[[], bytes]] = {
    **{f"a PNG of {edge:,} by {edge:,}": partial(png_bomb, edge) for edge in BOMB_EDGES},
    "a JPEG of 65,500 by 65,500": partial(jpeg_of, 65_500, 65_500),
    "a WebP of 16,000 by 16,000": partial(webp_of, 16_000, 16_000),
    **{f"200 MB in {kind.decode()}": partial(text_bomb, kind) for kind in TEXT_KINDS},
    **{f"{kind} with 10,000 frames": partial(moving, kind, 10_000) for kind in MOVING_KINDS},
    "a PNG of texts without end": partial(chunks_without_end, b"tEXt", b"a\0"),
    "a PNG of unknown chunks without end": partial(chunks_without_end, b"abCd"),
    "a PNG of empty pixels without end": partial(chunks_without_end, b"IDAT"),
    "a JPEG of remarks without end": partial(segments_without_end, b"\xff\xfe\0\2"),
    "a JPEG of fillers without end": partial(segments_without_end, b"\xff"),
    "a JPEG of nothing without end": partial(segments_without_end, b"\0"),
    "a JPEG of scans without end": scans_without_end,
}
"""What grows when it is opened, and how it is made."""


@cache
def bomb(name: str) -> bytes:
    """The bomb of that name."""
    return BOMBS[name]()


def bombs() -> Iterator[tuple[str, bytes]]:
    """Every bomb, with what it is."""
    return ((name, bomb(name)) for name in BOMBS)


def _any_image(chance: random.Random) -> bytes:
    return chance.choice(list(base_images().values()))


def truncated(chance: random.Random) -> bytes:
    """A file that ends too early."""
    content = _any_image(chance)
    return content[: chance.randrange(1, len(content))]


def flipped(chance: random.Random) -> bytes:
    """A file with some bits turned over."""
    content = bytearray(_any_image(chance))
    for _ in range(chance.choice((1, 1, 2, 8, 50))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def resealed(chance: random.Random) -> bytes:
    """A PNG with a spoiled chunk whose checksum is right, which is how far a thief would go."""
    content = bytearray(
        chance.choice([c for name, c in base_images().items() if name[:3] == "png"])
    )
    at = 8
    while chance.random() < 0.5 and content[at + 4 : at + 8] != b"IEND":
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    length = int.from_bytes(content[at : at + 4], "big")
    for _ in range(chance.randrange(1, 6)):
        if length:
            content[at + 8 + chance.randrange(length)] = chance.randrange(256)
    content[at + 8 + length : at + 12 + length] = struct.pack(
        ">I", zlib.crc32(bytes(content[at + 4 : at + 8 + length]))
    )
    return bytes(content)


def lying(chance: random.Random) -> bytes:
    """A file that says it has another size."""
    size = chance.choice((1, 7, 4_096, 30_000, 16_383)), chance.choice((1, 9_999, 16_383))
    if chance.random() < 0.3:
        return webp_of(*size)
    if chance.random() < 0.5:
        return jpeg_of(*size)
    plain = base_images()["png"]
    header = chance.choice((struct.pack(">II", *size), chance.randbytes(8))) + plain[24:29]
    return plain[:8] + chunk(b"IHDR", header) + plain[33:]


def spliced(chance: random.Random) -> bytes:
    """The beginning of one file and the end of another."""
    one, other = _any_image(chance), _any_image(chance)
    return one[: chance.randrange(12, len(one))] + other[chance.randrange(len(other)) :]


def noise(chance: random.Random) -> bytes:
    """A right beginning, and nothing that makes sense behind it."""
    return _any_image(chance)[: chance.choice((8, 16, 30, 41))] + chance.randbytes(
        chance.randrange(4_000)
    )


def repeated(chance: random.Random) -> bytes:
    """One stretch of a file again and again."""
    content = _any_image(chance)
    at = chance.randrange(len(content))
    piece = content[at : at + chance.randrange(1, 200)]
    return content[:at] + piece * chance.randrange(2, 200) + content[at:]


WAYS: dict[Callable[[random.Random], bytes], int] = {
    truncated: 4,
    flipped: 5,
    resealed: 3,
    lying: 2,
    spliced: 2,
    noise: 1,
    repeated: 1,
}
