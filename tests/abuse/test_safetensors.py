"""LoRA files that somebody damaged or exchanged: never worn by mistake, never half."""

import pickle
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import load, save

from campaigns.abuse import safetensors as abuse
from campaigns.abuse.safetensors import Fitting, mutants, off_its_hash, raced, shipped_lora
from tests.abuse.conftest import SEED
from tests.traps import Trap

ORIGINAL = shipped_lora().read_bytes()


@pytest.fixture(scope="module")
def fitting() -> Fitting:
    torch.set_num_threads(1)
    return Fitting()


def test_no_changed_file_is_read_under_the_hash_of_the_original(tmp_path: Path):
    path = tmp_path / "mutant.safetensors"
    for kind, content in mutants(Random(SEED), ORIGINAL, 57):
        path.write_bytes(content)
        assert off_its_hash(path, ORIGINAL) == "LockError", kind


def test_a_spoilt_file_that_was_locked_is_refused_or_worn_as_it_is_and_leaves_nothing(
    fitting: Fitting, tmp_path: Path
):
    path, said = tmp_path / "mutant.safetensors", []
    for _, content in mutants(Random(SEED), ORIGINAL, 19):
        path.write_bytes(content)
        said.append(fitting.tried_on(path))
    assert set(said) == {"WeightsError", "worn"}


@pytest.mark.parametrize(
    "name", ["_not_numbers", "_missing_half", "_pickle", "_append", "_set_length"]
)
def test_what_no_brand_can_have_signed_off_is_refused(fitting: Fitting, tmp_path: Path, name: str):
    path = tmp_path / "mutant.safetensors"
    path.write_bytes(getattr(abuse, name)(Random(SEED), ORIGINAL, load(ORIGINAL)))
    assert fitting.tried_on(path) == "WeightsError"


@pytest.mark.parametrize("suffix", [".bin", ".ckpt", ".pt", ".SafeTensors", ".safetensors"])
def test_a_pickle_is_refused_by_its_content_whatever_it_is_called(
    fitting: Fitting, tmp_path: Path, suffix: str
):
    path = tmp_path / f"lora{suffix}"
    path.write_bytes(pickle.dumps(Trap()))
    assert fitting.tried_on(path) == "WeightsError"
    assert not Trap.sprung


def test_no_weights_and_whole_numbers_are_refused(fitting: Fitting, tmp_path: Path):
    path = tmp_path / "mutant.safetensors"
    whole = {name: tensor.to(torch.int64) for name, tensor in load(ORIGINAL).items()}
    for tensors in ({}, whole):
        path.write_bytes(save(tensors))
        assert fitting.tried_on(path) == "WeightsError"


def test_a_file_exchanged_while_it_is_read_is_the_locked_one_or_refused(tmp_path: Path):
    races = raced(tmp_path, ORIGINAL, 60, Random(SEED))
    assert races["wrong"] == 0
    assert races["right"] + races["refused"] == 60
