import re
import shutil
from pathlib import Path
from random import Random

import pytest

from brandstudio.errors import LockError, PresetError
from brandstudio.presets import load_presets, lock_base_model, lock_brand, locking
from brandstudio.settings import Settings

SHIPPED = Settings()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the shipped presets and LoRAs that a test may spoil."""
    presets, loras = tmp_path / "presets", tmp_path / "lora_weights"
    shutil.copytree(SHIPPED.presets_dir, presets)
    shutil.copytree(SHIPPED.lora_dir, loras)
    return presets, loras


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def broken_after(folders, kind, slug):
    catalogue = load_presets(*folders).catalogue
    return catalogue, catalogue.broken[kind, slug]


def test_everything_that_ships_is_sound():
    catalogue = load_presets(SHIPPED.presets_dir, SHIPPED.lora_dir).catalogue
    assert catalogue.broken == {}
    assert len(catalogue.brands) == 3
    assert len(catalogue.templates) >= 5
    assert len(catalogue.layouts) >= 6
    assert {"house", "sdxl", "sd15", "sd35-large", "flux1-dev", "qwen-image"} <= set(
        catalogue.base_models
    )


def test_every_placement_says_where_its_facts_come_from():
    catalogue = load_presets(SHIPPED.presets_dir, SHIPPED.lora_dir).catalogue
    assert all(p.source and p.checked_on and p.grade for p in catalogue.placements.values())


def test_a_typo_names_file_line_and_field_and_stops_nothing_else(folders: tuple[Path, Path]):
    path = folders[0] / "templates" / "product-hero.yaml"
    edit(path, "title: Product hero", "tilte: Product hero")
    catalogue, error = broken_after(folders, "template", "product-hero")
    assert "presets/templates/product-hero.yaml: line" in str(error)
    assert "tilte" in str(error)
    assert "sale-banner" in catalogue.templates
    with pytest.raises(PresetError):
        catalogue.template("product-hero")


def test_a_wrong_value_names_the_line_it_stands_on(folders: tuple[Path, Path]):
    path = folders[0] / "layouts" / "product-left.yaml"
    edit(path, "horizon: 0.7", "horizon: 7")
    _, error = broken_after(folders, "layout", "product-left")
    line = path.read_text().splitlines().index("horizon: 7") + 1
    assert f"line {line}, horizon: Input should be less than 1" in str(error)


def test_a_changed_lora_is_refused_with_both_hashes_and_other_brands_go_on(
    folders: tuple[Path, Path],
):
    path = folders[1] / "voltra" / "voltra.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00\x01")
    catalogue, error = broken_after(folders, "brand", "voltra")
    assert isinstance(error, LockError)
    assert "voltra/voltra.safetensors is locked to" in str(error)
    assert "brandstudio presets lock" in error.hint
    assert "solenne" in catalogue.brands


def test_a_missing_logo_is_named(folders: tuple[Path, Path]):
    (folders[0] / "brands" / "voltra" / "logo.svg").unlink()
    _, error = broken_after(folders, "brand", "voltra")
    assert "voltra/logo.svg: file: does not exist" in str(error)


def test_locking_writes_the_new_hash_counts_the_version_up_and_keeps_the_rest(
    folders: tuple[Path, Path],
):
    brand_yaml = folders[0] / "brands" / "voltra" / "brand.yaml"
    before = brand_yaml.read_text().splitlines()
    logo = folders[0] / "brands" / "voltra" / "logo.svg"
    logo.write_text(logo.read_text() + "\n")
    assert lock_brand(*folders, "voltra") == ["logo.svg"]
    after = brand_yaml.read_text().splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 2
    brand = load_presets(*folders).catalogue.brand("voltra")
    assert brand.version == SHIPPED_VERSION + 1
    assert lock_brand(*folders, "voltra") == []


SHIPPED_VERSION = (
    load_presets(SHIPPED.presets_dir, SHIPPED.lora_dir).catalogue.brand("voltra").version
)


def test_locking_a_brand_that_somebody_else_writes_meanwhile_is_refused(
    folders: tuple[Path, Path], monkeypatch
):
    brand_yaml = folders[0] / "brands" / "voltra" / "brand.yaml"
    logo = folders[0] / "brands" / "voltra" / "logo.svg"
    logo.write_text(logo.read_text() + "\n")
    next_version = locking._next_version

    def while_another_writes(text, path):
        brand_yaml.write_text(text.replace("name: Voltra", "name: Voltra Two"))
        return next_version(text, path)

    monkeypatch.setattr(locking, "_next_version", while_another_writes)
    with pytest.raises(PresetError, match="was changed meanwhile; lock it again"):
        lock_brand(*folders, "voltra")
    assert "Voltra Two" in brand_yaml.read_text()
    assert [p.name for p in brand_yaml.parent.iterdir() if p.name.startswith("tmp")] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("file: logo.svg", "file: ../solenne/logo.svg", "names no file below its folder"),
        ("file: logo.svg", "file: nowhere.svg", "does not exist"),
        ("version: 3", "version: three", "must be a whole number"),
        ("version: 3\n", "", "must be a whole number"),
    ],
)
def test_locking_a_brand_yaml_that_makes_no_sense_is_refused_in_words(
    folders: tuple[Path, Path], old, new, said
):
    logo = folders[0] / "brands" / "voltra" / "logo.svg"
    logo.write_text(logo.read_text() + "\n")
    edit(brand_yaml(folders), old, new)
    before = brand_yaml(folders).read_text()
    with pytest.raises(PresetError, match=said):
        lock_brand(*folders, "voltra")
    assert brand_yaml(folders).read_text() == before


def test_locking_a_base_model_whose_weights_are_gone_says_so(folders: tuple[Path, Path]):
    edit(folders[0] / "base_models" / "house.yaml", "id: controlnet", "id: gone")
    with pytest.raises(PresetError, match="no shipped weights 'gone'"):
        lock_base_model(folders[0], "house")


def test_a_judge_off_its_lock_is_named_and_its_base_model_goes_on(folders: tuple[Path, Path]):
    path = folders[0] / "base_models" / "house.yaml"
    revision = re.search(r'local-dir:clip"\n  revision: "(\w+)"', path.read_text())
    assert revision
    edit(path, revision[1], "0" * 64)
    catalogue, error = broken_after(folders, "judge", "house")
    assert "weights/clip is locked to 00000000" in str(error)
    assert catalogue.base_model("house")


def test_nine_presets_go_on_beside_a_broken_one_and_what_was_read_before_stays(
    folders: tuple[Path, Path],
):
    """A broken file never takes the place of the good one that the studio read when it started."""
    good = load_presets(*folders)
    broken = sorted((folders[0] / "placements").glob("*.yaml"))[4]
    broken.write_text(broken.read_text()[:40])
    later = load_presets(*folders).catalogue
    assert set(good.catalogue.placements) - set(later.placements) == {broken.stem}
    assert str(later.broken["placement", broken.stem]).startswith("presets/placements/")
    assert good.catalogue.placement(broken.stem).slug == broken.stem


def test_locking_an_unknown_brand_says_so(folders: tuple[Path, Path]):
    with pytest.raises(PresetError, match="does not exist"):
        lock_brand(*folders, "nope")


def test_a_pattern_that_asks_for_an_unknown_field_is_refused(folders: tuple[Path, Path]):
    path = folders[0] / "templates" / "sale-banner.yaml"
    edit(path, "pattern: >-\n", "pattern: >-\n  {{ nothing }}\n")
    _, error = broken_after(folders, "template", "sale-banner")
    assert "asks for unknown fields: nothing" in str(error)


def test_a_lora_scale_outside_what_the_base_model_allows_is_refused(folders: tuple[Path, Path]):
    edit(folders[0] / "brands" / "voltra" / "brand.yaml", "scale: 1.0", "scale: 1.9")
    _, error = broken_after(folders, "brand", "voltra")
    assert "'voltra-look' at scale 1.9 is outside 0 to 1.2" in str(error)


def test_a_quality_outside_what_the_base_model_allows_is_refused(folders: tuple[Path, Path]):
    edit(folders[0] / "base_models" / "sdxl.yaml", "most: 60", "most: 20")
    _, error = broken_after(folders, "base model", "sdxl")
    assert "steps is outside 10 to 20" in str(error)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("width_px: 8, height_px: 8", "greater than or equal to 64"),
        ("width_px: 100000, height_px: 1024", "less than or equal to 4096"),
        ("width_px: 1025, height_px: 1024", "multiple of 8"),
        ("width_px: 1e308, height_px: 1024", "width_px"),
        ("width_px: -1024, height_px: 1024", "greater than or equal to 64"),
    ],
)
def test_a_size_that_no_card_draws_is_refused(folders: tuple[Path, Path], new, said):
    edit(folders[0] / "base_models" / "sdxl.yaml", "width_px: 1024, height_px: 1024", new)
    _, error = broken_after(folders, "base model", "sdxl")
    assert said in str(error)


def test_pixels_and_batch_are_looked_at_together(folders: tuple[Path, Path]):
    path = folders[0] / "base_models" / "sdxl.yaml"
    edit(path, "width_px: 1024, height_px: 1024", "width_px: 2048, height_px: 2048")
    assert "sdxl" in load_presets(*folders).catalogue.base_models
    edit(path, "batch_size: 4", "batch_size: 32")
    _, error = broken_after(folders, "base model", "sdxl")
    assert "32 images of 4,194,304 pixels are more than the 67,108,864" in str(error)


FEW_STEPS = """draft:
  steps: 4
  guidance_scale: 1.0
  scheduler: ddim
  lora:
    name: four-steps
    file: upscaler/house_x4.safetensors  # any shipped file will do here
    sha256: "0000000000000000000000000000000000000000000000000000000000000000"
    licence: MIT
