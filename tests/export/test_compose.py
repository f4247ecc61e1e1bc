"""Renditions have the exact size, readable type, and the logo that shows best."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageChops

from brandstudio.domain.arrangement import Overlay, Rect
from brandstudio.domain.pack import RenditionPlan, SourceImage, plan_rendition
from brandstudio.domain.placement import Placement
from brandstudio.domain.values import Box
from brandstudio.export.build import kit_of
from brandstudio.export.compose import BrandKit, RenditionError, compose, logo_aspect, render_logo
from brandstudio.export.legible import READABLE, contrast_of, prepare, worst_contrast
from brandstudio.export.upscale import cut
from tests.export.samples import (
    LAYOUT,
    OVERLAY,
    STORY,
    brand,
    brand_files,
    pack,
    picture,
    placement,
)

SIZES = [
    (1080, 1080),
    (1080, 1350),
    (1200, 628),
    (728, 90),
    (160, 600),
    (300, 250),
    (320, 50),
    (1000, 1500),
]
SLUGS = ["voltra", "solenne", "fjellro"]


def kit(slug: str = "fjellro") -> BrandKit:
    return kit_of(pack(brand_slug=slug))


def source(overlay: Overlay = OVERLAY) -> SourceImage:
    return SourceImage(1, "baseline", 7, 256, 256, LAYOUT.product, LAYOUT.copy_space, overlay, 4.0)


def planned(where: Placement, own: BrandKit, overlay: Overlay = OVERLAY) -> RenditionPlan:
    plan = plan_rendition(source(overlay), where, own.type)
    assert isinstance(plan, RenditionPlan)
    return plan


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("size", [*SIZES, (1080, 1920)], ids=str)
def test_a_rendition_has_exactly_the_placements_size(slug: str, size: tuple[int, int]):
    where = STORY if size == (1080, 1920) else placement(*size)
    drawn = compose(planned(where, kit(slug)), picture(), kit(slug))
    assert (drawn.size, drawn.mode) == (size, "RGB")


@pytest.mark.parametrize("busy", [False, True], ids=["calm", "busy"])
@pytest.mark.parametrize("slug", SLUGS)
def test_type_can_be_read_on_the_pixels_behind_it(slug: str, *, busy: bool):
    own = kit(slug)
    plan = planned(placement(1080, 1080), own)
    canvas = cut(picture(busy=busy), plan.crop, (1080, 1080))
    assert plan.text is not None
    ground = prepare(
        canvas,
        [plan.text],
        plan.zone,
        plan.product,
        inks=(own.colours.text, own.colours.scrim),
        pad_px=4,
    )
    assert ground is not None
    assert worst_contrast(ground.canvas, [plan.text], ground.ink) >= READABLE
    assert (ground.scrim_opacity > 0) == busy


def test_a_calm_picture_is_left_as_it_is():
    own = kit()
    plan = planned(placement(1080, 1080), own)
    drawn = compose(plan, picture(), own)
    floor = Rect(0, 900, 1080, 1080)
    plain = cut(picture(), plan.crop, (1080, 1080))
    assert ImageChops.difference(drawn.crop(floor), plain.crop(floor)).getbbox() is None


def test_a_scrim_keeps_away_from_the_far_side_of_the_picture():
    own = kit()
    plan = planned(placement(1080, 1080), own)
    drawn = compose(plan, picture(busy=True), own)
    far = Rect(0, 0, 60, 1080)
    plain = cut(picture(busy=True), plan.crop, (1080, 1080))
    assert ImageChops.difference(drawn.crop(far), plain.crop(far)).getbbox() is None


def test_colours_that_cannot_be_read_on_each_other_are_a_problem():
    own = kit()
    faint = own.colours.but(text="#808080", scrim="#8A8A8A")
    pale = replace(own, colours=faint)
    with pytest.raises(RenditionError, match=r"contrast of 1\.\d to 1; 4.5 to 1 is needed"):
        compose(planned(placement(728, 90), own), picture(), pale)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_shipped_brands_colours_can_be_read(slug: str):
    colours = brand(slug).overlay
    assert contrast_of(colours.text, colours.scrim) >= READABLE
    assert contrast_of(colours.cta_text, colours.cta_fill) >= READABLE


@pytest.mark.parametrize(("background", "light"), [("#FFFFFF", False), ("#101010", True)])
def test_the_logo_is_light_on_dark_and_dark_on_light(background: str, *, light: bool):
    own = kit("fjellro")
    plain = Image.new("RGB", (256, 256), background)
    plan = planned(placement(1080, 1080), own)
    drawn = compose(plan, plain, own)
    word = plan.logo._replace(left=plan.logo.left + plan.logo.width // 2)
    levels = np.asarray(drawn.crop(word).convert("L"))
    assert (levels.max() > 180) == light or not light
    assert levels.min() < 90 or light


@pytest.mark.parametrize("slug", SLUGS)
def test_a_logo_is_drawn_at_exactly_the_width_asked_for(slug: str):
    svg = brand_files(slug).logo_svg
    logo = render_logo(svg, 240)
    assert logo.width == 240
    assert logo.height == pytest.approx(240 / logo_aspect(svg), abs=1)


def test_a_long_headline_is_set_small_before_anything_is_left_out():
    long = OVERLAY.but(headline="Für alle, die draußen früh genießen woll")
    plan = planned(placement(300, 250), kit(), long)
    assert plan.overlay.headline == long.headline


def test_enlarging_keeps_flat_colour_flat_and_edges_in_place():
    crop = Box(left=0, top=0, width=1, height=1)
    large = cut(picture(), crop, (1080, 1080))
    left, top, right, bottom = LAYOUT.product.pixels(1080, 1080)
    assert large.getpixel((540, 100)) == pytest.approx((0x9C, 0xC7, 0xE8), abs=2)
    row = np.asarray(large)[(top + bottom) // 2, :, 2].astype(int)
    assert np.abs(np.diff(row))[: left - 12].max() <= 3
    edge = int(np.abs(np.diff(row))[left - 40 : left + 40].argmax()) + left - 40
    assert abs(edge - left) <= 4
    assert right < 1080


def test_a_part_is_cut_at_fractions_of_a_pixel_without_shifting():
    gradient = Image.linear_gradient("L").convert("RGB")
    crop = Box(left=0.25, top=0.3331, width=0.5, height=0.5)
    drawn = np.asarray(cut(gradient, crop, (512, 512)))[:, 256, 0]
    expected = (0.3331 + 0.5 * (np.arange(512) + 0.5) / 512) * 256 - 0.5
    assert np.abs(drawn - expected)[8:-8].max() < 2
