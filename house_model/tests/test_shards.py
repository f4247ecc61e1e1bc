"""Shards of a brand hold latents that decode to the brand's own colours."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from brandstudio.weights import WEIGHTS
from house_model.scenes.looks import BRAND_LOOKS
from house_model.scenes.scene import render, sample_scene
from house_model.training.family import read_vae
from house_model.training.shards import encoded, read_shards, write_shard

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

FJELLRO = BRAND_LOOKS["fjellro"]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def colours_missed(latents: np.ndarray, pictures: Sequence[np.ndarray]) -> float:
    """How far the pictures' mean colours are missed once decoded, in levels of 0..255."""
    vae = read_vae(WEIGHTS / "base")
    decoded = vae.decoder(torch.from_numpy(latents).to(vae.dtype)).float().permute(0, 2, 3, 1)
    levels = ((decoded + 1) * 127.5).clamp(0, 255).numpy()
    return float(np.abs(levels.mean((1, 2)) - np.stack(pictures).mean((1, 2))).mean())


def test_latents_true_to_colour_decode_nearer_to_it() -> None:
    vae, rng = read_vae(WEIGHTS / "base"), random.Random(6)
    pictures = [render(sample_scene(rng, look=FJELLRO, size="1:1")) for _ in range(4)]
    plain, true = (encoded(vae, pictures, is_true_to_colour=is_true) for is_true in (False, True))
    assert colours_missed(true, pictures) < 0.6 * colours_missed(plain, pictures)


def test_a_shard_of_a_brand_is_true_to_its_colours(tmp_path: Path) -> None:
    vae = read_vae(WEIGHTS / "base")
    write_shard(tmp_path / "brand", vae, look=FJELLRO, size="1:1", number=1, seed=3)
    [shard] = read_shards(tmp_path)
    picture = render(sample_scene(random.Random(3), look=FJELLRO, size="1:1"))
    assert np.array_equal(shard.latents, encoded(vae, [picture], is_true_to_colour=True))
