"""Rendering at 64 pixels, and shards; skipped where Mitsuba or LLVM is missing."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from house_model.sets import renderer, scene, shards
from house_model.sets.control import control_map
from house_model.sets.renderer import FAST, SLOW, RendererError, engine, render
from house_model.sets.scene import SetScene, sample_scene
from house_model.sets.shards import RenderOrder, read_shard, render_shards
from house_model.sets.solids import Shot
from house_model.sets.stage import build


def _missing() -> str:
    try:
        engine()
    except RendererError as error:
        return str(error)
    return ""


needs_mitsuba = pytest.mark.skipif(bool(_missing()), reason=f"cannot render: {_missing()}")


def product_scene(**factors: object) -> SetScene:
    rng = random.Random(4)
    drawn = (sample_scene(rng) for _ in range(200))
    chosen = next(s for s in drawn if s.setting == "studio" and s.stand == "podium")
    return replace(chosen, is_empty=False, **factors)


def tiny(chosen: SetScene) -> Shot:
    shot = build(chosen)
    return replace(shot, camera=replace(shot.camera, width_px=64, height_px=64))


@needs_mitsuba
def test_equal_seeds_give_equal_pictures() -> None:
    shot = tiny(product_scene())
    first, second = (render(shot, samples=2, seed=3) for _ in range(2))
    assert np.array_equal(first.beauty, second.beauty)
    assert np.array_equal(first.parts, second.parts)


@needs_mitsuba
def test_alpha_lies_where_the_scene_has_the_product() -> None:
    chosen = product_scene()
    picture = render(tiny(chosen), samples=2, seed=1)
    rows, columns = np.nonzero(picture.alpha > 127)
    assert rows.max() / 64 == pytest.approx(chosen.box.bottom, abs=0.04)
    middle = chosen.box.left + chosen.box.width / 2
    assert (columns.min() + columns.max()) / 128 == pytest.approx(middle, abs=0.04)


@needs_mitsuba
def test_the_twin_has_no_product() -> None:
    shot = tiny(product_scene())
    whole, bare = (render(s, samples=4, seed=1) for s in (shot, shot.without_product()))
    assert bare.alpha.max() == 0
    difference = np.abs(whole.beauty.astype(int) - bare.beauty).mean(-1)
    is_product = whole.alpha > 200
    assert difference[is_product].mean() > 4 * difference[whole.alpha == 0].mean()


@needs_mitsuba
def test_the_control_map_outlines_the_product_and_the_horizon() -> None:
    chosen = product_scene(pieces=())
    picture = render(tiny(chosen), samples=1, seed=1)
    lines = control_map(chosen, picture)
    assert lines[int(chosen.horizon * 64), 0]
    edge = np.abs(np.diff((picture.alpha > 127).astype(int), axis=1)).sum()
    assert lines.sum() > edge
    assert lines.mean() < 0.25


@needs_mitsuba
def test_the_light_has_a_side() -> None:
    chosen = product_scene(product="jar", turn=0.0, finish="matt", colour="grey")
    sides = {}
    for side in ("left", "right"):
        light = replace(chosen.light, side=side, softness="hard")
        picture = render(tiny(replace(chosen, light=light)), samples=4, seed=1)
        columns = np.nonzero(picture.alpha.max(0) > 200)[0]
        middle = (columns[0] + columns[-1]) // 2
        weights = picture.alpha[..., None] / 255
        left, right = np.s_[:, :middle], np.s_[:, middle:]
        sides[side] = [
            (picture.beauty[part] * weights[part]).sum() / weights[part].sum()
            for part in (left, right)
        ]
    assert sides["left"][0] > sides["left"][1]
    assert sides["right"][0] < sides["right"][1]


@needs_mitsuba
def test_the_slow_way_sees_the_same_set() -> None:
    shot = tiny(product_scene())
    shot = replace(shot, camera=replace(shot.camera, width_px=32, height_px=32))
    fast, slow = (render(shot, samples=4, seed=1, variant=v) for v in (FAST, SLOW))
    engine(FAST)
    assert np.abs(fast.alpha.astype(int) - slow.alpha).mean() < 4
    assert np.abs(fast.beauty.astype(int) - slow.beauty).mean() < 14


def test_missing_llvm_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRJIT_LIBLLVM_PATH", raising=False)
    monkeypatch.setattr(renderer, "_LLVM", ("0",))
    with pytest.raises(RendererError, match="apt-get install libllvm19"):
        renderer.llvm_library()


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RenderOrder:
    monkeypatch.setattr(scene, "SIZES", dict.fromkeys(scene.SIZES, (64, 64)))
    monkeypatch.setattr("house_model.sets.stage.SIZES", dict.fromkeys(scene.SIZES, (64, 64)))
    return RenderOrder(tmp_path, last=2, scenes=2, samples=1, bare_share=1.0, large_share=0.5)


@needs_mitsuba
def test_shards_are_rendered_once_and_read_back(order: RenderOrder) -> None:
    render_shards(order)
    files = shards.shard_files(order.folder)
    assert [file.name for file in files] == ["shard-00000.npz", "shard-00001.npz"]
    times = [file.stat().st_mtime_ns for file in files]
    files[1].unlink()
    draft = files[1].with_suffix(".npz.draft")
    draft.write_bytes(b"half a shard of a killed run")
    render_shards(order)
    assert files[0].stat().st_mtime_ns == times[0]
    assert not draft.exists()
    for file in files:
        shard = read_shard(file)
        assert shard.beauty.shape[1:] == (64, 64, 3)
        assert len(shard.records) == len(shard.beauty) == len(shard.lines) == 2
        for record in shard.records:
            assert len(record.captions) == shards.CAPTIONS
            assert (record.bare is None) == record.scene["is_empty"]


@needs_mitsuba
def test_a_shard_follows_from_its_number(order: RenderOrder) -> None:
    first, second = (shards.render_shard(order, 3) for _ in range(2))
    assert first.records == second.records
    assert np.array_equal(first.beauty, second.beauty)


def test_the_mirrored_twin_turns_the_picture() -> None:
    picture = np.arange(12).reshape(2, 2, 3)
    assert np.array_equal(shards.mirrored(shards.mirrored(picture)), picture)
    assert list(shards.mirrored_words(["product on the left"])) == ["product on the right"]
