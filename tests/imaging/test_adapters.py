"""LoRAs go on and come off exactly, and only the files the brand signed off."""

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from brandstudio.checksums import file_sha256
from brandstudio.domain.plan import LoraUse
from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging.adapters import read_lora
from brandstudio.imaging.generator import DiffusersGenerator
from tests.imaging.conftest import VOLTRA, LoraShelf, Recipe, difference, draw


def test_without_with_and_without_again_is_bit_equal(
    generator: DiffusersGenerator, recipe: Recipe, voltra: LoraUse
) -> None:
    [bare] = draw(generator, recipe())
    [branded] = draw(generator, recipe(loras=(voltra,)))
    [bare_again] = draw(generator, recipe())
    assert difference(bare, branded) > 0.1
    assert bare == bare_again


def test_scale_zero_is_bit_equal_to_no_lora(
    generator: DiffusersGenerator, recipe: Recipe, voltra: LoraUse
) -> None:
    [bare] = draw(generator, recipe())
    assert draw(generator, recipe(loras=(voltra.but(scale=0.0),))) == [bare]


def test_the_scale_of_one_run_does_not_reach_the_next(
    generator: DiffusersGenerator, recipe: Recipe, voltra: LoraUse
) -> None:
    full, half = recipe(loras=(voltra,)), recipe(loras=(voltra.but(scale=0.5),))
    [first] = draw(generator, full)
    assert draw(generator, half) != [first]
    assert draw(generator, full) == [first]


def test_drafts_and_finals_take_turns_and_a_final_never_carries_the_drafts_lora(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf, voltra: LoraUse
) -> None:
    few_steps = shelf.with_strength(0.4)
    final = recipe(loras=(voltra,))
    quick = recipe(loras=(voltra, few_steps), steps=4, guidance_scale=1.0, scheduler="ddim")
    [final_before] = draw(generator, final)
    [quick_before] = draw(generator, quick)
    assert draw(generator, final) == [final_before]
    assert draw(generator, quick) == [quick_before]
    assert draw(generator, quick.but(loras=(voltra,))) != [quick_before]


def test_a_draft_wears_the_brands_lora_at_the_brands_scale_beside_its_own(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf, voltra: LoraUse
) -> None:
    tensors = load_file(VOLTRA)
    negated = {n: -t if n.endswith("lora_B.weight") else t for n, t in tensors.items()}
    opposite = shelf.of(save(negated), "opposite.safetensors")
    [bare] = draw(generator, recipe())
    [cancelled] = draw(generator, recipe(loras=(voltra, opposite)))
    assert difference(bare, cancelled) < 0.05


def test_provenance_names_the_drafts_lora_with_its_own_hash(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf, voltra: LoraUse
) -> None:
    few_steps = shelf.with_strength(0.3)
    params = recipe(loras=(voltra, few_steps))
    named = generator.describe(params)["lora_hashes"]
    assert [part.split(": ")[0] for part in named.split(", ")] == ["voltra", few_steps.name]
    other = shelf.with_strength(0.2)
    assert recipe(loras=(voltra, other)).fingerprint != params.fingerprint


def test_many_brands_take_turns_and_each_looks_the_same_every_time(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf, voltra: LoraUse
) -> None:
    [first] = draw(generator, recipe(loras=(voltra,)))
    others = [shelf.with_strength(strength) for strength in (0.5, 0.6, 0.7, 0.8, 0.9)]
    looks = [draw(generator, recipe(loras=(other,)))[0] for other in others]
    assert len({look.tobytes() for look in looks}) == len(others)
    assert draw(generator, recipe(loras=(voltra,))) == [first]


def test_a_file_off_its_hash_is_refused_and_nothing_acts(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf
) -> None:
    [bare] = draw(generator, recipe())
    wrong = shelf.promised("0" * 64, VOLTRA)
    with pytest.raises(LockError, match=r"voltra\.safetensors is locked to 00000000"):
        draw(generator, recipe(loras=(wrong,)))
    assert draw(generator, recipe()) == [bare]


