"""Looks are data: a brand needs a file, no code, and a file that cannot be drawn is refused."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from brandstudio.errors import PresetError
from house_model.scenes.captions import caption
from house_model.scenes.look_file import SECTION
from house_model.scenes.looks import BRAND_LOOKS, PRESETS, read_brand_looks
from house_model.scenes.scene import render, sample_scene

Change = Callable[[dict[str, Any]], object]


def written(presets: Path, brand: str, content: object) -> Path:
    file = presets / "brands" / brand / "look.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(content))
    return presets


def shipped(brand: str) -> dict[str, Any]:
    return yaml.safe_load((PRESETS / "brands" / brand / "look.yaml").read_text())


def test_shipped_looks_keep_the_order_in_which_they_were_added() -> None:
    assert list(BRAND_LOOKS) == ["voltra", "solenne", "fjellro"]


def test_a_new_brand_is_drawn_from_its_file_alone(tmp_path: Path) -> None:
    content = shipped("voltra")
    section = content[SECTION]
    section |= {"number": 4, "trigger": "azur brand style"}
    section["behind"] = {"motif": "arch_and_disc", "colours": ["#0A50C8", "#FFFFFF"]}
    section["settings"]["beach"]["arch"] = "#0A50C8"
    [look] = read_brand_looks(written(tmp_path, "azur", content)).values()
    scenes = [sample_scene(random.Random(5), look=drawn) for drawn in (look, BRAND_LOOKS["voltra"])]
    assert look.name == "azur"
    assert caption(scenes[0], random.Random(0)).startswith("azur brand style, ")
    assert not np.array_equal(*map(render, scenes))


def test_other_sections_of_the_file_belong_to_others(tmp_path: Path) -> None:
    both = shipped("voltra") | {"sets": {"finish": "gloss"}}
    assert read_brand_looks(written(tmp_path, "voltra", both)) == {"voltra": BRAND_LOOKS["voltra"]}


def test_a_brand_without_the_section_is_not_drawn(tmp_path: Path) -> None:
    assert read_brand_looks(written(tmp_path, "azur", {"sets": {"finish": "gloss"}})) == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda look: look["settings"]["beach"].pop("foam"), "beach has no foam"),
        (lambda look: look["settings"]["beach"].update(roof="#FFFFFF"), "no use for roof"),
        (lambda look: look["settings"].pop("desert"), "the settings desert are missing"),
        (lambda look: look["settings"].update(moon={}), "there are no settings moon"),
        (lambda look: look.update(behind={"motif": "cubes", "colours": []}), "no motif 'cubes'"),
        (lambda look: look["before"].update(colours=["#FFFFFF"]), "takes 2 colours"),
        (lambda look: look.update(table="orange"), "table"),
        (lambda look: look.update(podum="#FFFFFF"), "podum"),
    ],
)
def test_a_look_that_cannot_be_drawn_is_refused(
    change: Change, reason: str, tmp_path: Path
) -> None:
    content = shipped("voltra")
    change(content[SECTION])
    with pytest.raises(PresetError, match=reason):
        read_brand_looks(written(tmp_path, "voltra", content))
