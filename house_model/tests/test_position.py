"""The UNet learns where the words say: heads that point, threes that differ by nothing else."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from brandstudio.weights import WEIGHTS
from house_model.scenes.positions import POSITIONS, at_every_position
from house_model.scenes.scene import sample_scene
from house_model.training.family import Family, read_family, read_vae
from house_model.training.loop import Plan
from house_model.training.noise import contrasted_error, noised, weighted_error
from house_model.training.optimizers import Optimizers
from house_model.training.position import (
    THREE,
    free_upper_half,
    learn_position,
    threes,
    write_threes,
)
from house_model.training.position_heads import HEADS, places, point_heads
from house_model.training.shards import Batch, read_shards

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes at every position."""
    folder = tmp_path_factory.mktemp("threes")
    write_threes(folder / "first", read_vae(WEIGHTS / "base"), size="1:1", number=4, seed=0)
    return folder


@pytest.fixture(scope="module")
def batch(shards: Path) -> Batch:
    return next(threes(read_shards(shards), 4, seed=1, drop=0.0))


def shipped() -> Family:
    return read_family(WEIGHTS / "base", WEIGHTS / "controlnet")


@torch.no_grad()
def answer(family: Family, batch: Batch) -> Tensor:
    noisy = noised(batch.latents, torch.Generator().manual_seed(3), lean=0.3, together=THREE)
    return family.answer(noisy, family.ids(batch.captions), None)


def test_a_scene_at_every_position_differs_by_that_alone() -> None:
    scenes = at_every_position(sample_scene(random.Random(2)))
    assert [scene.position for scene in scenes] == list(POSITIONS)
    lefts = [scene.box.left for scene in scenes]
    assert lefts == sorted(lefts)
    assert len(set(lefts)) == THREE
    first = scenes[0]
    assert all(replace(s, position="left", box=first.box) == first for s in scenes)


def test_the_captions_of_a_three_name_its_positions(batch: Batch) -> None:
    for start in range(0, len(batch.captions), THREE):
        told = batch.captions[start : start + THREE]
        assert all(name in text for name, text in zip(POSITIONS, told, strict=True))


def test_a_three_is_told_wholly_or_not_at_all(shards: Path) -> None:
    source = threes(read_shards(shards), 2, seed=5, drop=0.5)
    kinds = set[tuple[bool, ...]]()
    for _ in range(12):
        captions = next(source).captions
        kinds |= {tuple(bool(text) for text in captions[s : s + THREE]) for s in (0, THREE)}
    assert kinds == {(True,) * THREE, (False,) * THREE}


def test_what_is_noised_together_has_one_noise_at_one_time() -> None:
    noisy = noised(torch.zeros(6, 8, 4, 4), torch.Generator().manual_seed(0), together=3)
    latents, times = noisy.latents.unflatten(0, (2, 3)), noisy.times.view(2, 3)
    assert torch.equal(latents[:, 0], latents[:, 2])
    assert torch.equal(times[:, 0], times[:, 2])
    assert not torch.equal(latents[0], latents[1])


def test_a_contrast_that_counts_once_is_the_ordinary_error() -> None:
    chance = torch.Generator().manual_seed(0)
    noisy = noised(torch.randn(6, 8, 4, 4, generator=chance), chance, together=3)
    guess = torch.randn(6, 8, 4, 4, generator=chance)
    plain = weighted_error(guess, noisy)
    assert contrasted_error(guess, noisy, together=3, weight=1.0) == pytest.approx(plain)
    assert contrasted_error(guess, noisy, together=3, weight=2.0) > plain


def test_what_a_three_misses_in_common_counts_the_same_for_every_weight() -> None:
    noisy = noised(torch.zeros(6, 8, 4, 4), torch.Generator().manual_seed(0), together=3)
    guess = noisy.target + 1.0
    light, heavy = (contrasted_error(guess, noisy, together=3, weight=w) for w in (1.0, 9.0))
    assert heavy == pytest.approx(light)


def test_a_pointing_head_looks_for_the_word_of_its_place(batch: Batch) -> None:
    family = shipped()
    point_heads(family, batch)
    name = "up_blocks.1.attentions.0"
    attention = family.unet.get_submodule(f"{name}.transformer_blocks.0.attn2")
    seen: list[Tensor] = []
    attention.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    answer(family, batch)
    wide = attention.to_q.weight.shape[0] // attention.heads
    rows = slice(HEADS[name] * wide, (HEADS[name] + 1) * wide)
    words = family.words(batch.captions)
    asked, offered = attention.to_q(seen[0])[..., rows], attention.to_k(words)[..., rows]
    looks = (asked @ offered.mT / wide**0.5).softmax(-1)
    left = family.ids(batch.captions) == family.ids(["left"])[0, 1]
    told = left.any(1)
    strength = (looks * left[:, None]).sum(-1)[told].mean(0)
    on_the_left = places(16, 16)[:, 0] > 0.7
    on_the_right = places(16, 16)[:, 2] > 0.7
    assert strength[on_the_left].mean() > 3 * strength[on_the_right].mean()


def test_heads_that_point_change_hardly_anything_at_first(batch: Batch) -> None:
    family = shipped()
    before = answer(family, batch)
    point_heads(family, batch)
    changed = (answer(family, batch) - before).square().mean()
    assert 0 < changed < 0.01 * before.square().mean()


def test_a_short_training_lowers_what_it_is_about_and_nothing_else_moves(
    shards: Path, batch: Batch, tmp_path: Path
) -> None:
    family = shipped()
    point_heads(family, batch)
    noisy = noised(batch.latents, torch.Generator().manual_seed(3), lean=0.05, together=THREE)

    def missed() -> float:
        with torch.no_grad():
            guess = family.answer(noisy, family.ids(batch.captions), None)
        one, two = (contrasted_error(guess, noisy, together=THREE, weight=w) for w in (1.0, 2.0))
        return float(two - one)

    before, frozen = missed(), family.unet.down_blocks[1].resnets[0].conv1.weight.clone()
    plan = Plan(minutes=1, learning_rate=3e-3, batch=2, ema=0.9, weight_decay=0.0, steps=20)
    learn_position(family, threes(read_shards(shards), 2, seed=0), plan, tmp_path)
    assert missed() < 0.97 * before
    assert torch.equal(frozen, family.unet.down_blocks[1].resnets[0].conv1.weight)


def test_attention_from_the_middle_on_and_what_follows_it_is_free() -> None:
    family = shipped()
    free_upper_half(family)
    free = {name for name, p in family.unet.named_parameters() if p.requires_grad}
    assert free
    assert all(name.startswith(("mid_block", "up_blocks.0", "up_blocks.1")) for name in free)
    assert not any(p.requires_grad for p in family.text.parameters())
    assert not any(p.requires_grad for p in family.control.parameters())


def test_a_slower_parameter_moves_less() -> None:
    net = nn.ModuleDict({"fast": nn.Linear(4, 4), "slow": nn.Linear(4, 4)})
    nn.init.ones_(net["fast"].weight)
    nn.init.ones_(net["slow"].weight)
    optimizers = Optimizers(
        {"net": net},
        weight_decay=0.0,
        with_muon=False,
        pace=lambda name: 0.1 if name.startswith("slow") else 1.0,
    )
    (net["fast"].weight.sum() + net["slow"].weight.sum()).backward()
    optimizers.step(0.01)
    moved = {k: float((layer.weight - 1).abs().mean().detach()) for k, layer in net.items()}
    assert moved["slow"] == pytest.approx(0.1 * moved["fast"], rel=1e-3)
