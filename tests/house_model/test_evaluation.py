"""The figures mean what they say."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from brandstudio.house_model.__main__ import main
from brandstudio.house_model.evaluation import brand_figures, brand_scenes, iou, sheet
from brandstudio.house_model.scenes.looks import BRAND_LOOKS
from brandstudio.house_model.scenes.scene import render


@pytest.mark.parametrize(
    ("other", "expected"),
    [((0, 0, 1, 1), 1.0), ((0.5, 0, 1.5, 1), 1 / 3), ((2, 2, 3, 3), 0.0), ((1, 0, 2, 1), 0.0)],
    ids=["same", "half", "apart", "touching"],
)
def test_intersection_over_union(other: tuple[float, ...], expected: float) -> None:
    assert iou((0, 0, 1, 1), other) == pytest.approx(expected)


def test_a_picture_in_one_brand_colour_is_wholly_on_palette() -> None:
    lime = np.full((8, 8, 3), (196, 240, 80), np.uint8)
    figures = brand_figures([lime], BRAND_LOOKS["voltra"].palette)
    assert (figures.mean_distance, figures.share_near) == (0, 1)


@pytest.mark.parametrize("brand", BRAND_LOOKS)
def test_a_brands_drawn_scenes_are_mostly_on_palette(brand: str) -> None:
    look = BRAND_LOOKS[brand]
    figures = brand_figures([render(s) for s in brand_scenes(look, 12)], look.palette)
    assert figures.share_near > 0.4


def test_a_sheet_fills_its_last_row_with_white() -> None:
    pictures = [np.zeros((4, 4, 3), np.uint8)] * 3
    made = np.asarray(sheet(pictures, 2))
    assert made.shape == (8, 8, 3)
    assert made[4:, 4:].min() == 255


def test_the_command_line_draws_a_sheet(tmp_path: Path) -> None:
    assert main(["render-sheet", "--look", "fjellro", str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 10_000


def test_a_lora_without_a_brand_is_refused() -> None:
    with pytest.raises(SystemExit, match="--brand"):
        main(["train", "lora"])
