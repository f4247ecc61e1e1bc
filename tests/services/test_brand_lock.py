"""A brand's files that change while the studio runs: noticed before anything is made of them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from brandstudio.domain.run import RunStatus
from brandstudio.errors import LockError, PresetError
from brandstudio.presets import load_presets
from brandstudio.services import images, packs, runs
from brandstudio.services.studio import Studio
from brandstudio.settings import Settings
from tests.conftest import People

SHIPPED = Settings()


@pytest.fixture
def studio(studio: Studio, tmp_path: Path) -> Studio:
    """A studio over presets of its own, which a test may change under it."""
    shutil.copytree(SHIPPED.presets_dir, tmp_path / "presets")
    shutil.copytree(SHIPPED.lora_dir, tmp_path / "lora_weights")
    return replace(studio, presets=load_presets(tmp_path / "presets", tmp_path / "lora_weights"))


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


LOCKED = {
    "LoRA": "lora_weights/voltra/voltra.safetensors",
    "logo": "presets/brands/voltra/logo.svg",
    "logo on dark": "presets/brands/voltra/logo-on-dark.svg",
    "typeface": "presets/brands/voltra/fonts/BarlowCondensed-SemiBold.ttf",
}


@pytest.mark.parametrize("file", LOCKED.values(), ids=LOCKED.keys())
def test_no_run_is_created_for_a_brand_of_which_a_file_was_changed(
    studio: Studio, people: People, brief, tmp_path: Path, file: str
):
    change(tmp_path / file)
    with pytest.raises(LockError, match="is locked to"):
        runs.submit(studio, brief(), person=people.carla)
    assert runs.recent(studio, person=people.carla) == ()
    solenne = brief(brand="solenne", placements=[])
    assert runs.submit(studio, solenne, person=people.carla) == 1


def test_no_run_is_created_for_a_brand_of_which_a_file_is_gone(
    studio: Studio, people: People, brief, tmp_path: Path
):
    (tmp_path / LOCKED["LoRA"]).unlink()
    with pytest.raises(PresetError, match="does not exist"):
        runs.submit(studio, brief(), person=people.carla)


def test_a_run_keeps_what_it_was_submitted_with_when_its_preset_is_edited(
    studio: Studio, people: People, brief, tmp_path: Path
):
    run_id = runs.submit(studio, brief(), person=people.carla)
    before = [variant.params for variant in runs.variants(studio, run_id, person=people.carla)]
    path = tmp_path / "presets" / "brands" / "voltra" / "brand.yaml"
    path.write_text(path.read_text().replace("scale: 1.0", "scale: 0.2"))
    later = replace(studio, presets=load_presets(tmp_path / "presets", tmp_path / "lora_weights"))
    kept = [variant.params for variant in runs.variants(later, run_id, person=people.carla)]
    assert kept == before
    new = runs.submit(later, brief(), person=people.carla)
    [first, *_] = runs.variants(later, new, person=people.carla)
    assert [use.scale for use in first.params.loras] == [0.2]


@pytest.mark.parametrize("name", ["logo.svg", "logo-on-dark.svg"])
def test_a_changed_logo_is_neither_shown_nor_packed(
    studio: Studio, people: People, tmp_path: Path, name: str
):
    brand = studio.catalogue.brand("voltra")
    assert images.brand_file(studio, "voltra", name, person=people.carla)
    change(tmp_path / "presets" / "brands" / "voltra" / name)
    with pytest.raises(LockError):
        images.brand_file(studio, "voltra", name, person=people.carla)
    with pytest.raises(LockError):
        packs._brand_files(studio, brand)


def test_a_logo_that_its_owner_locked_anew_goes_onto_older_runs_too(studio: Studio):
    older = studio.catalogue.brand("voltra")
    forgotten = older.logo.but(sha256="0" * 64)
    assert studio.presets.locked_bytes("voltra", forgotten).startswith(b"<svg")


def test_a_finished_run_is_still_shown_when_its_brand_is_off_its_lock(
    studio: Studio, people: People, drawn_run: int, tmp_path: Path
):
    change(tmp_path / LOCKED["LoRA"])
    assert runs.get(studio, drawn_run, person=people.carla).status is RunStatus.SUCCEEDED
