"""A run whose locked weights were exchanged after it was submitted: it fails, and draws nothing."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from brandstudio.domain.run import RunStatus
from brandstudio.imaging import pipelines
from brandstudio.imaging.generator import build_generator
from brandstudio.presets import load_presets
from brandstudio.services import runs
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.settings import Settings
from brandstudio.weights import WEIGHTS
from tests.conftest import People

SHIPPED = Settings()


@pytest.fixture
def studio(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A studio over LoRAs and weights of its own, which a test may change under it."""
    shutil.copytree(SHIPPED.lora_dir, tmp_path / "lora_weights")
    for folder in ("base", "controlnet"):
        shutil.copytree(WEIGHTS / folder, tmp_path / folder)
    monkeypatch.setattr(pipelines, "WEIGHTS", tmp_path)
    return replace(studio, presets=load_presets(SHIPPED.presets_dir, tmp_path / "lora_weights"))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def exchange(path: Path) -> None:
    """Another brand's file, whole and sound."""
    shutil.copy(path.parents[1] / "solenne" / "solenne.safetensors", path)


def link(path: Path) -> None:
    other = path.parents[1] / "fjellro" / "fjellro.safetensors"
    path.unlink()
    path.symlink_to(other)


VOLTRA = "lora_weights/voltra/voltra.safetensors"
CHANGES = {
    "one bit of the LoRA": (VOLTRA, flip, "voltra.safetensors is locked to"),
    "another brand's LoRA": (VOLTRA, exchange, "voltra.safetensors is locked to"),
    "a link to another LoRA": (VOLTRA, link, "voltra.safetensors is locked to"),
    "no LoRA": (VOLTRA, Path.unlink, "cannot be read: No such file"),
    "the ControlNet": (
        "controlnet/diffusion_pytorch_model.safetensors", flip, "controlnet is locked to",
    ),
    "the text encoder": (
        "base/text_encoder/model.safetensors", flip, "not as locked: model.safetensors",
    ),
    "the tokenizer": ("base/tokenizer/tokenizer.json", flip, "not as locked: tokenizer.json"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "change", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_a_run_whose_weights_were_exchanged_fails_and_draws_nothing(
    studio: Studio,
    people: People,
    worker: Worker,
    brief: Callable[..., object],
    tmp_path: Path,
    file: str,
    change: Callable[[Path], None],
    said: str,
):
    run_id = runs.submit(studio, brief(), person=people.carla)  # pyright: ignore[reportArgumentType]
    change(tmp_path / file)
    real = build_generator(
        studio.catalogue, studio.presets.lora_files, device="cpu", dtype="float32"
    )
    carry_out(replace(worker, studio=studio, generator=real), run_id)
    run = runs.get(studio, run_id, person=people.carla)
    assert run.status is RunStatus.FAILED
    assert run.failure is not None
    assert said in run.failure.message
    assert run.failure.hint
    assert run.drawn_count == 0
    assert [p for p in (studio.settings.data_dir / "blobs").rglob("*") if p.is_file()] == []
