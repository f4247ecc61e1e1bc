"""CLIP models and aesthetic heads are the locked bytes, and never a pickle."""

import hashlib
import pickle
import shutil
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save

from brandstudio.checksums import copied_listing
from brandstudio.domain.base_model import ScorerProfile
from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging import pipelines
from brandstudio.imaging.scorers.clip import ClipScorer
from brandstudio.weights import WEIGHTS
from tests.imaging.conftest import scorer_profile
from tests.traps import Trap

CPU = torch.device("cpu")
HEAD = "aesthetic_head.safetensors"
NETWORK = "clip/open_clip_model.safetensors"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the shipped scorer that a test may spoil."""
    shutil.copytree(WEIGHTS / "clip", tmp_path / "clip")
    return tmp_path


def profile(**changes: Any) -> ScorerProfile:
    return ScorerProfile.model_validate(scorer_profile(aesthetic_head=HEAD, **changes))


@pytest.mark.parametrize(
    "file", [NETWORK, f"clip/{HEAD}", "clip/open_clip_config.json", "clip/tokenizer.json"]
)
def test_a_changed_file_of_the_judge_is_refused_and_named(weights: Path, file: str) -> None:
    content = bytearray((weights / file).read_bytes())
    content[-1] ^= 1
    (weights / file).write_bytes(content)
    name = Path(file).name
    with pytest.raises(LockError, match=f"weights/clip is locked to .* not as locked: {name}$"):
        ClipScorer(profile(), CPU, weights)


def test_a_pickle_in_place_of_the_network_is_never_opened(weights: Path) -> None:
    (weights / NETWORK).unlink()
    for name in ("open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth", "model.pth"):
        (weights / "clip" / name).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(LockError):
        ClipScorer(profile(), CPU, weights)
    assert not Trap.sprung


def test_what_is_exchanged_between_the_comparison_and_the_loading_is_never_loaded(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ClipScorer(profile(), CPU, weights).embed_texts(["a red mug"])

    def compare_then_exchange(folder: Path, into: Path) -> str:
        found = copied_listing(folder, into)
        for file in folder.rglob("*.safetensors"):
            file.write_bytes(b"\0" * file.stat().st_size)
        return found

    monkeypatch.setattr(pipelines, "copied_listing", compare_then_exchange)
    late = ClipScorer(profile(), CPU, weights)
    assert torch.equal(late.embed_texts(["a red mug"]), expected)


def test_a_head_of_its_own_is_the_locked_one_or_refused(weights: Path) -> None:
    head = save({"0.weight": torch.ones(1, 256), "0.bias": torch.zeros(1)})
    (weights / "own.safetensors").write_bytes(head)
    locked = hashlib.sha256(head).hexdigest()
    own = profile().but(aesthetic_head="own.safetensors", aesthetic_sha256=locked)
    assert ClipScorer(own, CPU, weights)
    for wrong in (None, "0" * 64):
        with pytest.raises(LockError, match=r"own\.safetensors is locked to"):
            ClipScorer(own.but(aesthetic_sha256=wrong), CPU, weights)


def test_a_named_model_is_read_from_safetensors_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pickled = tmp_path / "open_clip_pytorch_model.bin"
    pickled.write_bytes(pickle.dumps(Trap()))
    by_path = ScorerProfile(clip="RN50", pretrained=str(pickled))
    with pytest.raises(WeightsError, match="not a safetensors file"):
        ClipScorer(by_path, CPU)
    monkeypatch.setattr(open_clip, "download_pretrained", lambda _: str(pickled))
    with pytest.raises(WeightsError, match="not a safetensors file"):
        ClipScorer(ScorerProfile(clip="RN50", pretrained="openai"), CPU)
    renamed = pickled.rename(tmp_path / "model.safetensors")
    with pytest.raises(WeightsError):
        ClipScorer(by_path.but(pretrained=str(renamed)), CPU)
    assert not Trap.sprung


@pytest.mark.parametrize(
    "changes",
    [
        {"clip": "local-dir:../../elsewhere"},
        {"clip": "local-dir:/srv/clip"},
        {"clip": "hf-hub:someone/clip"},
        {"revision": None},
        {"aesthetic_head": "../head.safetensors"},
    ],
    ids=str,
)
def test_a_judge_from_elsewhere_or_without_a_lock_is_no_judge(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        profile().but(**changes)
