"""What becomes of an image from outside: its colours, its position, and nothing else of it."""

import random
import struct
import warnings
from io import BytesIO

import pytest
from coloraide import Color
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from benchmarks.hostile_images import (
    PAGE,
    base_images,
    bombs,
    foreign,
    hostile,
    jpeg_of,
    moving,
    polyglots,
    webp_of,
)
from brandstudio.decoder.pictures import plain
from brandstudio.decoder.refusals import MAX_EDGE_PX, Refusal, UnfitError
from tests.decoder.warm import opened

PATCHES = ("#d04020", "#20a060", "#3050c0", "#e8c030", "#808080", "#f4f4f4", "#141414", "#a03090")


def patches() -> Image.Image:
    """Eight fields of one colour each."""
    image = Image.new("RGB", (8 * 32, 32))
    for at, colour in enumerate(PATCHES):
        ImageDraw.Draw(image).rectangle((at * 32, 0, at * 32 + 31, 31), fill=colour)
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    made = BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def made_of(content: bytes) -> Image.Image:
    return Image.open(BytesIO(plain(content).content))


def refusal_of(content: bytes) -> Refusal:
    with pytest.raises(UnfitError) as refused:
        plain(content)
    return refused.value.refusal


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """ΔE2000 of two colours in sRGB."""
    first, second = (Color("srgb", [part / 255 for part in c[:3]]) for c in (one, other))
    return first.delta_e(second, method="2000")


def colours_of(image: Image.Image) -> list[tuple[int, ...]]:
    return [image.convert("RGB").getpixel((at * 32 + 16, 16)) for at in range(len(PATCHES))]


def farthest(one: Image.Image, other: Image.Image) -> float:
    """The largest ΔE2000 of the patches of two images."""
    return max(distance(a, b) for a, b in zip(colours_of(one), colours_of(other), strict=True))


def profile_of(name: str) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name))


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
    assert distance(made.getpixel((32, 32)), (level, level, level)) < 2


def test_a_profile_is_applied_and_then_gone():
    wide = wide_gamut_profile()
    in_wide = ImageCms.profileToProfile(patches(), profile_of("sRGB"), wide, outputMode="RGB")
    assert farthest(in_wide, patches()) > 3, "the profile must matter"
    made = made_of(saved(in_wide, icc_profile=wide.tobytes()))
    assert farthest(made, patches()) < 2
    assert "icc_profile" not in made.info


def wide_gamut_profile() -> ImageCms.ImageCmsProfile:
    """sRGB with the primaries of Display P3, patched into the file."""
    content = bytearray(profile_of("sRGB").tobytes())
    primaries = {
        b"rXYZ": (0.5151, 0.2412, -0.0011),
        b"gXYZ": (0.2919, 0.6922, 0.0419),
        b"bXYZ": (0.1572, 0.0666, 0.7841),
    }
    for tag, xyz in primaries.items():
        entry = content.index(tag, 128)
        at = int.from_bytes(content[entry + 4 : entry + 8], "big")
        content[at + 8 : at + 20] = struct.pack(">3i", *(round(v * 65536) for v in xyz))
    return ImageCms.ImageCmsProfile(BytesIO(bytes(content)))


@pytest.mark.parametrize("profile", [b"", b"nonsense", b"\0" * 16 + b"CMYK" + b"\0" * 200])
def test_a_spoiled_profile_does_not_spoil_the_image(profile):
    made = made_of(saved(patches(), "JPEG", quality=95, icc_profile=profile))
    assert distance(colours_of(made)[0], (0xD0, 0x40, 0x20)) < 2


def test_an_image_stands_the_way_it_was_held_in_all_eight_positions():
    upright = Image.new("RGB", (60, 90), "white")
    ImageDraw.Draw(upright).rectangle((0, 0, 29, 29), fill="red")
    ways = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    for orientation, way in ways.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        held = upright if way is None else upright.transpose(way)
        for kind in ("JPEG", "PNG", "WEBP"):
            made = made_of(saved(held, kind, exif=exif))
            assert made.size == (60, 90), (orientation, kind)
            assert distance(made.getpixel((12, 12)), (255, 0, 0)) < 3, (orientation, kind)


def test_nothing_but_pixels_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[1] = "SECRET place"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "SECRET remark")
    text.add_itxt("XML:com.adobe.xmp", "<SECRET/>")
    icc = profile_of("sRGB").tobytes()
    for content in (
        saved(patches(), exif=exif, pnginfo=text, icc_profile=icc),
        saved(patches(), "JPEG", exif=exif, comment=b"SECRET", icc_profile=icc, xmp=b"<SECRET/>"),
        saved(patches(), "WEBP", exif=exif, xmp=b"<SECRET/>", icc_profile=icc),
    ):
        assert b"SECRET" in content
        made = plain(content).content
        assert b"SECRET" not in made
        assert {made[at : at + 4] for at in range(12, 20, 8)} == {b"VP8 "}


