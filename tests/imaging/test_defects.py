"""Pictures that are none: seen before anybody else sees them, drawn once more, then said."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.run import RunFailure
from brandstudio.imaging.defects import Defect, defects_of
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

FINITE = torch.tensor([True])


@contextmanager
def disturbed(module: Any, change: Callable[[Tensor], Tensor]) -> Iterator[list[torch.dtype]]:
    """Let a real part of the model go wrong as said; collects the precision of its calls."""
    calls: list[torch.dtype] = []

    def hook(_module: object, given: Sequence[Tensor], made: Any) -> Any:
        values = made[0] if isinstance(made, tuple) else made
        calls.append(given[0].dtype)
        spoilt = change(values)
        return (spoilt, *made[1:]) if isinstance(made, tuple) else spoilt

    handle = module.register_forward_hook(hook)
    try:
        yield calls
    finally:
        handle.remove()


def once(calls_until: int, spoil: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Go wrong in the first so many calls only."""
    left = [calls_until]

    def change(values: Tensor) -> Tensor:
        left[0] -= 1
        return spoil(values) if left[0] >= 0 else values

    return change


def second_is(value: float) -> Callable[[Tensor], Tensor]:
    def spoil(values: Tensor) -> Tensor:
        spoilt = values.clone()
        spoilt[1] = value
        return spoilt

    return spoil


def pipeline_of(generator: DiffusersGenerator, recipe: Recipe) -> Any:
    return generator.easel_for(recipe())._pipeline


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> BaseModelProfile:
    """A model whose decoder really overflows in float16, and not in float32."""
    folder = tmp_path_factory.mktemp("half")
    save_tiny(folder, "sd15")
    return profile_with(
        slug="half",
        checkpoint={"source": "hub", "id": str(folder / "base"), "revision": COMMIT},
        controlnet={"source": "hub", "id": str(folder / "controlnet"), "revision": COMMIT},
    )


@pytest.mark.parametrize("value", [float("nan"), 0.0, -1.0, 1.0])
def test_one_empty_image_is_drawn_again_and_the_others_are_untouched(
    generator: DiffusersGenerator, recipe: Recipe, value: float
) -> None:
    batch = [recipe(seed=seed) for seed in range(3)]
    sound = draw(generator, *batch)
    with disturbed(pipeline_of(generator, recipe).vae.decoder, once(1, second_is(value))) as calls:
        images = draw(generator, *batch)
    assert len(calls) == 2
    assert images[0] == sound[0]
    assert images[2] == sound[2]
    assert difference(images[1], sound[1]) <= 1 / 255


def test_a_decoder_that_overflows_draws_again_in_float32_and_provenance_says_so(
    half: BaseModelProfile,
) -> None:
    painter = build_generator(catalogue_of(half), {}, device="cpu", dtype="float16")
    batch = [params_for(half, seed=seed) for seed in range(2)]
    sound = draw(painter, *batch)
    vae = painter.easel_for(batch[0])._pipeline.vae
    weight = vae.decoder.conv_in.weight
    weight.data *= 50_000
    with disturbed(vae.decoder, lambda values: values) as calls:
        images = draw(painter, *batch)
    assert calls == [torch.float16, torch.float32, torch.float32]
    assert [image.info["drawn_with"] for image in images] == ["decoder in float32"] * 2
    assert {p.dtype for p in vae.parameters()} == {torch.float16}
    weight.data /= 50_000
    again = draw(painter, *batch)
    assert "drawn_with" not in again[0].info
    assert all(difference(*pair) < 0.02 for pair in zip(again, sound, strict=True))


def test_a_denoiser_that_overflows_draws_again_in_float32_altogether(
    house: BaseModelProfile, recipe: Recipe
) -> None:
    generator = build_generator(catalogue_of(house), {}, device="cpu", dtype="bfloat16")
    [sound] = draw(generator, recipe())
    pipeline = pipeline_of(generator, recipe)
    steps = recipe().steps
    with disturbed(pipeline.unet, once(steps, lambda v: v * float("nan"))) as calls:
        [image] = draw(generator, recipe())
    assert calls == [torch.bfloat16] * steps + [torch.float32] * steps
    assert image.info["drawn_with"] == "float32"
    assert difference(image, sound) < 0.2
    assert pipeline.unet.dtype == torch.bfloat16
    assert draw(generator, recipe()) == [sound]


