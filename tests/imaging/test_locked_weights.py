"""Shipped base models are loaded from the very bytes that were compared with their revision."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import diffusers
import pytest

from brandstudio.checksums import copied_listing, folder_sha256, listing, listing_sha256
from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging import pipelines
from brandstudio.imaging.compute import choose_compute
from brandstudio.imaging.pipelines import load_pipeline, verified_copy
from brandstudio.weights import WEIGHTS

CPU = choose_compute("cpu", "float32")
DENOISER = "base/unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped weights that a test may spoil."""
    for folder in ("base", "controlnet"):
        shutil.copytree(WEIGHTS / folder, tmp_path / folder)
    monkeypatch.setattr(pipelines, "WEIGHTS", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "file",
    [
        DENOISER,
        "base/text_encoder/model.safetensors",
        "base/tokenizer/tokenizer.json",
        "base/vae/config.json",
        "base/model_index.json",
        "controlnet/diffusion_pytorch_model.safetensors",
    ],
)
def test_a_changed_file_of_a_base_model_stops_it(
    house: BaseModelProfile, weights: Path, file: str
) -> None:
    content = bytearray((weights / file).read_bytes())
    content[-1] ^= 1
    (weights / file).write_bytes(content)
    folder, name = file.split("/", 1)
    with pytest.raises(LockError, match=f"weights/{folder} is locked to .* not as locked: {name}$"):
        load_pipeline(house, CPU)


def test_a_missing_shard_and_a_foreign_config_stop_it_and_are_named(
    house: BaseModelProfile, weights: Path
) -> None:
    (weights / "base" / "unet" / "more.json").write_text("{}")
    with pytest.raises(LockError, match=r"not as locked: unet/more\.json$"):
        load_pipeline(house, CPU)
    (weights / "base" / "unet" / "more.json").unlink()
    (weights / "base" / "text_encoder" / "model.safetensors").unlink()
    with pytest.raises(LockError, match=r"not as locked: text_encoder/model\.safetensors$"):
        load_pipeline(house, CPU)
    shutil.rmtree(weights / "base")
    with pytest.raises(WeightsError, match="'base' are missing"):
        load_pipeline(house, CPU)


def test_a_manifest_that_was_changed_too_is_not_believed(
    house: BaseModelProfile, weights: Path
) -> None:
    (weights / "base" / "unet" / "more.json").write_text("{}")
    (weights / "base" / "SHA256SUMS").write_text(listing(weights / "base"))
    with pytest.raises(LockError, match=r"weights/base is locked to [^;]*$"):
        load_pipeline(house, CPU)


def test_pickles_and_scripts_beside_the_weights_are_not_even_there_when_it_loads(
    house: BaseModelProfile, weights: Path
) -> None:
    for name in ("unet/diffusion_pytorch_model.bin", "pipeline.py", "unet/model.ckpt"):
        (weights / "base" / name).write_bytes(b"trap")
    with verified_copy(weights / "base", house.checkpoint.revision) as folder:
        assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {
            ".json",
            ".safetensors",
        }
    assert not folder.exists()


@pytest.mark.usefixtures("weights")
def test_weights_exchanged_between_the_comparison_and_the_loading_are_never_loaded(
    house: BaseModelProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = load_pipeline(house, CPU)

    def compare_then_exchange(folder: Path, into: Path) -> str:
        found = copied_listing(folder, into)
        for file in folder.rglob("*.safetensors"):
            file.write_bytes(b"\0" * file.stat().st_size)
        return found

    monkeypatch.setattr(pipelines, "copied_listing", compare_then_exchange)
    loaded = load_pipeline(house, CPU)
    expected = original.unet.state_dict()
    assert all(bool((t == expected[n]).all()) for n, t in loaded.unet.state_dict().items())
    assert pipelines.model_hash(loaded) == pipelines.model_hash(original)


def test_diffusers_is_told_to_read_safetensors_and_nothing_from_afar(
    house: BaseModelProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []

    def listening(kind: Any) -> Callable[..., Any]:
        load = kind.from_pretrained

        def from_pretrained(place: str, **said: Any) -> Any:
            told.append(said)
            return load(place, **said)

        return from_pretrained

    for kind in (diffusers.ControlNetModel, pipelines.AutoPipelineForText2Image):
        monkeypatch.setattr(kind, "from_pretrained", listening(kind))
    load_pipeline(house, CPU)
    assert len(told) == 2
    assert all(said["use_safetensors"] and said["local_files_only"] for said in told)


def test_a_private_copy_has_the_checksum_of_its_folder_and_what_counts_of_its_files(
    tmp_path: Path,
) -> None:
    found = listing_sha256(copied_listing(WEIGHTS / "controlnet", tmp_path))
    assert found == folder_sha256(WEIGHTS / "controlnet") == folder_sha256(tmp_path)


def test_a_folder_exchanged_while_it_is_copied_is_the_locked_one_or_refused(tmp_path: Path) -> None:
    good, evil, shipped = tmp_path / "good", tmp_path / "evil", tmp_path / "shipped"
    for folder, content in ((good, b"good"), (evil, b"evil")):
        (folder / "unet").mkdir(parents=True)
        for name in ("unet/model.safetensors", "config.json"):
            (folder / name).write_bytes(content * 50_000)
    shutil.copytree(good, shipped)
    locked, over, tally = folder_sha256(good), threading.Event(), Counter[str]()

    def turn() -> None:
        while not over.is_set():
            for source in (evil, good):
                for name in ("config.json", "unet/model.safetensors"):
                    shutil.copy(source / name, tmp_path / "new")
                    (tmp_path / "new").replace(shipped / name)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        for _ in range(300):
            try:
                with verified_copy(shipped, locked) as copy:
                    tally["right" if b"evil" not in b"".join(contents(copy)) else "wrong"] += 1
            except LockError:
                tally["refused"] += 1
    finally:
        over.set()
        thread.join()
    assert tally["wrong"] == 0
    assert min(tally["right"], tally["refused"]) > 0


def contents(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())
