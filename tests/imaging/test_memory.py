"""Short memory: smaller batches, then tiles, then slices, then a sentence; and all as before."""

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.errors import DeviceMemoryError
from brandstudio.imaging.generator import DiffusersGenerator, build_generator
from tests.imaging.conftest import (
    COMMIT,
    Recipe,
    catalogue_of,
    difference,
    draw,
    params_for,
    profile_with,
)
from tests.imaging.test_families import save_tiny

SIDE_PX = 192
CPU_FULL = "DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."
MPS_FULL = "MPS backend out of memory (MPS allocated: 9.00 GB)"


@contextmanager
def room_for(module: Any, fits: Callable[[Tensor], bool], error: Exception) -> Iterator[list[Any]]:
    """Let a real part of the model run out of memory wherever its input does not fit."""
    shapes: list[Any] = []

    def hook(_module: object, given: Sequence[Tensor]) -> None:
        shapes.append(tuple(given[0].shape))
        if not fits(given[0]):
            raise error

    handle = module.register_forward_pre_hook(hook)
    try:
        yield shapes
    finally:
        handle.remove()


@pytest.fixture(scope="module", params=["house", "sd15", "sdxl"])
def painter(
    request: pytest.FixtureRequest,
    house: BaseModelProfile,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[DiffusersGenerator, BaseModelProfile]:
    profile = house if request.param == "house" else _tiny(request.param, tmp_path_factory)
    return build_generator(catalogue_of(profile), {}, device="cpu", dtype="float32"), profile


def _tiny(family: str, folders: pytest.TempPathFactory) -> BaseModelProfile:
    folder: Path = folders.mktemp(family)
    save_tiny(folder, family)
    return profile_with(
        slug="tiny",
        family=family,
        checkpoint={"source": "hub", "id": str(folder / "base"), "revision": COMMIT},
        controlnet={"source": "hub", "id": str(folder / "controlnet"), "revision": COMMIT},
    )


def pipeline_of(generator: DiffusersGenerator, profile: BaseModelProfile) -> Any:
    return generator.easel_for(params_for(profile))._pipeline


@pytest.mark.parametrize(
    "error", [torch.cuda.OutOfMemoryError(), RuntimeError(CPU_FULL), RuntimeError(MPS_FULL)]
)
def test_a_denoiser_with_room_for_one_image_draws_them_one_by_one(
    painter: tuple[DiffusersGenerator, BaseModelProfile], error: Exception
) -> None:
    generator, profile = painter
    height_px = 72 + 8 * len(str(error)) % 64  # a size of its own: what fits is remembered
    batch = [params_for(profile, seed=seed, height_px=height_px) for seed in range(3)]
    expected = draw(generator, *batch)
    unet = pipeline_of(generator, profile).unet
    with room_for(unet, lambda sample: len(sample) <= 2, error) as shapes:
        images = draw(generator, *batch)
    assert max(shape[0] for shape in shapes[2:]) == 2
    assert all(difference(*pair) <= 1 / 255 for pair in zip(images, expected, strict=True))
    assert not any(image.info.get("drawn_with") for image in images)


def test_a_decoder_without_room_decodes_in_tiles_and_the_next_image_is_as_ever(
    painter: tuple[DiffusersGenerator, BaseModelProfile],
) -> None:
    generator, profile = painter
    params = params_for(profile, width_px=SIDE_PX, height_px=SIDE_PX)
    [expected] = draw(generator, params)
    vae = pipeline_of(generator, profile).vae
    before = {name: value for name, value in vars(vae).items() if name.startswith(("tile", "use"))}
    whole = SIDE_PX // (2 if "KL" in type(vae).__name__ else 8)

    def fits(latents: Tensor) -> bool:
        return latents.shape[-1] < whole

    with room_for(vae.decoder, fits, torch.cuda.OutOfMemoryError()) as shapes:
        [image] = draw(generator, params)
    assert shapes[0][-1] == whole
    assert image.info["drawn_with"] == "decoding in tiles"
    assert image.size == expected.size
    assert {name: vars(vae)[name] for name in before} == before
    [after] = draw(generator, params)
    assert (after, after.info) == (expected, {})


def test_attention_without_room_is_taken_in_slices_and_then_as_before(
    painter: tuple[DiffusersGenerator, BaseModelProfile],
) -> None:
    generator, profile = painter
    [expected] = draw(generator, params_for(profile))
    unet = pipeline_of(generator, profile).unet
    before = dict(unet.attn_processors)

    def is_sliced(_sample: Tensor) -> bool:
        return any("Sliced" in type(own).__name__ for own in unet.attn_processors.values())

    with room_for(unet, is_sliced, RuntimeError(CPU_FULL)):
        [image] = draw(generator, params_for(profile))
    # Only what makes a difference: of the house model, 64 pixels are less than one tile.
    is_house = profile.slug == "house"
    said = "attention in slices" if is_house else "decoding in tiles and attention in slices"
    assert image.info["drawn_with"] == said
    assert difference(image, expected) < 0.2  # the tiles: random decoders show their ends
    assert unet.attn_processors == before
    assert draw(generator, params_for(profile)) == [expected]


def test_when_nothing_helps_a_person_is_told_and_the_next_run_works(
    generator: DiffusersGenerator, house: BaseModelProfile, recipe: Recipe
) -> None:
    [expected] = draw(generator, recipe(height_px=80))
    vae = pipeline_of(generator, house).vae
    with (
        room_for(vae.decoder, lambda _: False, torch.cuda.OutOfMemoryError()) as shapes,
        pytest.raises(DeviceMemoryError, match="64 by 80 pixels is too large") as told,
    ):
        draw(generator, recipe(height_px=80))
    assert len(shapes) == 3
    assert "smaller size" in told.value.hint
    assert draw(generator, recipe(height_px=80)) == [expected]


def test_a_failure_keeps_nothing_of_what_was_drawn_in_memory(
    generator: DiffusersGenerator, house: BaseModelProfile, recipe: Recipe
) -> None:
    kept: list[weakref.ref[Tensor]] = []

    def never(latents: Tensor) -> bool:
        kept.append(weakref.ref(latents))
        return False

    vae = pipeline_of(generator, house).vae
    with (
        room_for(vae.decoder, never, torch.cuda.OutOfMemoryError()),
        pytest.raises(DeviceMemoryError) as told,
    ):
        draw(generator, recipe())
    assert told.value.__cause__ is not None
    assert [reference() for reference in kept] == [None] * 3


@pytest.mark.parametrize("error", [torch.cuda.OutOfMemoryError(), RuntimeError("no kernel")])
def test_drawing_an_empty_image_again_that_cannot_be_done_says_that_it_is_empty(
    house: BaseModelProfile, recipe: Recipe, error: Exception
) -> None:
    generator = build_generator(catalogue_of(house), {}, device="cpu", dtype="bfloat16")
    vae = pipeline_of(generator, house).vae
    handle = vae.decoder.register_forward_hook(lambda _m, _g, made: made * float("nan"))

    def fits(latents: Tensor) -> bool:
        return latents.dtype is torch.bfloat16

    with room_for(vae.decoder, fits, error):
        [failed] = generator.generate([recipe()], on_step=lambda *_: None)
    handle.remove()
    assert failed.kind == "DefectiveImageError"
    assert vae.dtype == torch.bfloat16


def test_weights_that_do_not_fit_are_said_to_be_too_large_and_not_damaged(
    house: BaseModelProfile, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.cuda.OutOfMemoryError

    generator = build_generator(catalogue_of(house), {}, device="cpu", dtype="float32")
    monkeypatch.setattr(torch.nn.Module, "to", full)
    with pytest.raises(DeviceMemoryError, match="House model is too large for this machine"):
        draw(generator, recipe())
