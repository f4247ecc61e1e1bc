"""Do a brand's LoRAs bring its colours, and do they leave no trace once they are off?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from brandstudio.imaging.library_noise import expected_warnings_hidden
from brandstudio.imaging.scorers.colour import delta_e_2000, lab_of
from house_model.evaluation.drawing import Style, drawn_by, open_pipeline
from house_model.evaluation.held_out import square_scenes, tasks_of
from house_model.evaluation.prompt_following import agreement
from house_model.evaluation.setup import Findings, Setup
from house_model.evaluation.sheets import sheet
from house_model.scenes.looks import BRAND_LOOKS, Look
from house_model.scenes.palette import Colour
from house_model.scenes.scene import render

SCENES = 24
# The judge's mask from here on is product; low, so that the product's soft edge is left out too.
_PRODUCT_FROM = 0.3
_TRACE_STEPS = 4


def brands(setup: Setup) -> Findings:
    """Every brand's pictures without and with its LoRA, beside what the renderer paints."""
    figures: dict[str, Any] = {}
    sheets: dict[str, Image.Image] = {}
    for brand, look in BRAND_LOOKS.items():
        rows = _pictures(setup, brand, look)
        figures[brand] = {name: _brand_figures(setup, look, p) for name, p in rows.items()}
        figures[brand] |= _summary(figures[brand])
        figures[brand]["leaves_no_trace"] = leaves_no_trace(setup.final, _lora(setup, brand), look)
        sheets[brand] = sheet([p for row in rows.values() for p in row], SCENES)
    figures["worst_distance_left"] = max(found["distance_left"] for found in figures.values())
    figures["no_trace"] = all(figures[brand]["leaves_no_trace"] for brand in BRAND_LOOKS)
    return Findings(figures, 2 * SCENES * len(BRAND_LOOKS), sheets)


def palette_distance(
    picture: np.ndarray, palette: Sequence[Colour], counted: np.ndarray | None = None
) -> float:
    """Mean CIEDE2000 of the pixels to their nearest palette colour; 0 is wholly on palette.

    picture: (height, width, 3) uint8; counted: (height, width) bool, which pixels count.
    """
    chosen = picture[::2, ::2] if counted is None else picture[::2, ::2][counted[::2, ::2]]
    pixels = lab_of(chosen.reshape(-1, 1, 3))
    nearest = delta_e_2000(pixels, lab_of(np.array(palette)).reshape(1, -1, 3)).min(1)
    return float(nearest.mean()) if len(nearest) else 0.0


def leaves_no_trace(style: Style, lora: Path, look: Look) -> bool:
    """Whether pictures are equal to the bit before a LoRA, with it disabled, and after it."""
    tasks, quick = (
        tasks_of(square_scenes("brands", 2, look=look)),
        replace(style, steps=_TRACE_STEPS),
    )
    with expected_warnings_hidden():
        pipe = open_pipeline(style.weights)
        before = drawn_by(pipe, tasks, quick)
        pipe.load_lora_weights(str(lora.parent), weight_name=lora.name, adapter_name="brand")
        worn = drawn_by(pipe, tasks, quick)
        pipe.disable_lora()
        disabled = drawn_by(pipe, tasks, quick)
        pipe.unload_lora_weights()
        after = drawn_by(pipe, tasks, quick)
    is_changed = not np.array_equal(before, worn)
    return is_changed and np.array_equal(before, disabled) and np.array_equal(before, after)


def _pictures(setup: Setup, brand: str, look: Look) -> Mapping[str, list[np.ndarray]]:
    tasks = tasks_of(square_scenes("brands", SCENES, look=look))
    worn = replace(setup.final, lora=_lora(setup, brand))
    return {
        "without": setup.drawers.draw(setup.final, tasks, f"{brand} without its LoRA"),
        "with": setup.drawers.draw(worn, tasks, f"{brand} with its LoRA"),
        "drawn": [render(task.scene) for task in tasks],
    }


def _lora(setup: Setup, brand: str) -> Path:
    return setup.loras / brand / f"{brand}.safetensors"


def _brand_figures(setup: Setup, look: Look, pictures: Sequence[np.ndarray]) -> dict[str, float]:
    """Distances with and without the product's own pixels, and what the pictures show."""
    scenes = square_scenes("brands", SCENES, look=look)
    opinions = setup.judge.look(pictures)
    around = [
        palette_distance(picture, look.palette, ~_product(opinion.mask, picture))
        for opinion, picture in zip(opinions, pictures, strict=True)
    ]
    whole = [palette_distance(picture, look.palette) for picture in pictures]
    return agreement(opinions, scenes) | {
        "distance_around_product": round(float(np.mean(around)), 2),
        "distance_whole": round(float(np.mean(whole)), 2),
    }


def _product(mask: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The judge's (64, 64) mask as (height, width) bool of the picture."""
    height, width = picture.shape[:2]
    large = Image.fromarray(mask).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(large) >= _PRODUCT_FROM


def _summary(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Which share of the base's distance the LoRA leaves, and which the renderer itself leaves."""
    without, worn, drawn = (
        max(found[kind]["distance_around_product"], 1e-9) for kind in ("without", "with", "drawn")
    )
    return {
        "distance_left": round(worn / without, 3),
        "distance_left_in_renders": round(drawn / without, 3),
    }
