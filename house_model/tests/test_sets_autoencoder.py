"""Tuning the autoencoder on sets: what it reads, that it resumes."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from house_model.sets import autoencoder
from house_model.sets.autoencoder import ShardsError, crops, tune
from house_model.sets.shards import Record, SetShard, is_held_out, packed
from house_model.training.loop import Plan
from house_model.training.vae import new_vae


def write_shard(folder: Path, index: int, *, look: str = "natural") -> None:
    chance = np.random.default_rng(index)
    picture = chance.integers(0, 255, (2, 128, 128, 3)).astype(np.uint8)
    shard = SetShard(
        beauty=picture,
        alpha=picture[..., 0],
        depth=picture[..., 0].astype(np.float16),
        normal=picture.astype(np.int8),
        lines=np.zeros((2, 2048), np.uint8),
        bare=picture[:1],
        records=(
            Record({"look": look}, ("a",), 0, None),
            Record({"look": look}, ("b",), None, None),
        ),
        large=(),
    )
    (folder / "v0").mkdir(parents=True, exist_ok=True)
    (folder / "v0" / f"shard-{index:05d}.npz").write_bytes(packed(shard))


def test_held_out_shards_are_never_trained_on(tmp_path: Path) -> None:
    for index in (0, 19, 39):
        write_shard(tmp_path, index, look="voltra" if index == 39 else "natural")
    assert len(autoencoder.training_pictures(tmp_path)) == 3
    held_out = autoencoder.held_out_pictures(tmp_path)
    assert {look: len(pictures) for look, pictures in held_out.items()} == {
        "natural": 2,
        "voltra": 2,
    }
    assert is_held_out(Path("shard-00019.npz"))
    assert not is_held_out(Path("shard-00020.npz"))


def test_without_shards_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShardsError) as caught:
        autoencoder.training_pictures(tmp_path)
    assert "house_model render" in caught.value.hint


def test_crops_are_pixels_of_the_pictures() -> None:
    picture = np.full((128, 192, 3), 255, np.uint8)
    batch = crops([picture], 4, random.Random(0))
    assert batch.shape == (4, 3, 96, 96)
    assert float(batch.min()) == 1.0


def test_tuning_resumes_and_leaves_an_autoencoder(tmp_path: Path) -> None:
    write_shard(tmp_path / "sets", 0)
    write_shard(tmp_path / "sets", 19)
    new_vae(0).save_pretrained(tmp_path / "start")
    plan = Plan(minutes=1, learning_rate=1e-4, batch=1, steps=1, with_muon=True)
    folder = tmp_path / "vae"
    tune(plan, folder, sets=tmp_path / "sets", start=tmp_path / "start")
    made = tune(replace(plan, steps=2), folder, sets=tmp_path / "sets", start=tmp_path / "start")
    assert (made / "config.json").exists()
    assert (folder / "checkpoint.pt").exists()
