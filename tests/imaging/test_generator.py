"""The real generator over the shipped weights, at sizes small enough for seconds."""

import logging

import pytest
import torch

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.plan import LoraUse
from brandstudio.errors import DeviceMemoryError, LockError, NotFoundError, RunCancelledError
from brandstudio.imaging.generator import DiffusersGenerator, build_generator
from tests.imaging.conftest import VOLTRA, Recipe, catalogue_of, difference, draw, profile_with

# An 8-bit image cannot show a difference of 1e-3: only a value that rounds to its neighbour.
ONE_ROUNDING = 1 / 255


@pytest.mark.parametrize("scheduler", ["checkpoint", "euler-a", "lcm"])
def test_an_image_of_a_batch_equals_the_same_image_alone(
    generator: DiffusersGenerator, recipe: Recipe, scheduler: str
) -> None:
    batch = [
        recipe(seed=seed, prompt=f"a {colour} mug", scheduler=scheduler)
        for seed, colour in enumerate(("red", "green", "blue", "white"))
    ]
    together = draw(generator, *batch)
    [alone] = draw(generator, batch[2])
    assert difference(together[2], alone) <= ONE_ROUNDING
    assert difference(together[2], together[1]) > 0.1


@pytest.mark.xfail(
    strict=False,
    reason="known fault: with bfloat16 some processors take other kernels for another batch size; "
    "a batch of three and a lone image were up to 9 of 255 levels apart",
)
def test_an_image_of_a_batch_equals_the_same_image_alone_in_the_precision_chosen_here(
    house: BaseModelProfile, voltra: LoraUse, recipe: Recipe
) -> None:
    by_itself = build_generator(catalogue_of(house), {voltra.sha256: VOLTRA})
    batch = [recipe(seed=seed, loras=(voltra,), width_px=96) for seed in range(3)]
    together = draw(by_itself, *batch)
    [alone] = draw(by_itself, batch[1])
    assert difference(together[1], alone) <= ONE_ROUNDING


@pytest.mark.parametrize(("width_px", "height_px"), [(128, 64), (64, 112), (72, 104)])
def test_an_image_has_exactly_the_size_asked_for(
    generator: DiffusersGenerator, recipe: Recipe, width_px: int, height_px: int
) -> None:
    [image] = draw(generator, recipe(width_px=width_px, height_px=height_px))
    assert (image.size, image.mode) == ((width_px, height_px), "RGB")


def test_the_control_map_steers_the_image(generator: DiffusersGenerator, recipe: Recipe) -> None:
    steered, free = recipe(), recipe(control=None)
    assert difference(*draw(generator, steered), *draw(generator, free)) > 0.05


def test_progress_is_told_after_each_step(generator: DiffusersGenerator, recipe: Recipe) -> None:
    told: list[tuple[int, int]] = []
    generator.generate([recipe(steps=3)], on_step=lambda *progress: told.append(progress))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_raising_in_on_step_stops_the_batch_and_the_next_one_is_as_always(
    generator: DiffusersGenerator, recipe: Recipe, voltra: LoraUse
) -> None:
    branded = recipe(loras=(voltra,))
    [before] = draw(generator, branded)
    [base_before] = draw(generator, recipe())

    def cancel(_step: int, _steps: int) -> None:
        raise RunCancelledError("cancelled")

    with pytest.raises(RunCancelledError):
        generator.generate([branded], on_step=cancel)
    assert draw(generator, branded) == [before]
    assert draw(generator, recipe()) == [base_before]


def test_each_distinct_text_is_encoded_once(generator: DiffusersGenerator, recipe: Recipe) -> None:
    batch = [recipe(prompt=prompt, seed=seed) for prompt in ("a can", "a jar") for seed in (1, 2)]
    batch = [params.but(negative_prompt="encoded once") for params in batch]
    book = generator.easel_for(batch[0]).prompts
    encoded = book.encoded
    draw(generator, *batch)
    assert book.encoded == encoded + 3
    draw(generator, *batch)
    assert book.encoded == encoded + 3


def test_a_prompt_that_is_too_long_is_not_written_to_the_log(
    generator: DiffusersGenerator, recipe: Recipe, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        draw(generator, recipe(prompt="a very secret launch " * 30))
    assert "secret" not in caplog.text


def test_when_memory_is_short_the_batch_is_drawn_in_smaller_parts_with_the_same_images(
    house_generator: DiffusersGenerator, recipe: Recipe
) -> None:
    batch = [recipe(seed=seed) for seed in range(3)]
    expected = draw(house_generator, *batch)
    steps: list[tuple[int, int]] = []

    def too_much_at_first(*progress: int) -> None:
        steps.append((progress[0], progress[1]))
        if len(steps) == 1:
            raise torch.OutOfMemoryError

    images = house_generator.generate(batch, on_step=too_much_at_first)
    assert all(
        difference(one, other) <= ONE_ROUNDING for one, other in zip(images, expected, strict=True)
    )
    assert steps == [(1, 2), (1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError(),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_when_not_even_one_image_fits_a_person_is_told(
    house_generator: DiffusersGenerator, recipe: Recipe, error: Exception
) -> None:
    def too_much(_step: int, _steps: int) -> None:
        raise error

    with pytest.raises(DeviceMemoryError, match="64 by 72 pixels is too large for this machine"):
        house_generator.generate([recipe(height_px=72)] * 2, on_step=too_much)


def test_a_request_for_another_revision_is_refused(
    generator: DiffusersGenerator, recipe: Recipe
) -> None:
    with pytest.raises(LockError, match="base is locked to 00000000"):
        draw(generator, recipe(revision="0" * 64))


def test_a_request_for_another_controlnet_is_refused(
    generator: DiffusersGenerator, recipe: Recipe
) -> None:
    control = recipe().model_dump()["control"] | {"revision": "0" * 64}
    with pytest.raises(LockError, match="controlnet is locked to 00000000"):
        draw(generator, recipe(control=control))


def test_a_product_outline_that_was_exchanged_is_refused(
    generator: DiffusersGenerator, recipe: Recipe
) -> None:
    control = recipe().model_dump()["control"]
    control["drawing"] = control["drawing"] | {"outline_sha256": "1" * 64}
    with pytest.raises(LockError, match=r"outlines/mug\.svg"):
        draw(generator, recipe(control=control))


def test_an_unknown_base_model_is_named(generator: DiffusersGenerator, recipe: Recipe) -> None:
    with pytest.raises(NotFoundError, match="no base model 'other'; there are: house"):
        draw(generator, recipe(base_model="other"))


def test_shipped_weights_that_are_not_the_profiles_are_refused(recipe: Recipe) -> None:
    wrong = {"source": "shipped", "id": "base", "revision": "0" * 64}
    stranger = build_generator(catalogue_of(profile_with(checkpoint=wrong)), {}, device="cpu")
    with pytest.raises(LockError, match="weights/base is locked to 00000000"):
        draw(stranger, recipe(revision="0" * 64))


def test_provenance_names_device_versions_sampler_and_short_hashes(
    generator: DiffusersGenerator, recipe: Recipe, voltra: LoraUse
) -> None:
    facts = generator.describe(recipe(loras=(voltra,), scheduler="euler"))
    assert facts["device"] == "cpu"
    assert facts["dtype"] == "float32"
    assert facts["torch"] == torch.__version__
    assert facts["scheduler"] == "EulerDiscreteScheduler"
    assert len(facts["model_hash"]) == 10
    assert len(facts["lora_hashes"].removeprefix("voltra: ")) == 12


def test_an_empty_batch_draws_nothing(generator: DiffusersGenerator) -> None:
    assert draw(generator) == []
