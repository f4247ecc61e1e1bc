import shutil
from pathlib import Path

import pytest

from brandstudio.errors import LockError, PresetError
from brandstudio.presets import load_presets, lock_base_model, lock_brand, read_yaml
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


def test_a_typo_names_file_line_and_field_and_stops_nothing_else(folders):
    path = folders[0] / "templates" / "product-hero.yaml"
    edit(path, "title: Product hero", "tilte: Product hero")
    catalogue, error = broken_after(folders, "template", "product-hero")
    assert "presets/templates/product-hero.yaml: line" in str(error)
    assert "tilte" in str(error)
    assert "sale-banner" in catalogue.templates
    with pytest.raises(PresetError):
        catalogue.template("product-hero")


def test_a_wrong_value_names_the_line_it_stands_on(folders):
    path = folders[0] / "layouts" / "product-left.yaml"
    edit(path, "horizon: 0.7", "horizon: 7")
    _, error = broken_after(folders, "layout", "product-left")
    line = path.read_text().splitlines().index("horizon: 7") + 1
    assert f"line {line}, horizon: Input should be less than 1" in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "line 2: 'a' is given twice"),
        ("a: !!python/object/apply:os.system ['x']\n", "could not determine a constructor"),
        ("a: &x [1]\nb: *x\n", "line 2: aliases are not used"),
        ("- 1\n", "must be a mapping"),
        ("a: [1\n", "line 2"),
        ("", "must be a mapping"),
        ("a: '" + "x" * 300_000 + "'", "is larger than 256,000 bytes"),
    ],
    ids=["duplicate key", "python tag", "alias", "list", "syntax", "empty", "huge"],
)
def test_yaml_that_is_more_than_plain_values_is_refused(tmp_path, text, said):
    path = tmp_path / "brief.yaml"
    path.write_text(text)
    with pytest.raises(PresetError, match=said):
        read_yaml(path)


def test_a_file_that_is_not_text_is_refused_in_words(tmp_path):
    path = tmp_path / "brief.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PresetError, match="not readable UTF-8 text"):
        read_yaml(path)
    with pytest.raises(PresetError, match="cannot be read"):
        read_yaml(tmp_path / "missing.yaml")


def test_a_changed_lora_is_refused_with_both_hashes_and_other_brands_go_on(folders):
    path = folders[1] / "voltra" / "voltra.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00\x01")
    catalogue, error = broken_after(folders, "brand", "voltra")
    assert isinstance(error, LockError)
    assert "voltra/voltra.safetensors is locked to" in str(error)
    assert "brandstudio presets lock" in error.hint
    assert "solenne" in catalogue.brands


def test_a_missing_logo_is_named(folders):
    (folders[0] / "brands" / "voltra" / "logo.svg").unlink()
    _, error = broken_after(folders, "brand", "voltra")
    assert "voltra/logo.svg: file: does not exist" in str(error)


def test_locking_writes_the_new_hash_counts_the_version_up_and_keeps_the_rest(folders):
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


def test_locking_an_unknown_brand_says_so(folders):
    with pytest.raises(PresetError, match="does not exist"):
        lock_brand(*folders, "nope")


def test_a_pattern_that_asks_for_an_unknown_field_is_refused(folders):
    path = folders[0] / "templates" / "sale-banner.yaml"
    edit(path, "pattern: >-\n", "pattern: >-\n  {{ nothing }}\n")
    _, error = broken_after(folders, "template", "sale-banner")
    assert "asks for unknown fields: nothing" in str(error)


def test_a_lora_scale_outside_what_the_base_model_allows_is_refused(folders):
    edit(folders[0] / "brands" / "voltra" / "brand.yaml", "scale: 1.0", "scale: 1.9")
    _, error = broken_after(folders, "brand", "voltra")
    assert "'voltra-look' at scale 1.9 is outside 0 to 1.2" in str(error)


def test_a_quality_outside_what_the_base_model_allows_is_refused(folders):
    edit(folders[0] / "base_models" / "sdxl.yaml", "most: 60", "most: 20")
    _, error = broken_after(folders, "base model", "sdxl")
    assert "steps is outside 10 to 20" in str(error)


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
    assert presets.lora_files[lora.sha256].name == "house_x4.safetensors"
    assert lock_base_model(with_few_steps[0], "sdxl") == []


def test_a_missing_presets_folder_is_said_at_once(tmp_path):
    with pytest.raises(PresetError, match="does not exist"):
        load_presets(tmp_path / "nowhere", tmp_path)