def test_an_image_that_stays_empty_becomes_a_sentence_and_the_next_one_is_as_ever(
    generator: DiffusersGenerator, recipe: Recipe
) -> None:
    batch = [recipe(seed=seed) for seed in range(2)]
    sound = draw(generator, *batch)
    pipeline = pipeline_of(generator, recipe)

    def always(values: Tensor) -> Tensor:
        return values * float("nan") if len(values) == 1 else second_is(float("nan"))(values)

    with disturbed(pipeline.vae.decoder, always):
        whole, failed = generator.generate(batch, on_step=lambda *_: None)
    assert whole == sound[0]
    assert isinstance(failed, RunFailure)
    assert failed.kind == "DefectiveImageError"
    assert failed.message.startswith("The model drew an empty image")
    assert "Draw this one again" in failed.hint
    assert draw(generator, *batch) == sound


def test_drawing_again_tells_its_steps_and_can_be_stopped(
    generator: DiffusersGenerator, recipe: Recipe
) -> None:
    told: list[tuple[int, int]] = []
    with disturbed(pipeline_of(generator, recipe).vae.decoder, once(1, torch.zeros_like)):
        generator.generate([recipe()], on_step=lambda *two: told.append(two))
    assert told == [(1, 2), (2, 2), (2, 2), (2, 2)]


@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0, (0.1, 0.9, 0.3)])
def test_a_single_colour_is_empty(colour: Any) -> None:
    image = torch.tensor(colour).reshape(1, -1, 1, 1).expand(1, 3, 64, 64)
    assert defects_of(image, FINITE) == [Defect.EMPTY]


@pytest.mark.parametrize("content", [-3.0, -1.0, 0.0, 0.5, 3.0])
def test_what_a_real_decoder_makes_of_latents_without_content_is_empty(
    generator: DiffusersGenerator, recipe: Recipe, content: float
) -> None:
    vae = pipeline_of(generator, recipe).vae
    with torch.no_grad():
        decoded = vae.decode(torch.full((1, vae.config.latent_channels, 32, 32), content)).sample
    assert defects_of((decoded / 2 + 0.5).clamp(0, 1), FINITE) == [Defect.EMPTY]


def flat_pictures() -> dict[str, Tensor]:
    """Pictures as empty as anybody may want them."""
    rows = torch.linspace(0, 1, 64).reshape(1, 1, 64, 1).expand(1, 3, 64, 64)
    spot = torch.ones(1, 3, 64, 64)
    spot[..., 30:33, 30:33] = 0.9
    grain = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    return {
        "a backdrop that falls off by eight levels": 0.9 - rows * 8 / 255,
        "a white card with a small pale product": spot,
        "a grey wall with a photograph's grain": 0.5 + grain * 1.5 / 255,
        "a night sky with one star": 0.02 * torch.ones(1, 3, 64, 64) + (spot < 1) * 0.5,
    }


@pytest.mark.parametrize("name", flat_pictures())
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_picture_that_is_only_flat_is_never_called_empty(name: str, dtype: torch.dtype) -> None:
    assert defects_of(flat_pictures()[name].to(dtype), FINITE) == [None]


@pytest.mark.parametrize("prompt", ["a plain white backdrop", "blank", "black night"])
def test_a_flat_motif_drawn_by_the_real_model_is_far_from_empty(
    generator: DiffusersGenerator, recipe: Recipe, prompt: str
) -> None:
    asked = recipe(prompt=prompt, control=None, guidance_scale=1.0, width_px=128, height_px=128)
    [image] = draw(generator, asked)
    assert isinstance(image, Image.Image)
    assert max(high - low for low, high in image.getextrema()) > 30
