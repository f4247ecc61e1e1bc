"""What the services need from a graphics card: two protocols, because two things need one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image

from brandstudio.domain.base_model import UpscalerProfile
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.run import RunFailure
from brandstudio.domain.values import Box

OnStep = Callable[[int, int], None]
"""Called after each step with (steps done, steps in all); what it raises stops the batch."""


class Generator(Protocol):
    """Draws images."""

    def generate(
        self, batch: Sequence[GenerationParams], *, on_step: OnStep
    ) -> Sequence[Image | RunFailure]:
        """One RGB image per request, in order, each of exactly width_px by height_px.

        Never an empty one: where the model drew nothing that is a picture, why. An image that was
        not drawn as usual says how in `image.info["drawn_with"]`, for its provenance.

        All requests share one `batch_key` and are drawn in one forward pass per step; each image
        equals the one its request alone would give (max difference 1e-3 of the range on a CPU).
        Raises LockError or WeightsError when a file is not what the request names, and whatever
        `on_step` raises.
        """
        ...

    def describe(self, params: GenerationParams) -> dict[str, str]:
        """What a provenance record needs beyond the parameters: device, dtype, library versions,
        sampler name, model hash and LoRA hash in the short forms image tools print."""
        ...


class Upscaler(Protocol):
    """Upscales images with the network a base model declares."""

    def upscale(self, profile: UpscalerProfile, image: Image) -> Image:
        """The RGB image, upscaled by exactly the profile's scale.

        Raises LockError or WeightsError when the profile's file is not the one that is locked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An image to score, and what it is compared with."""

    image: Image
    prompt: str
    palette: tuple[str, ...]
    copy_space: Box


class Scorer(Protocol):
    """Scores images for ranking."""

    def score(self, base_model: str, exhibits: Sequence[Exhibit]) -> list[dict[str, float]]:
        """One score per name of `brandstudio.domain.ranking.SCORES` for each image, in order."""
        ...
