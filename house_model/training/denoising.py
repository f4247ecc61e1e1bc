"""What a UNet learns from a batch: noise is added to its latents, and taken off again."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from house_model.training.family import Family
from house_model.training.noise import Noisy, noised, weighted_error
from house_model.training.shards import Batch


@dataclass(frozen=True, slots=True)
class Lesson:
    """Whether the ControlNet takes part, how far the noise leans, and how the answer is judged.

    That many `together` get the same noise at the same time.
    """

    with_lines: bool = True
    lean: float = 0.75
    error: Callable[[Tensor, Noisy], Tensor] = weighted_error
    together: int = 1


def denoising_loss(
    family: Family, batch: Batch, lesson: Lesson, generator: torch.Generator
) -> Tensor:
    """The scalar loss of one batch under fresh noise."""
    noisy = noised(batch.latents, generator, lean=lesson.lean, together=lesson.together)
    lines = batch.lines if lesson.with_lines else None
    with torch.autocast("cpu", torch.bfloat16):
        answer = family.answer(noisy, family.ids(batch.captions), lines)
    return lesson.error(answer, noisy)
