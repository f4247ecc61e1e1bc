"""Every scheduler a profile can name, built from real checkpoints' configurations."""

from typing import get_args

import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from diffusers.schedulers.scheduling_pndm import PNDMScheduler

from brandstudio.domain.base_model import Scheduler
from brandstudio.errors import WeightsError
from brandstudio.imaging.generator import DiffusersGenerator
from brandstudio.imaging.library_noise import expected_warnings_hidden
from brandstudio.imaging.schedulers import SCHEDULERS, build_scheduler
from tests.imaging.conftest import Recipe, draw


@pytest.mark.parametrize("name", get_args(Scheduler))
def test_each_scheduler_draws_a_picture(
    generator: DiffusersGenerator, recipe: Recipe, name: Scheduler
) -> None:
    # Below 128 pixels the model was never taught, and may well draw a plain wall.
    [image] = draw(generator, recipe(scheduler=name, steps=16, width_px=128, height_px=128))
    shades = image.convert("L").getextrema()
    assert shades[1] - shades[0] > 80


@pytest.mark.parametrize("name", SCHEDULERS)
def test_each_scheduler_keeps_what_the_checkpoint_was_trained_with(name: Scheduler) -> None:
    trained = {"beta_start": 0.00085, "beta_end": 0.012, "prediction_type": "v_prediction"}
    own = PNDMScheduler(beta_schedule="scaled_linear", **trained)
    with expected_warnings_hidden():
        built = build_scheduler(name, own)
    assert {key: built.config[key] for key in trained} == trained
    assert isinstance(built, SCHEDULERS[name][0])


def test_karras_spacing_is_what_its_name_says() -> None:
    own = PNDMScheduler()
    with expected_warnings_hidden():
        plain, karras = (build_scheduler(name, own) for name in ("dpmpp-2m", "dpmpp-2m-karras"))
        plain.set_timesteps(5)
        karras.set_timesteps(5)
    assert not torch.allclose(plain.sigmas, karras.sigmas)


def test_a_flow_matching_checkpoint_keeps_its_own_sampler() -> None:
    own = FlowMatchEulerDiscreteScheduler(shift=3.0)
    for name in ("checkpoint", "euler"):
        built = build_scheduler(name, own)
        assert isinstance(built, FlowMatchEulerDiscreteScheduler)
        assert built.config["shift"] == 3.0
    with pytest.raises(WeightsError, match="'ddim' cannot sample this flow-matching base model"):
        build_scheduler("ddim", own)