final: {"""


@pytest.fixture
def with_few_steps(folders) -> tuple[Path, Path]:
    """Presets whose SDXL profile names a LoRA for drafts, with a wrong hash."""
    path = folders[0] / "base_models" / "sdxl.yaml"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("draft:")]
    path.write_text("\n".join(kept) + "\n")
    edit(path, "final: {", FEW_STEPS)
    edit(path, "steps: {least: 10", "steps: {least: 4")
    edit(path, "guidance_scale: {least: 3", "guidance_scale: {least: 1")
    return folders


def test_a_lora_for_drafts_that_is_off_its_hash_is_refused(with_few_steps):
    _, error = broken_after(with_few_steps, "base model", "sdxl")
    assert isinstance(error, LockError)


def test_locking_a_base_model_pins_its_lora_for_drafts_and_it_is_found_by_that_hash(with_few_steps):
    assert len(lock_base_model(with_few_steps[0], "sdxl")) == 1
    presets = load_presets(*with_few_steps)
    lora = presets.catalogue.base_model("sdxl").draft.lora
    assert lora is not None
    assert presets.lora_files[lora.sha256].name == "house_x4.safetensors"
    assert lock_base_model(with_few_steps[0], "sdxl") == []


def test_a_missing_presets_folder_is_said_at_once(tmp_path):
    with pytest.raises(PresetError, match="does not exist"):
        load_presets(tmp_path / "nowhere", tmp_path)


def brand_yaml(folders, slug="voltra"):
    return folders[0] / "brands" / slug / "brand.yaml"


@pytest.mark.parametrize(
    "file", ["../solenne/logo.svg", "/etc/passwd", "~/logo.svg", "https://x.test/logo.svg",
             "fonts/../../solenne/logo.svg", "..", ".hidden.svg", "a//b.svg"],
)  # fmt: skip
def test_a_locked_file_lies_below_its_brand(folders: tuple[Path, Path], file):
    edit(brand_yaml(folders), "file: logo.svg", f"file: {file!r}")
    _, error = broken_after(folders, "brand", "voltra")
    assert "logo.file" in str(error)


def test_a_link_out_of_the_brands_folder_is_refused_though_its_bytes_are_right(
    folders: tuple[Path, Path], tmp_path
):
    logo = folders[0] / "brands" / "voltra" / "logo.svg"
    logo.rename(tmp_path / "elsewhere.svg")
    logo.symlink_to(tmp_path / "elsewhere.svg")
    _, error = broken_after(folders, "brand", "voltra")
    assert "is a link to somewhere else" in str(error)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("V\u043eltra", "letters of several alphabets"),  # a Cyrillic o
        ("\uff33olenne", "looks like 'Solenne'"),  # a full-width S
        ("SOLENN\u00c9", "looks like 'Solenne'"),
        ("So1enne", "looks like 'Solenne'"),
        ("  Solenne.", "looks like 'Solenne'"),
        ("Fjeiiro", "looks like 'Fjellro'"),
        ("\u0405\u043e\u04cf\u0435\u043f\u043f\u0435", ""),  # all Cyrillic, and not like it
    ],
    ids=["mixed", "full width", "accent", "digit", "full stop", "i for l", "another alphabet"],
)
def test_a_name_that_passes_for_another_brands_is_refused(folders: tuple[Path, Path], name, said):
    edit(brand_yaml(folders), "name: Voltra", f"name: {name}")
    catalogue = load_presets(*folders).catalogue
    assert "solenne" in catalogue.brands
    error = catalogue.broken.get(("brand", "voltra"))
    assert said in str(error) if said else error is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{{ detail }}, {{ product }}", "what is typed must stand last"),
        ("{{ product if detail else 'x' }}", "what is typed must stand last"),
        ("{% include 'x' %}", "more than names, conditions"),
        ("{% for i in 'ab' %}{{ product }}{% endfor %}", "more than names, conditions"),
        ("{{ 'a' * 999999999 }}", "more than names, conditions"),
        ("{{ product.__class__ }}", "more than names, conditions"),
        ("{{ " + "(" * 900 + "1" + ")" * 900 + " }}", "nested too deeply"),
        ("{{ product", "cannot be read"),
        ("x" * 2_001, "at most 2000 characters"),
    ],
    ids=["typed first", "typed inside", "include", "loop", "memory", "python", "deep", "syntax",
         "long"],
)  # fmt: skip
def test_a_pattern_that_could_push_the_brand_out_or_run_away_is_refused(
    folders: tuple[Path, Path], pattern, said
):
    path = folders[0] / "templates" / "lifestyle-scene.yaml"
    text = re.sub(r"pattern: >-\n(  .*\n)+", lambda _: f"pattern: {pattern!r}\n", path.read_text())
    path.write_text(text)
    _, error = broken_after(folders, "template", "lifestyle-scene")
    assert said in str(error)


def test_what_is_typed_cannot_say_what_the_model_leaves_out(folders: tuple[Path, Path]):
    path = folders[0] / "templates" / "lifestyle-scene.yaml"
    edit(path, "pattern: >-\n", "negative_pattern: '{{ detail }}'\npattern: >-\n")
    _, error = broken_after(folders, "template", "lifestyle-scene")
    assert "nothing that is typed" in str(error)


def test_a_trigger_that_does_not_fit_the_models_window_is_refused(folders: tuple[Path, Path]):
    edit(brand_yaml(folders), "trigger: voltra brand style", f"trigger: {'brand style ' * 16}")
    _, error = broken_after(folders, "brand", "voltra")
    assert "is longer than House illustration model reads (30 tokens)" in str(error)


def test_a_negative_prompt_that_does_not_fit_is_refused_where_the_model_is_told_it(
    folders: tuple[Path, Path],
):
    long = f"negative_prompt: {'blurry, text, ' * 20}"
    edit(brand_yaml(folders), "negative_prompt: blurry, text, watermark, washed out", long)
    assert "voltra" in load_presets(*folders).catalogue.brands
    edit(folders[0] / "base_models" / "house.yaml", "takes_negative_prompt: false", "")
    _, error = broken_after(folders, "brand", "voltra")
    assert "negative_prompt: is longer than House illustration model reads (30 tokens)" in str(
        error
    )


def test_an_outline_that_is_no_text_stops_nothing_else(folders: tuple[Path, Path]):
    (folders[0] / "outlines" / "can.svg").write_bytes(b"\xff\xfe")
    catalogue, error = broken_after(folders, "product outline", "can")
    assert "not readable UTF-8" in str(error)
    assert len(catalogue.brands) == 3


def test_the_house_models_training_data_beside_a_brand_is_not_read(folders: tuple[Path, Path]):
    (folders[0] / "brands" / "voltra" / "look.yaml").write_text("no: [preset")
    catalogue = load_presets(*folders).catalogue
    assert catalogue.broken == {}
    assert lock_brand(*folders, "voltra") == []


def test_two_hundred_damaged_presets_are_each_read_or_named(folders: tuple[Path, Path]):
    """One byte changed in most files at once: whatever loads is whole, everything else is named."""
    presets = (path for path in folders[0].rglob("*.yaml") if path.name != "look.yaml")
    dice, paths = Random(1), sorted(presets)
    sound = {path: path.read_bytes() for path in paths}
    for _ in range(3):
        for path, content in sound.items():
            changed = bytearray(content)
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
            path.write_bytes(changed)
        catalogue = load_presets(*folders).catalogue
        named = {slug for _, slug in catalogue.broken}
        kinds = (
            catalogue.templates,
            catalogue.layouts,
            catalogue.placements,
            catalogue.base_models,
        )
        loaded = {slug for kind in kinds for slug in kind} | set(catalogue.brands)
        assert {path.parent.name if path.name == "brand.yaml" else path.stem for path in paths} == (
            named | loaded
        )
        assert all(str(error) and error.hint for error in catalogue.broken.values())
