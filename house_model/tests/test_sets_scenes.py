"""The factors of sets, and what is built of them, without rendering."""

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest

from house_model.sets import looks
from house_model.sets.captions import caption, mirrored_caption
from house_model.sets.pieces import KINDS, built
from house_model.sets.products import PRODUCTS
from house_model.sets.scene import (
    HUNG,
    SETTINGS,
    SIZES,
    SetScene,
    layouts,
    sample_scene,
)
from house_model.sets.solids import FIRST_PIECE, PODIUM, PRODUCT, Shot
from house_model.sets.stage import build

ROOT = Path(__file__).parents[2]


def scenes(number: int, *, look: str = "natural") -> list[SetScene]:
    rng = random.Random(7)
    return [sample_scene(rng, look=look, size=rng.choice(list(SIZES))) for _ in range(number)]


def product_points(shot: Shot) -> np.ndarray:
    return np.concatenate(
        [solid.mesh.vertices for solid in shot.solids if PRODUCT <= solid.part < PODIUM]
    )


def test_the_same_chance_gives_the_same_set() -> None:
    assert scenes(20) == scenes(20)


def test_factors_are_plain_values() -> None:
    for scene in scenes(20):
        assert json.loads(json.dumps(scene.values))["setting"] == scene.setting


def test_sets_vary() -> None:
    drawn = scenes(300)
    assert {scene.setting for scene in drawn} == set(SETTINGS)
    assert {scene.product for scene in drawn} == set(PRODUCTS)
    assert 0.12 < np.mean([scene.is_empty for scene in drawn]) < 0.28
    assert {scene.light.side for scene in drawn} == {"left", "right", "behind"}


@pytest.mark.parametrize("look", looks.look_names())
def test_pieces_leave_the_copy_space_quiet(look: str) -> None:
    for scene in scenes(120, look=look):
        copy = layouts()[scene.layout].copy_space
        for piece in scene.pieces:
            is_beside = piece.right <= copy.left or piece.left >= copy.right
            assert is_beside or piece.top >= copy.bottom, (scene.setting, piece)


def test_what_stands_in_front_leaves_the_product_free() -> None:
    for scene in scenes(300):
        middle = scene.box.left + scene.box.width / 2
        for piece in scene.pieces:
            if piece.foot > scene.box.bottom and piece.kind not in HUNG:
                assert piece.left > middle or piece.right < middle


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_camera_sees_the_product_where_the_scene_has_it(product: str) -> None:
    chosen = [scene for scene in scenes(400) if scene.product == product and not scene.is_empty]
    for scene in chosen[:3]:
        shot = build(scene)
        bounds = shot.camera.bounds(product_points(shot))
        assert bounds.bottom == pytest.approx(scene.box.bottom, abs=0.01)
        assert bounds.width <= scene.box.width * 1.06
        assert bounds.top >= scene.box.top - 0.01


def test_a_shot_without_its_product_keeps_the_set() -> None:
    scene = next(s for s in scenes(100) if s.stand == "podium" and not s.is_empty and s.pieces)
    shot = build(scene)
    parts = {solid.part for solid in shot.without_product().solids}
    assert PODIUM in parts
    assert FIRST_PIECE in parts
    assert not any(PRODUCT <= part < PODIUM for part in parts)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_keep_their_size_and_their_shape(kind: str) -> None:
    low, high = KINDS[kind].aspect
    width, height = 0.8, 0.8 * (low + high) / 2
    meshes = [part.mesh.vertices for part in built(kind, width, height, 5)]
    points, again = np.concatenate(meshes), [p.mesh.vertices for p in built(kind, width, height, 5)]
    assert all(np.array_equal(a, b) for a, b in zip(meshes, again, strict=True))
    assert np.isfinite(points).all()
    assert np.ptp(points[:, 0]) < 1.7 * width + 0.2
    assert points[:, 2].max() < 1.5 * height + 0.45


def test_every_look_colours_every_slot_in_every_setting() -> None:
    rng = random.Random(1)
    for name in looks.look_names():
        look = looks.read_look(name)
        for setting in SETTINGS:
            roles = look.roles_in(setting, "coral")
            for kind in KINDS:
                for part in built(kind, 0.5, 0.5, rng.getrandbits(16)):
                    made = looks.material(look, setting, part.slot, roles)
                    assert all(0 <= channel <= 1 for channel in made.colour)


def test_captions_speak_as_the_templates_do() -> None:
    templates = " ".join(f.read_text() for f in (ROOT / "presets" / "templates").glob("*.yaml"))
    layout_text = " ".join(f.read_text() for f in (ROOT / "presets" / "layouts").glob("*.yaml"))
    prompts = set(re.findall(r"prompt: ([^},\n]+)", templates + layout_text))
    places = [words for words in prompts if words.startswith(("in ", "on a sunny", "at "))]
    rng, told = random.Random(3), list[bool]()
    for scene in scenes(300):
        if scene.setting not in ("studio", "water", "cloth", "arches", "window"):
            words = caption(scene, rng)
            told.append(any(place in words for place in places))
    assert np.mean(told) > 0.75


def test_a_brand_speaks_its_trigger_first() -> None:
    assert all(
        caption(scene, random.Random(1)).startswith("voltra brand style, ")
        for scene in scenes(10, look="voltra")
    )


def test_an_empty_set_has_no_product_in_its_caption() -> None:
    for scene in scenes(200):
        if scene.is_empty:
            words = caption(scene, random.Random(scene.seed))
            assert scene.product not in words.split(",")[0]


def test_a_mirrored_caption_names_the_other_side() -> None:
    words = "a red can, light from the left, product on the right"
    assert mirrored_caption(words) == "a red can, light from the right, product on the left"
    assert mirrored_caption(mirrored_caption(words)) == words