def test_a_truncated_file_is_refused_by_name(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf
) -> None:
    torn = shelf.of(VOLTRA.read_bytes()[:-100], "torn.safetensors")
    with pytest.raises(WeightsError, match=r"torn\.safetensors is not a whole .* copy it again"):
        draw(generator, recipe(loras=(torn,)))


def test_a_file_of_five_gigabytes_is_no_lora_and_is_not_even_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.safetensors"
    with huge.open("wb") as file:
        file.truncate(5 * 2**30)  # nothing of it is on the disk
    with pytest.raises(WeightsError, match=r"huge\.safetensors is larger than any LoRA: 5\.0 GiB"):
        read_lora(huge, "0" * 64)


def test_a_lora_that_is_not_on_the_shelf_is_named(
    generator: DiffusersGenerator, recipe: Recipe
) -> None:
    unknown = LoraUse(name="lost", sha256="5" * 64, scale=1.0)
    with pytest.raises(WeightsError, match="file of the LoRA 'lost' is missing"):
        draw(generator, recipe(loras=(unknown,)))


SHAPES = {
    "other widths": ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q", 1280),
    "other layers": ("unet.down_blocks.7.attentions.0.transformer_blocks.0.attn1.to_q", 256),
    "a transformer's": ("transformer.single_transformer_blocks.0.attn.to_q", 3072),
}


@pytest.mark.parametrize(("layer", "width"), SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("wearing", [False, True], ids=["first", "beside another"])
def test_a_lora_for_another_base_model_is_refused_and_nothing_acts(
    house_generator: DiffusersGenerator,
    recipe: Recipe,
    shelf: LoraShelf,
    voltra: LoraUse,
    layer: str,
    width: int,
    wearing: bool,
) -> None:
    [bare] = draw(house_generator, recipe())
    if wearing:
        draw(house_generator, recipe(loras=(voltra,)))
    foreign = shelf.of(save(layer_of(layer, width)), "foreign.safetensors")
    with pytest.raises(WeightsError, match="not made for the base model 'House model'"):
        draw(house_generator, recipe(loras=(foreign,)))
    assert draw(house_generator, recipe()) == [bare]


def test_a_lora_of_which_only_some_layers_fit_is_refused(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf
) -> None:
    tensors = load_file(VOLTRA) | layer_of(SHAPES["other layers"][0], 256)
    partly = shelf.of(save(tensors), "partly.safetensors")
    with pytest.raises(WeightsError, match="177 of 178 layers fit"):
        draw(generator, recipe(loras=(partly,)))


def _older_style(name: str) -> str:
    """Attention layers as older tools name them; the rest as it is."""
    if ".to_" not in name:
        return name
    return name.replace(".lora_A.", ".lora.down.").replace(".lora_B.", ".lora.up.")


def test_every_layer_of_a_file_that_mixes_naming_styles_acts(
    generator: DiffusersGenerator, recipe: Recipe, shelf: LoraShelf
) -> None:
    mixed = {_older_style(name): tensor for name, tensor in load_file(VOLTRA).items()}
    rest = {name: tensor for name, tensor in mixed.items() if ".lora." not in name}
    assert 0 < len(rest) < len(mixed)
    whole = shelf.of(save(mixed), "whole.safetensors")
    part = shelf.of(save(rest), "part.safetensors")
    images = [draw(generator, recipe(loras=(lora,)))[0] for lora in (whole, part)]
    assert difference(*images) > 0.02


def test_the_short_hash_ignores_the_header(tmp_path: Path) -> None:
    tensors = layer_of("unet.conv_in", 8)
    hashes: list[str] = []
    for note in ("one", "another"):
        path = tmp_path / f"{note}.safetensors"
        save_file(tensors, path, metadata={"note": note})
        hashes.append(read_lora(path, file_sha256(path)).short_hash)
    assert hashes[0] == hashes[1] == hashlib.sha256(tensors_bytes(tensors)).hexdigest()[:12]


def layer_of(layer: str, width: int) -> dict[str, torch.Tensor]:
    """A LoRA of rank 4 on one square layer."""
    return {
        f"{layer}.lora_A.weight": torch.ones(4, width),
        f"{layer}.lora_B.weight": torch.ones(width, 4),
    }


def tensors_bytes(tensors: dict[str, torch.Tensor]) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in tensors.values())
