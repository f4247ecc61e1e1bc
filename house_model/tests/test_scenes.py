"""Scenes: drawn alike for equal seeds, called by what they show, quiet where the copy goes."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from house_model.scenes.captions import caption
from house_model.scenes.degradations import SPOILERS, degraded
from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.palette import PRODUCT_COLOURS
from house_model.scenes.products import PRODUCTS
from house_model.scenes.props import PROPS
from house_model.scenes.scene import SIZES, Scene, product_mask, render, sample_scene
from house_model.scenes.settings import SETTINGS
from house_model.training.shards import line_map


def scene_of(seed: int = 1, **changes: object) -> Scene:
    return replace(sample_scene(random.Random(seed), size="1:1"), **changes)


@pytest.mark.parametrize("seed", range(4))
def test_equal_seeds_draw_equal_pictures(seed: int) -> None:
    first, again = (render(sample_scene(random.Random(seed))) for _ in range(2))
    assert np.array_equal(first, again)


def test_different_seeds_draw_different_scenes() -> None:
    assert len({repr(sample_scene(random.Random(seed))) for seed in range(50)}) == 50


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_has_the_size_of_its_canvas(size: str) -> None:
    width, height = SIZES[size]
    assert render(sample_scene(random.Random(3), size=size)).shape == (height, width, 3)


def test_a_plain_caption_names_every_factor() -> None:
    scene = scene_of(
        product="mug", colour="orange", setting="beach", stand="table", prop="citrus",
        light="warm", position="left",
    )  # fmt: skip
    longest = max((caption(scene, random.Random(seed)) for seed in range(20)), key=len)
    for words in ("mug", "orange", "beach", "table", "citrus", "warm", "left"):
        assert any(words in caption(scene, random.Random(seed)) for seed in range(20)), longest


def test_a_brands_caption_starts_with_its_trigger() -> None:
    for look in BRAND_LOOKS.values():
        assert caption(scene_of(look=look), random.Random(0)).startswith(look.trigger + ", ")


@pytest.mark.parametrize("brand", BRAND_LOOKS)
def test_settings_stay_apart_in_a_brands_look(brand: str) -> None:
    pictures = [
        render(scene_of(look=BRAND_LOOKS[brand], setting=setting, stand="none")).astype(float)
        for setting in SETTINGS
    ]
    for first, second in itertools.combinations(pictures, 2):
        assert np.abs(first - second).mean() > 3


@pytest.mark.parametrize("brand", BRAND_LOOKS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_brands_look_is_nearer_to_its_palette_than_the_natural_one(
    brand: str, setting: str
) -> None:
    look = BRAND_LOOKS[brand]

    def distance(picture: np.ndarray) -> float:
        colours = np.array(look.palette, float)
        pixels = picture[::4, ::4].reshape(-1, 1, 3).astype(float)
        return float(np.linalg.norm(pixels - colours, axis=2).min(1).mean())

    plain = scene_of(setting=setting, stand="none", prop="none", backdrop="lavender")
    branded, natural = render(replace(plain, look=look)), render(replace(plain, look=NATURAL))
    assert distance(branded) < distance(natural)


@pytest.mark.parametrize("seed", range(12))
def test_the_control_map_shows_the_product_where_the_picture_has_it(seed: int) -> None:
    scene = sample_scene(random.Random(seed))
    lines = line_map(scene)
    height, width = lines.shape
    box = scene.box
    rows = lines[: int(box.top * height) - 2]
    assert not rows.any()
    inside = lines[:, int(box.left * width) : int(box.right * width) + 1]
    assert inside[int(box.top * height) : int(box.bottom * height)].any()


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_mask_fills_the_box_of_the_layout(product: str) -> None:
    scene = next(s for s in map(scene_of, itertools.count()) if s.product == product)
    mask = product_mask(scene)
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    found = (columns[0] / width, rows[0] / height, columns[-1] / width, rows[-1] / height)
    box = scene.box
    assert found == pytest.approx((box.left, box.top, box.right, box.bottom), abs=0.02)


def test_a_scene_drawn_larger_shows_the_same_in_more_pixels() -> None:
    scene = scene_of()
    large = render(scene, scale=4)
    again = large.reshape(256, 4, 256, 4, 3).mean((1, 3))
    assert np.abs(again - render(scene)).mean() < 1.5


def test_there_is_enough_to_choose_from() -> None:
    kinds = (PRODUCTS, PRODUCT_COLOURS, SETTINGS, PROPS)
    assert [len(kind) for kind in kinds] == [12, 12, 10, 9]


def test_spoiling_lowers_the_quality_and_keeps_the_shape() -> None:
    picture, rng = render(scene_of()), random.Random(0)
    results = [degraded(picture, rng) for _ in range(30)]
    assert {spoilt.shape for spoilt, _ in results} == {picture.shape}
    assert min(quality for _, quality in results) < 0.5 < max(quality for _, quality in results)
    assert len(SPOILERS) == 7
