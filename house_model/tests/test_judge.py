"""The judge learns from renders, and boxes are read from its masks."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from house_model.evaluation.metrics import iou
from house_model.scenes.looks import NATURAL
from house_model.scenes.products import PRODUCTS
from house_model.scenes.scene import product_mask, render, sample_scene
from house_model.training.judge import (
    FEATURES,
    FILE,
    MASK_PX,
    Judge,
    box_of,
    covered,
    learn_to_judge,
    read_judge,
    shrunk,
    tight_box,
    train_judge,
)
from house_model.training.loop import Plan


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def plan(steps: int) -> Plan:
    return Plan(
        minutes=1, learning_rate=1e-2, batch=8, ema=0.9, steps=steps, with_muon=True, floor=0.5
    )


def mask_of(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """The cover of 16 by 16 cells by a box given in cells."""
    cells = np.arange(16)
    across = (np.minimum(cells + 1, right) - np.maximum(cells, left)).clip(0, 1)
    down = (np.minimum(cells + 1, bottom) - np.maximum(cells, top)).clip(0, 1)
    return np.outer(down, across)


@pytest.mark.parametrize(
    "box",
    [(4, 4, 8, 12), (4.25, 3.5, 9.75, 12.125), (0, 0, 16, 16), (4.75, 4.75, 9.25, 9.25)],
    ids=["whole cells", "parts of cells", "everything", "less than half of the outer cells"],
)
def test_a_box_is_read_to_a_part_of_a_cell(box: tuple[float, ...]) -> None:
    assert tight_box(mask_of(*box)) == pytest.approx([side / 16 for side in box])


def test_a_box_belongs_to_the_largest_part() -> None:
    mask = np.maximum(mask_of(2, 2, 8, 8), mask_of(12, 12, 14, 14))
    assert tight_box(mask) == pytest.approx((2 / 16, 2 / 16, 8 / 16, 8 / 16))


def test_nothing_has_an_empty_box() -> None:
    assert tight_box(np.zeros((16, 16))) == (0, 0, 0, 0)


def test_boxes_of_exact_masks_are_the_scenes_own() -> None:
    rng, overlaps = random.Random(3), list[float]()
    for _ in range(40):
        scene = sample_scene(rng)
        mask = covered(product_mask(scene))[0].numpy()
        overlaps.append(iou(tight_box(mask), box_of(scene)))
    assert np.mean(overlaps) > 0.95


def test_a_short_training_lowers_the_loss(tmp_path: Path) -> None:
    torch.manual_seed(0)
    session = learn_to_judge(Judge(), plan(10), tmp_path)
    assert sum(session.losses[-3:]) < 0.95 * sum(session.losses[:3])


def test_a_trained_judge_is_read_back_and_has_an_opinion_on_any_size(tmp_path: Path) -> None:
    path = train_judge(plan(1), tmp_path)
    rng = random.Random(0)
    pictures = [render(sample_scene(rng, look=NATURAL, size=size)) for size in ("1:1", "16:9")]
    judge = read_judge(path)
    opinions = judge.look(pictures)
    assert path.name == FILE
    assert {opinion.product for opinion in opinions} <= set(PRODUCTS)
    assert opinions[0].mask.shape == (MASK_PX, MASK_PX)
    assert judge.features(pictures).shape == (2, FEATURES)


def test_what_the_judge_sees_keeps_to_its_range() -> None:
    pixels = shrunk(np.array([[[0, 0, 0], [255, 255, 255]]] * 2, np.uint8).repeat(64, 0))
    assert pixels.shape == (1, 3, 128, 128)
    assert (float(pixels.min()), float(pixels.max())) == (-1, 1)
