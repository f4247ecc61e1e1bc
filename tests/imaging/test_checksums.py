"""A folder's checksum follows its names and bytes, and nothing else."""

import hashlib
from pathlib import Path

import pytest

from brandstudio.checksums import file_sha256, folder_sha256


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def test_a_files_checksum_is_the_sha256_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"weights")
    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"weights").hexdigest()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    before = file_sha256(path)
    path.write_bytes(b"three")
    assert file_sha256(path) != before


@pytest.mark.parametrize("changed", ["unet/model.safetensors", "config.json", "unet/new.json"])
def test_any_weight_or_config_changes_the_folders_checksum(folder: Path, changed: str) -> None:
    before = folder_sha256(folder)
    (folder / changed).write_text("something else")
    assert folder_sha256(folder) != before


def test_a_renamed_weight_changes_the_folders_checksum(folder: Path) -> None:
    before = folder_sha256(folder)
    (folder / "config.json").rename(folder / "configuration.json")
    assert folder_sha256(folder) != before


@pytest.mark.parametrize("note", ["README.md", ".DS_Store", ".cache.json"])
def test_notes_and_hidden_files_do_not_count(folder: Path, note: str) -> None:
    before = folder_sha256(folder)
    (folder / note).write_text("a note")
    assert folder_sha256(folder) == before


def test_a_folder_without_weights_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folder_sha256(tmp_path / "nowhere")