def test_what_is_see_through_stays_so_and_what_is_not_loses_its_alpha():
    half = Image.new("RGBA", (40, 40), (200, 30, 30, 255))
    half.paste((0, 0, 0, 0), (0, 0, 20, 40))
    made = made_of(saved(half))
    assert made.mode == "RGBA"
    assert (made.getpixel((5, 20))[3], made.getpixel((35, 20))[3]) == (0, 255)
    assert made_of(saved(Image.new("RGBA", (9, 9), "red"))).mode == "RGB"


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ((4000, 3000), (MAX_EDGE_PX, MAX_EDGE_PX * 3 // 4)),
        ((1601, 10), (1600, 10)),
        ((30_000, 2), (1600, 1)),
        ((3, 9_000), (1, 1600)),
        ((40, 30), (40, 30)),
    ],
)
def test_a_large_image_becomes_smaller_and_a_small_one_stays(size, kept):
    for kind in ("PNG", "JPEG"):
        made = plain(saved(Image.new("RGB", size, "teal"), kind))
        assert (made.width_px, made.height_px) == kept


@pytest.mark.parametrize("name", foreign())
def test_other_files_are_refused_by_what_is_in_them(name):
    assert refusal_of(foreign()[name]) is Refusal.WRONG_KIND


@pytest.mark.parametrize(
    ("name", "content"), list(bombs()), ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_bomb_does_not_go_off(name, content):
    [outcome] = opened([content])
    assert outcome.status in set(Refusal) or "in zTXt" in name or "in iTXt" in name
    if "by" in name:
        assert outcome.status == Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("width", "height", "taken"), [(8_000, 5_000, True), (8_000, 5_001, False)]
)
def test_forty_megapixels_fit_and_one_row_more_does_not(width, height, taken):
    image = saved(Image.new("1", (width, height)))
    [outcome] = opened([image])
    assert outcome.status == (0 if taken else Refusal.TOO_MANY_PIXELS)


def test_sizes_are_believed_before_anything_is_decoded():
    assert refusal_of(jpeg_of(65_500, 65_500)) is Refusal.TOO_MANY_PIXELS
    assert refusal_of(webp_of(16_383, 16_383)) is Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_image_is_refused(kind):
    assert refusal_of(moving(kind, 3)) is Refusal.MOVING


def test_a_photo_that_carries_a_second_picture_is_a_photo():
    first, second = Image.new("RGB", (64, 64), "orange"), Image.new("RGB", (64, 64), "black")
    content = saved(first, "MPO", save_all=True, append_images=[second])
    assert distance(made_of(content).getpixel((32, 32)), (255, 165, 0)) < 2


@pytest.mark.parametrize("name", [name for name in polyglots() if "gif" not in name])
def test_nothing_foreign_survives_in_what_is_kept(name):
    content = polyglots()[name]
    assert PAGE in content or b"PK\x03\x04" in content
    made = plain(content).content
    for trace in (PAGE, b"<script", b"PK\x03\x04", b"META-INF"):
        assert trace not in made


def test_a_file_cut_anywhere_is_refused_or_whole():
    cuts = [
        content[: len(content) * at // 50]
        for content in (base_images()[k] for k in ("png", "jpeg progressive", "webp", "jpeg cmyk"))
        for at in range(50)
    ]
    outcomes = opened(cuts)
    assert len(outcomes) == len(cuts) == 200
    assert {outcome.status for outcome in outcomes} <= {0, *Refusal}
    assert sum(outcome.status == 0 for outcome in outcomes) <= 4, "half images were taken"


def test_a_file_with_turned_bits_ends_no_process():
    chance = random.Random(20_261_120)
    turned: list[bytes] = []
    for _ in range(500):
        content = bytearray(chance.choice(list(base_images().values())))
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        turned.append(bytes(content))
    outcomes = opened(turned)
    assert len(outcomes) == 500
    assert {outcome.status for outcome in outcomes} <= {0, *Refusal}


def test_a_thousand_hostile_images_are_all_answered():
    images = [content for _, content in hostile(seed=7, count=1000)]
    outcomes = opened(images)
    assert len(outcomes) == 1000
    assert {outcome.status for outcome in outcomes} <= {0, *Refusal}
    for outcome in outcomes:
        assert outcome.status or outcome.content[8:16] in {b"WEBPVP8 ", b"WEBPVP8X", b"WEBPVP8L"}


def test_the_limit_holds_also_where_warnings_are_switched_off():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert refusal_of(saved(Image.new("1", (6_400, 6_400)))) is Refusal.TOO_MANY_PIXELS
