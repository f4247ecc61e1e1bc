"""The noise schedule of the family: v-prediction, scaled linear, zero terminal signal."""

import math
from typing import Any, NamedTuple

import torch
from diffusers import DDPMScheduler
from torch import Tensor

STEPS = 1000
SCHEDULE: dict[str, Any] = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "rescale_betas_zero_snr": True,
    "prediction_type": "v_prediction",
}
_SIGNAL: Tensor = DDPMScheduler(**SCHEDULE).alphas_cumprod.float()
# Steps with more signal than this teach little; their loss is scaled down to it.
_LARGEST_SNR = 5.0


class Noisy(NamedTuple):
    """Latents with noise: what the network sees, what it should answer, how much each counts.

    latents, target: (N, C, H, W) float32; times: (N,) int64 in 0..999; weights: (N,) float32.
    """

    latents: Tensor
    target: Tensor
    times: Tensor
    weights: Tensor


def noised(
    clean: Tensor, generator: torch.Generator, *, lean: float = 0.75, together: int = 1
) -> Noisy:
    """Add noise at times spread evenly over the batch, leaning towards much noise for lean < 1.

    clean: (N, C, H, W) float32, unit variance. Much noise is where the composition is decided.
    That many `together`, one after the other, get the same noise at the same time.
    """
    number = clean.shape[0] // together
    spread = (torch.arange(number) + torch.rand(number, generator=generator)) / number
    times = (spread**lean * STEPS).long().clamp(0, STEPS - 1).repeat_interleave(together)
    signal = _SIGNAL[times].view(-1, 1, 1, 1)
    noise = torch.randn((number, *clean.shape[1:]), generator=generator)
    noise = noise.repeat_interleave(together, 0)
    keep, add = signal.sqrt(), (1 - signal).clamp(min=0).sqrt()
    snr = _SIGNAL[times] / (1 - _SIGNAL[times]).clamp(min=1e-8)
    return Noisy(
        latents=keep * clean + add * noise,
        target=keep * noise - add * clean,
        times=times,
        weights=(_LARGEST_SNR / snr).clamp(max=1.0),
    )


def signal_at(times: Tensor) -> Tensor:
    """The share of the variance that is signal, (N,) float32 in 0..1, at (N,) times in 0..999."""
    return _SIGNAL[times]


def weighted_error(answer: Tensor, noisy: Noisy) -> Tensor:
    """The scalar training loss of a batch."""
    return ((answer.float() - noisy.target).square().mean((1, 2, 3)) * noisy.weights).mean()


def contrasted_error(answer: Tensor, noisy: Noisy, *, together: int, weight: float) -> Tensor:
    """The scalar training loss, in which what tells neighbours apart counts `weight` times.

    Of each group that was noised together the error is its mean and what differs from it. What is
    right is the same for every weight, but a heavy one makes a word heard that only moves a thing.
    """
    missed = (answer.float() - noisy.target) * noisy.weights.sqrt().view(-1, 1, 1, 1)
    groups = torch.unflatten(missed, 0, (-1, together))
    common = groups.mean(1, keepdim=True)
    return common.square().mean() + weight * (groups - common).square().mean()


def cosine(progress: float, *, flat: float = 0.25, floor: float = 0.03) -> float:
    """The learning rate's share at a progress of 0..1: flat, then half a cosine to the floor."""
    fall = min(1.0, max(0.0, (progress - flat) / (1 - flat)))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * fall))
