"""What becomes of an image from outside: upright, as large as is looked at, and nothing else."""

import random
import warnings

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from brandstudio.decoder.errors import MAX_EDGE_PX, Refusal, UnfitError
from brandstudio.decoder.pictures import decode
from tests.decoder import profiles
from tests.decoder.patches import distance, made_of, patches, pixel, saved
from tests.decoder.warm import opened
from tests.hostile_images import (
    BOMBS,
    PAGE,
    base_images,
    bomb,
    foreign,
    hostile,
    jpeg_of,
    moving,
    polyglots,
    webp_of,
)


def refusal_of(content: bytes) -> Refusal:
    with pytest.raises(UnfitError) as refused:
        decode(content)
    return refused.value.refusal


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
            assert distance(pixel(made, (12, 12)), (255, 0, 0)) < 3, (orientation, kind)


def test_nothing_but_pixels_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[1] = "SECRET place"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "SECRET remark")
    text.add_itxt("XML:com.adobe.xmp", "<SECRET/>")
    icc = profiles.srgb().tobytes()
    for content in (
        saved(patches(), exif=exif, pnginfo=text, icc_profile=icc),
        saved(patches(), "JPEG", exif=exif, comment=b"SECRET", icc_profile=icc, xmp=b"<SECRET/>"),
        saved(patches(), "WEBP", exif=exif, xmp=b"<SECRET/>", icc_profile=icc),
    ):
        assert b"SECRET" in content
        made = decode(content).content
        assert b"SECRET" not in made
        assert {made[at : at + 4] for at in range(12, 20, 8)} == {b"VP8 "}


def test_what_is_see_through_stays_so_and_what_is_not_loses_its_alpha():
    half = Image.new("RGBA", (40, 40), (200, 30, 30, 255))
    half.paste((0, 0, 0, 0), (0, 0, 20, 40))
    made = made_of(saved(half))
    assert made.mode == "RGBA"
    assert (pixel(made, (5, 20))[3], pixel(made, (35, 20))[3]) == (0, 255)
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
        made = decode(saved(Image.new("RGB", size, "teal"), kind))
        assert (made.width_px, made.height_px) == kept


@pytest.mark.parametrize("name", foreign())
def test_other_files_are_refused_by_what_is_in_them(name):
    assert refusal_of(foreign()[name]) is Refusal.WRONG_KIND


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(name):
    [outcome] = opened([bomb(name)])
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
    assert distance(pixel(made_of(content), (32, 32)), (255, 165, 0)) < 2


def test_an_archive_that_calls_itself_a_moving_picture_is_neither():
    assert refusal_of(polyglots()["gif and zip"]) is Refusal.WRONG_KIND


@pytest.mark.parametrize("name", [name for name in polyglots() if "gif" not in name])
def test_nothing_foreign_survives_in_what_is_kept(name):
    content = polyglots()[name]
    assert PAGE in content or b"PK\x03\x04" in content
    made = decode(content).content
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
