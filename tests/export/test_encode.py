"""Files are read back as other programs read them: pixels, provenance, colour space, size."""

import time

import numpy as np
import pytest
from defusedxml import ElementTree
from PIL import ExifTags, Image

from brandstudio.export.encode import (
    Provenance,
    TooLargeError,
    encode,
    is_visually_lossless,
    png_with_provenance,
    srgb_profile,
)
from brandstudio.export.xmp import GENERATED, Credits, packet
from tests.export.samples import DESCRIBED, opened, params, picture, placement, text_of

PROVENANCE = Provenance(
    "Prompt with ü\nSteps: 4, Seed: 7, Size: 8x8", Credits("Ann & Co", "T<", "©")
)
NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
}
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


def xmp_of(image: Image.Image) -> bytes:
    own = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
    return own if isinstance(own, bytes) else own.encode()


def noise(size: int) -> Image.Image:
    levels = np.random.default_rng(1).integers(0, 256, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(levels, "RGB")


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_the_file_says_that_an_algorithm_made_it_and_whose_it_is(kind: str):
    image = opened(encode(picture(), placement(256, 256, format=kind), PROVENANCE).content)
    [described] = ElementTree.fromstring(xmp_of(image)).iter(f"{{{NAMES['rdf']}}}Description")
    told = {
        part: described.findtext(f"dc:{part}//rdf:li", None, NAMES)
        for part in ("creator", "title", "rights")
    }
    assert described.get(SOURCE_TYPE) == GENERATED
    assert told == {"creator": "Ann & Co", "title": "T<", "rights": "©"}


def test_a_jpeg_carries_its_infotext_where_image_tools_look():
    image = opened(encode(picture(), placement(256, 256), PROVENANCE).content)
    comment = image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert comment[:8] == b"UNICODE\0"
    assert comment[8:].decode("utf-16-be") == PROVENANCE.infotext


@pytest.mark.parametrize("text", ["Seed: 7", "Prompt with ü\nSeed: 7"], ids=["ascii", "umlaut"])
def test_a_png_carries_its_infotext_where_image_tools_look(text: str):
    told = Provenance(text, PROVENANCE.credits)
    image = opened(encode(picture(), placement(256, 256, format="png"), told).content)
    assert text_of(image)["parameters"] == text


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_the_colours_are_declared_as_srgb(kind: str):
    image = opened(encode(picture(), placement(256, 256, format=kind), PROVENANCE).content)
    assert image.info["icc_profile"] == srgb_profile()


def test_a_png_within_its_limit_loses_nothing():
    image = opened(encode(picture(), placement(256, 256, format="png"), PROVENANCE).content)
    assert np.array_equal(np.asarray(image), np.asarray(picture()))


def test_a_jpeg_takes_the_best_quality_that_fits():
    detailed = picture(busy=True)
    free = encode(detailed, placement(256, 256), PROVENANCE)
    limit = len(free.content) * 3 // 4
    fitted = encode(detailed, placement(256, 256, max_bytes=limit), PROVENANCE)
    assert free.note == "JPEG quality 95"
    assert 0.8 * limit < len(fitted.content) <= limit


def test_a_jpeg_is_never_made_worse_than_quality_70():
    with pytest.raises(TooLargeError, match="at JPEG quality 70; the limit is 20 KB"):
        encode(noise(512), placement(512, 512, max_bytes=20_000), PROVENANCE)


def test_a_png_that_would_need_visible_loss_is_refused():
    with pytest.raises(TooLargeError, match="without visible loss"):
        encode(noise(256), placement(256, 256, format="png", max_bytes=100_000), PROVENANCE)


def test_a_picture_of_few_colours_may_become_a_palette_and_says_so():
    grain = np.random.default_rng(1).integers(0, 2, (400, 400, 3), dtype=np.uint8)
    grainy = Image.fromarray(np.asarray(picture(400)) + grain, "RGB")
    full = encode(grainy, placement(400, 400, format="png"), PROVENANCE)
    limit = len(full.content) * 9 // 10
    reduced = encode(grainy, placement(400, 400, format="png", max_bytes=limit), PROVENANCE)
    assert (full.note, reduced.note) == ("PNG, 24 bit", "PNG, palette of 256 colours")
    assert len(reduced.content) <= limit
    assert is_visually_lossless(grainy, opened(reduced.content).convert("RGB"))


def test_a_picture_that_hardly_compresses_is_still_written():
    content = encode(noise(512), placement(512, 512), PROVENANCE).content
    assert opened(content).size == (512, 512)


def test_a_difference_in_a_small_patch_is_seen():
    changed = picture()
    changed.paste((0, 0, 0), (10, 10, 30, 30))
    assert not is_visually_lossless(picture(), changed)


def test_a_rendered_variant_carries_its_parameters_and_its_origin():
    image = opened(png_with_provenance(picture(), params(), DESCRIBED))
    assert "Seed: 7" in text_of(image)["parameters"]
    assert GENERATED.encode() in xmp_of(image)


def test_storing_a_variant_is_quick():
    rough = noise(256)
    png_with_provenance(rough, params(), DESCRIBED)
    took: list[float] = []
    for _ in range(5):
        started = time.thread_time()
        png_with_provenance(rough, params(), DESCRIBED)
        took.append(time.thread_time() - started)
    assert min(took) < 0.03


def test_equal_content_gives_equal_bytes():
    twice = [png_with_provenance(picture(), params(), DESCRIBED) for _ in range(2)]
    assert twice[0] == twice[1]


def test_markup_in_a_title_cannot_break_the_packet():
    hostile = Credits('"><x:evil/>', "</rdf:li>", "{tool}")
    assert ElementTree.fromstring(packet(hostile)) is not None
