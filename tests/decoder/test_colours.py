"""Whatever an image keeps its colours in, they stay what they are: within ΔE2000 of 2."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from coloraide import Color
from PIL import Image, ImageCms

from tests.decoder import profiles
from tests.decoder.patches import colours_of, distance, farthest, made_of, patches, pixel, saved
from tests.hostile_images import PNG_SIGNATURE, chunk

CONVERSIONS = {
    "RGB": lambda image: saved(image),
    "palette": lambda image: saved(image.quantize(256)),
    "see-through": lambda image: saved(image.convert("RGBA")),
    "JPEG": lambda image: saved(image, "JPEG", quality=95),
    "CMYK": lambda image: saved(image.convert("CMYK"), "JPEG", quality=95),
    "WebP": lambda image: saved(image, "WEBP", lossless=True),
}


@pytest.mark.parametrize("kind", CONVERSIONS)
def test_colours_stay_what_they_are_whatever_the_file_keeps_them_in(kind):
    assert farthest(made_of(CONVERSIONS[kind](patches())), patches()) < 2


@pytest.mark.parametrize(
    ("image", "level"),
    [
        (Image.new("I;16", (64, 64), 40_000), 156),
        (Image.new("I;16", (64, 64), 65_535), 255),
        (Image.new("L", (64, 64), 90), 90),
        (Image.new("LA", (64, 64), (90, 255)), 90),
        (Image.new("1", (64, 64), 1), 255),
    ],
    ids=["16 bit", "16 bit white", "grey", "grey and alpha", "1 bit"],
)
def test_greys_of_every_depth_become_eight_bits(image, level):
    made = made_of(saved(image))
    assert made.mode == "RGB"
    assert distance(pixel(made, (32, 32)), (level, level, level)) < 2


def deep(levels: np.ndarray, kind: int, *, unseen: bytes = b"") -> bytes:
    """A PNG of 16 bits, which Pillow reads and does not write."""
    height, width = levels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels.reshape(height, -1))
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    unseen = chunk(b"tRNS", unseen) if unseen else b""
    parts = chunk(b"IHDR", head) + unseen + chunk(b"IDAT", zlib.compress(rows))
    return PNG_SIGNATURE + parts + chunk(b"IEND", b"")


def with_alpha(levels: np.ndarray) -> np.ndarray:
    full = np.full((*levels.shape[:2], 1), 65_535)
    return np.concatenate([levels.reshape(*levels.shape[:2], -1), full], axis=2)


COLOURS = np.asarray(patches(), dtype=np.uint32) * 257
GREYS = np.asarray(patches().convert("L"), dtype=np.uint32) * 257
DEEP = {
    "RGB": (deep(COLOURS, 2), "RGB"),
    "RGBA": (deep(with_alpha(COLOURS), 6), "RGB"),
    "RGB with an unseen colour": (deep(COLOURS, 2, unseen=bytes(6)), "RGB"),
    "grey": (deep(GREYS, 0), "L"),
    "grey and alpha": (deep(with_alpha(GREYS), 4), "L"),
    "grey with an unseen one": (deep(GREYS, 0, unseen=bytes(2)), "L"),
}


@pytest.mark.parametrize("kind", DEEP)
def test_sixteen_bits_become_eight_of_the_same_colours(kind: str):
    content, mode = DEEP[kind]
    made = made_of(content)
    assert made.mode == "RGB"
    assert farthest(made, patches().convert(mode).convert("RGB")) < 2


def test_half_seen_greys_stay_half_seen():
    half = Image.merge("LA", (patches().convert("L"), Image.new("L", patches().size, 128)))
    made = made_of(saved(half))
    assert made.mode == "RGBA"
    assert made.getchannel("A").getextrema() == (128, 128)
    assert farthest(made, patches().convert("L").convert("RGB")) < 2


def test_a_colour_of_a_palette_that_is_not_seen_stays_so():
    image = Image.new("P", (40, 20), 0)
    image.putpalette([200, 30, 30, 0, 0, 255])
    image.paste(1, (20, 0, 40, 20))
    made = made_of(saved(image, transparency=bytes([255, 0])))
    assert [pixel(made, (x, 10))[3] for x in (5, 35)] == [255, 0]
    assert distance(pixel(made, (5, 10)), (200, 30, 30)) < 2


def test_inks_without_the_mark_of_adobe_are_read_as_every_browser_reads_them():
    content = saved(patches().convert("CMYK"), "JPEG", quality=95)
    at = content.index(b"\xff\xee\x00\x0eAdobe")
    bare = content[:at] + content[at + 16 :]
    assert farthest(made_of(bare), patches()) < 2


WIDE = {
    "RGB": lambda image: saved(image, icc_profile=profiles.wide_gamut()),
    "palette": lambda image: saved(image.quantize(256), icc_profile=profiles.wide_gamut()),
    "see-through": lambda image: saved(image.convert("RGBA"), icc_profile=profiles.wide_gamut()),
    "JPEG": lambda image: saved(image, "JPEG", quality=95, icc_profile=profiles.wide_gamut()),
    "WebP": lambda image: saved(image, "WEBP", lossless=True, icc_profile=profiles.wide_gamut()),
}


@pytest.mark.parametrize("kind", WIDE)
def test_a_profile_is_applied_and_then_gone(kind: str):
    wide = ImageCms.ImageCmsProfile(BytesIO(profiles.wide_gamut()))
    in_wide = ImageCms.profileToProfile(patches(), profiles.srgb(), wide, outputMode="RGB")
    assert in_wide is not None
    assert farthest(in_wide, patches()) > 3, "the profile must matter"
    made = made_of(WIDE[kind](in_wide))
    assert farthest(made, patches()) < 2
    assert "icc_profile" not in made.info


@pytest.mark.parametrize("level", [13, 55, 128, 240])
def test_a_profile_of_greys_is_applied(level: int):
    made = made_of(saved(Image.new("L", (40, 40), level), icc_profile=profiles.linear_grey()))
    expected = Color("srgb-linear", [level / 255] * 3).convert("srgb").coords()
    assert distance(pixel(made, (20, 20)), tuple(round(255 * part) for part in expected)) < 2


@pytest.mark.parametrize("kind", ["JPEG", "JPEG without the mark of Adobe"])
def test_a_profile_of_inks_is_applied(kind: str):
    """Inks that print in other colours than their names say: only the profile knows."""
    printed = {(1, 0, 0, 0): (50, 60, 0), (0, 1, 0, 0): (70, -50, 40), (0, 0, 1, 0): (40, 0, -50)}
    icc = profiles.four_inks(printed)
    for inks, lab in {
        **printed,
        (0, 0, 0, 0): profiles.WHITE,
        (0, 0, 0, 1): profiles.BLACK,
    }.items():
        image = Image.new("CMYK", (48, 48), tuple(255 * ink for ink in inks))
        content = saved(image, "JPEG", quality=95, icc_profile=icc)
        if kind != "JPEG":
            at = content.index(b"\xff\xee\x00\x0eAdobe")
            content = content[:at] + content[at + 16 :]
        expected = Color("lab", lab).convert("srgb").clip().coords()
        shown = pixel(made_of(content), (24, 24))
        assert distance(shown, tuple(round(255 * part) for part in expected)) < 2, inks


@pytest.mark.parametrize("profile", [b"", b"nonsense", b"\0" * 16 + b"CMYK" + b"\0" * 200])
def test_a_spoiled_profile_does_not_spoil_the_image(profile):
    made = made_of(saved(patches(), "JPEG", quality=95, icc_profile=profile))
    assert distance(colours_of(made)[0], (0xD0, 0x40, 0x20)) < 2
