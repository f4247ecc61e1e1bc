"""What a model returns in place of a picture: values that are not numbers, or a single colour."""

from enum import Enum

import torch
from torch import Tensor

from brandstudio.domain.run import RunFailure
from brandstudio.errors import DefectiveImageError

# Of what the house model was made to draw of "fog", "blank" or "a plain white backdrop", the
# flattest spans 183 of 255 levels inside its margin, 21 at half the model's size, and latents
# without any content decoded span at most one: a photograph's grain alone is more than this.
_EMPTY_LEVELS = 3
# Decoders draw a pattern along the border of a picture that has none.
_MARGIN = 1 / 8


class Defect(Enum):
    """Defects of a drawn image; each shows which part of the model failed."""

    DENOISER = "its values are not numbers"
    DECODER = "its values are not numbers once decoded"
    EMPTY = "it is of one colour"

    @property
    def failure(self) -> RunFailure:
        """What a person is told of the variant."""
        error = DefectiveImageError(self.value)
        return RunFailure(type(error).__name__, str(error), error.hint)


def defects_of(images: Tensor, latents_are_finite: Tensor) -> list[Defect | None]:
    """What is wrong with each image, if anything.

    images: (N, 3, height, width) in [0, 1], any float dtype and device; latents_are_finite: (N,)
    of bool, what they were decoded from.
    """
    return [
        _defect_of(image, bool(is_finite))
        for image, is_finite in zip(images, latents_are_finite, strict=True)
    ]


def finite(values: Tensor) -> Tensor:
    """Which entries of a batch consist of numbers alone: (N, …) to (N,) of bool, on the CPU."""
    return torch.isfinite(values).flatten(1).all(dim=1).cpu()


def _defect_of(image: Tensor, latents_are_finite: bool) -> Defect | None:
    if not latents_are_finite:
        return Defect.DENOISER
    if not bool(torch.isfinite(image).all()):
        return Defect.DECODER
    return Defect.EMPTY if _spanned_levels(image) <= _EMPTY_LEVELS else None


def _spanned_levels(image: Tensor) -> float:
    """How far apart the values of one colour channel are inside the margin, of 255 levels."""
    rows, columns = (slice(int(n * _MARGIN), n - int(n * _MARGIN)) for n in image.shape[1:])
    inside = image[:, rows, columns].float().flatten(1)
    return float((inside.amax(dim=1) - inside.amin(dim=1)).max()) * 255
