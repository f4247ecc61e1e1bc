"""The harnesses of `python -m campaigns.faults` at a size for every push."""

import pytest
import torch

from campaigns.faults.working import undisturbed

SEED = 7


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Small tensors on a shared machine: threads would wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def expected_and_parts(tmp_path_factory):
    """The images of one run as the shipped model draws them when nothing happens, and the model."""
    return undisturbed(tmp_path_factory.mktemp("undisturbed") / "data", [SEED])
