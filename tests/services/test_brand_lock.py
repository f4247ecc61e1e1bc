"""A brand's files that change while the studio runs: noticed before anything is made of them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from brandstudio.domain.run import RunStatus
from brandstudio.errors import (
    LockError,
    PresetChangedError,
    PresetError,
    PresetFileChangedError,
)
from brandstudio.presets import load_presets
from brandstudio.services import images, pack_content, runs
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.settings import Settings
from tests.conftest import People
from tests.fakes import FlatColour

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


PRESETS = {
    "brand": "brands/voltra/brand.yaml",
    "template": "templates/product-hero.yaml",
    "layout": "layouts/product-left.yaml",
    "base model": "base_models/house.yaml",
}


@pytest.mark.parametrize(("kind", "file"), PRESETS.items(), ids=PRESETS.keys())
def test_a_preset_changed_behind_the_studio_stops_new_runs_until_it_is_as_it_was_or_read_anew(
    studio: Studio, people: People, brief, tmp_path: Path, kind: str, file: str
):
    path = tmp_path / "presets" / file
    before = path.read_bytes()
    change(path)
    with pytest.raises(PresetFileChangedError, match=f"file of the {kind} '.*' was changed"):
        runs.submit(studio, brief(), person=people.carla)
    assert runs.recent(studio, person=people.carla) == ()
    path.write_bytes(before)
    assert runs.submit(studio, brief(), person=people.carla) == 1
    change(path)
    anew = replace(studio, presets=load_presets(tmp_path / "presets", tmp_path / "lora_weights"))
    assert runs.submit(anew, brief(), person=people.carla) == 2


def test_a_preset_that_is_gone_stops_new_runs_and_another_brands_does_not(
    studio: Studio, people: People, brief, tmp_path: Path
):
    change(tmp_path / "presets" / "brands" / "solenne" / "brand.yaml")
    assert runs.submit(studio, brief(), person=people.carla) == 1
    (tmp_path / "presets" / PRESETS["brand"]).unlink()
    with pytest.raises(PresetFileChangedError):
        runs.submit(studio, brief(), person=people.carla)


def test_a_run_that_waits_is_drawn_as_it_was_submitted_whatever_becomes_of_its_presets(
    studio: Studio, people: People, worker: Worker, brief, tmp_path: Path
):
    run_id = runs.submit(studio, brief(), person=people.carla)
    planned = [v.fingerprint for v in runs.variants(studio, run_id, person=people.carla)]
    for file in PRESETS.values():
        change(tmp_path / "presets" / file)
    drawn = FlatColour()
    carry_out(replace(worker, studio=studio, generator=drawn), run_id)
    assert runs.get(studio, run_id, person=people.carla).status is RunStatus.SUCCEEDED
    assert sorted(f for batch in drawn.batches for f in batch) == sorted(planned)


def test_a_form_filled_in_for_another_version_of_the_brand_is_refused_with_a_sentence(
    studio: Studio, people: People, brief
):
    now = studio.catalogue.brand("voltra").version
    with pytest.raises(PresetChangedError, match=f"Voltra is at version {now} now; .* {now + 1}"):
        runs.submit(studio, brief(seen_version=now + 1), person=people.carla)
    assert runs.recent(studio, person=people.carla) == ()
    assert runs.submit(studio, brief(seen_version=now), person=people.carla) == 1


def test_the_version_that_was_seen_makes_no_other_brief_of_the_same_form(brief):
    assert brief(seen_version=3).digest == brief().digest


@pytest.mark.parametrize("name", ["logo.svg", "logo-on-dark.svg"])
def test_a_changed_logo_is_neither_shown_nor_packed(
    studio: Studio, people: People, tmp_path: Path, name: str
):
    brand = studio.catalogue.brand("voltra")
    _, content = images.brand_file(studio, "voltra", name, person=people.carla)
    assert content
    change(tmp_path / "presets" / "brands" / "voltra" / name)
    with pytest.raises(LockError):
        images.brand_file(studio, "voltra", name, person=people.carla)
    with pytest.raises(LockError):
        pack_content.brand_files(studio, brand)


def test_a_logo_that_its_owner_locked_anew_goes_onto_older_runs_too(studio: Studio):
    older = studio.catalogue.brand("voltra")
    forgotten = older.logo.but(sha256="0" * 64)
    assert studio.presets.locked_bytes("voltra", forgotten).startswith(b"<svg")


def test_a_finished_run_is_still_shown_when_its_brand_is_off_its_lock(
    studio: Studio, people: People, drawn_run: int, tmp_path: Path
):
    change(tmp_path / LOCKED["LoRA"])
    assert runs.get(studio, drawn_run, person=people.carla).status is RunStatus.SUCCEEDED
