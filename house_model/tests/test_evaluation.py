"""The figures mean what they say."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from PIL import Image

from brandstudio.checksums import folder_sha256
from brandstudio.imaging.scorers.colour import delta_e_2000
from brandstudio.imaging.scorers.pixels import copy_space_quiet
from brandstudio.weights import WEIGHTS
from house_model.__main__ import main
from house_model.evaluation import drawers as drawers_module
from house_model.evaluation.brands import palette_distance
from house_model.evaluation.command import PARTS
from house_model.evaluation.drawers import Drawers
from house_model.evaluation.drawing import Style
from house_model.evaluation.held_out import (
    HELD_OUT,
    Task,
    any_scenes,
    layout_scenes,
    position_of,
    square_scenes,
    tasks_of,
)
from house_model.evaluation.metrics import frechet_distance, iou, psnr_db, spearman
from house_model.evaluation.prompt_following import QUIETER
from house_model.evaluation.record import (
    Run,
    read_record,
    this_run,
    with_history,
    with_part,
    write_record,
)
from house_model.evaluation.setup import read_layouts, read_profile
from house_model.evaluation.sheets import difference, sheet, squares
from house_model.evaluation.targets import TARGETS, Target
from house_model.scenes.looks import BRAND_LOOKS
from house_model.scenes.scene import SIZES, render

PRESETS = Path(__file__).parents[2] / "presets"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def run() -> Run:
    return this_run(NOON, "evaluate", {"base": "a" * 64, "judge": "b" * 64})


@pytest.mark.parametrize(
    ("other", "expected"),
    [((0, 0, 1, 1), 1.0), ((0.5, 0, 1.5, 1), 1 / 3), ((2, 2, 3, 3), 0.0), ((1, 0, 2, 1), 0.0)],
    ids=["same", "half", "apart", "touching"],
)
def test_intersection_over_union(other: tuple[float, ...], expected: float) -> None:
    assert iou((0, 0, 1, 1), other) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
    ids=["blue", "far", "opposite hues", "dark"],
)
def test_colour_differences_are_those_of_sharma_wu_and_dalal(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    found = delta_e_2000(np.array([first], float), np.array([second], float))
    assert float(found[0]) == pytest.approx(expected, abs=5e-5)


def test_a_set_has_no_distance_to_itself_and_more_the_further_it_moves() -> None:
    features = np.random.default_rng(0).normal(size=(200, 8))
    same, near, far = (frechet_distance(features, features + shift) for shift in (0, 1, 2))
    assert same == pytest.approx(0, abs=1e-6)
    assert (near, far) == (pytest.approx(8), pytest.approx(32))


def test_sets_of_one_mean_differ_by_their_spread() -> None:
    features = np.random.default_rng(0).normal(size=(4000, 2))
    assert frechet_distance(features, 2 * features) == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize(
    ("second", "expected"), [((2, 4, 6, 9), 1.0), ((4, 3, 2, 1), -1.0), ((1, 1, 2, 2), 0.894)]
)
def test_rank_correlation(second: tuple[float, ...], expected: float) -> None:
    assert spearman((1, 2, 3, 4), second) == pytest.approx(expected, abs=1e-3)


def test_decibels_fall_with_the_error() -> None:
    picture = np.full((4, 4, 3), 100, np.uint8)
    assert psnr_db(picture, picture + 1) == pytest.approx(48.13, abs=0.01)
    assert psnr_db(picture, picture + 2) < psnr_db(picture, picture + 1) < psnr_db(picture, picture)


def test_a_picture_in_one_brand_colour_is_wholly_on_palette() -> None:
    lime = np.full((8, 8, 3), (196, 240, 80), np.uint8)
    assert palette_distance(lime, BRAND_LOOKS["voltra"].palette) == pytest.approx(0, abs=1e-6)


def test_the_products_own_pixels_can_be_left_out() -> None:
    picture = np.full((8, 8, 3), (196, 240, 80), np.uint8)
    picture[:4] = (0, 90, 255)
    around = np.zeros((8, 8), bool)
    around[4:] = True
    palette = BRAND_LOOKS["voltra"].palette
    assert palette_distance(picture, palette) > 10
    assert palette_distance(picture, palette, around) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("brand", BRAND_LOOKS)
def test_a_brands_drawn_scenes_lie_near_its_palette(brand: str) -> None:
    look = BRAND_LOOKS[brand]
    ours, others = square_scenes("brands", 6, look=look), square_scenes("brands", 6)
    distances = [
        np.mean([palette_distance(render(scene), look.palette) for scene in scenes])
        for scenes in (ours, others)
    ]
    assert distances[0] < distances[1]


def test_a_copy_space_is_quiet_where_the_rest_is_busier() -> None:
    [layout] = [layout for layout in read_layouts(PRESETS) if layout.slug == "product-left"]
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    calm, busy = noise.copy(), np.full_like(noise, 128)
    left, top, right, bottom = layout.copy_space.pixels(256, 256)
    calm[top:bottom, left:right] = 128
    busy[top:bottom, left:right] = noise[top:bottom, left:right]
    passes_from = QUIETER / (QUIETER + 1)
    assert copy_space_quiet(Image.fromarray(busy), layout.copy_space) < passes_from
    assert copy_space_quiet(Image.fromarray(calm), layout.copy_space) > passes_from


def test_held_out_scenes_are_the_same_every_time_and_differ_by_part() -> None:
    assert any_scenes("text", 3) == any_scenes("text", 3)
    assert any_scenes("text", 3) != any_scenes("clip", 3)


def test_layout_scenes_stand_where_the_shipped_layouts_have_them() -> None:
    layouts = read_layouts(PRESETS)
    for scene, layout in zip(layout_scenes(layouts, len(layouts)), layouts, strict=True):
        assert scene.size == layout.aspect
        assert scene.drawing.stand == ("podium" if layout.stand == "podium" else "none")
        assert scene.box.left >= layout.product.left - 1e-6
        assert scene.box.right <= layout.product.right + 1e-6
        assert scene.box.bottom == pytest.approx(layout.product.bottom)


def test_where_the_scenes_have_the_product_is_where_its_box_lies() -> None:
    for scene in any_scenes("ruler", 200):
        box = scene.box
        assert position_of((box.left, box.top, box.right, box.bottom)) == scene.position


def test_a_tasks_words_name_the_position_and_every_seed_is_its_own() -> None:
    tasks = tasks_of(any_scenes("text", 5), seeds=2)
    assert len({task.seed for task in tasks}) == len(tasks) == 10
    assert min(task.seed for task in tasks) == HELD_OUT
    assert all(task.scene.position in task.caption for task in tasks)


def test_pictures_come_in_the_order_of_their_tasks_and_are_drawn_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def flat(_: Style, tasks: list[Task]) -> np.ndarray:
        asked.append(len(tasks))
        width, height = SIZES[tasks[0].scene.size]
        return np.stack([np.full((height, width, 3), t.seed % 251, np.uint8) for t in tasks])

    monkeypatch.setattr(drawers_module, "drawn", flat)
    tasks, style = tasks_of(any_scenes("text", 12)), Style(WEIGHTS, steps=1, guidance=1)
    with Drawers(tmp_path, processes=1) as drawers:
        drawers.draw(style, tasks, "first")
        pictures = drawers.draw(style, tasks, "again")
    assert [int(picture[0, 0, 0]) for picture in pictures] == [task.seed % 251 for task in tasks]
    assert sum(asked) == len(tasks)


def test_another_setting_is_another_style() -> None:
    style = Style(WEIGHTS, steps=4, guidance=3)
    assert style.digest == replace(style).digest
    assert style.digest != replace(style, steps=5).digest
    assert style.digest != replace(style, with_layout=False).digest


def test_the_shipped_profile_says_how_to_draw() -> None:
    profile = read_profile(PRESETS)
    assert profile.draft.steps < profile.final.steps
    assert profile.scorer.revision == folder_sha256(WEIGHTS / "clip")


@pytest.mark.parametrize(
    ("sense", "reached", "met"),
    [("at least", 2, True), ("at least", 0.5, False), ("at most", 1, True), ("at most", 2, False)],
)
def test_a_row_says_whether_its_target_is_met(sense: str, reached: float, met: bool) -> None:
    target = Target("name", "part.figure", sense, 1)  # pyright: ignore[reportArgumentType]
    assert target.row({"part": {"figure": reached}})["met"] is met


def test_a_row_without_a_figure_is_neither_met_nor_missed() -> None:
    row = Target("name", "part.figure", "at least", 1).row({})
    assert (row["reached"], row["met"]) == (None, None)


def test_every_target_belongs_to_a_part() -> None:
    assert {target.path.split(".")[0] for target in TARGETS} <= set(PARTS)


def test_a_part_measured_anew_leaves_the_others_and_the_history_grows(tmp_path: Path) -> None:
    path = tmp_path / "house-model.json"
    for share in (0.5, 0.75):
        record = with_part(read_record(path), run(), "text", {"product": share}, pictures=4)
        record = with_history(record, run(), ["text"])
        write_record(with_part(record, run(), "speed", {"load_s": 2.0}, pictures=8), path)
    written = json.loads(path.read_text())
    rows = {row["name"]: row for row in written["table"]}
    shares = [entry["figures"]["text alone: product"] for entry in written["history"]]
    assert shares == [0.5, 0.75]
    assert rows["text alone: product"]["reached"] == 0.75
    assert rows["seconds to load"]["met"] is True
    assert written["parts"]["text"]["weights"] == {"base": "a" * 12, "judge": "b" * 12}
    assert "load_before" in written["machine"]


def test_a_sheet_fills_its_last_row_with_white() -> None:
    pictures = [np.zeros((4, 4, 3), np.uint8)] * 3
    made = np.asarray(sheet(pictures, 2))
    assert made.shape == (8, 8, 3)
    assert made[4:, 4:].min() == 255


def test_a_sheet_takes_the_first_square_pictures() -> None:
    shapes = [(4, 4, 3), (4, 6, 3), (5, 5, 3), (4, 4, 3)]
    assert [p.shape for p in squares([np.zeros(s) for s in shapes], 2)] == [shapes[0], shapes[2]]


def test_no_difference_is_grey() -> None:
    picture = np.asarray(render(any_scenes("text", 1)[0]))
    assert (difference(picture, picture) == 128).all()


def test_the_command_line_draws_a_sheet(tmp_path: Path) -> None:
    assert main(["render-sheet", "--look", "fjellro", str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 10_000


def test_a_lora_without_a_brand_is_refused() -> None:
    with pytest.raises(SystemExit, match="--brand"):
        main(["train", "lora"])


def test_an_evaluation_without_a_judge_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="train judge"):
        main(["evaluate", "--judge", str(tmp_path / "none.safetensors")])
