"""Upscales drawn images with the learned upscaler their base model declares."""

from PIL import Image

from brandstudio.domain.base_model import UpscalerProfile
from brandstudio.imaging.compute import Compute, choose_compute
from brandstudio.imaging.upscale import UpscalerNetwork, load_upscaler
from brandstudio.weights import WEIGHTS


def build_upscaler(*, device: str = "auto") -> "LearnedUpscaler":
    """An Upscaler for every declared profile; weights are loaded when first asked for."""
    return LearnedUpscaler(choose_compute(device, "float32"))


class LearnedUpscaler:
    """An Upscaler; each network stays loaded once it was used."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._networks: dict[str, UpscalerNetwork] = {}

    def upscale(self, profile: UpscalerProfile, image: Image.Image) -> Image.Image:
        """The image at the profile's scale; see brandstudio.services.ports.Upscaler."""
        if profile.sha256 not in self._networks:
            file = WEIGHTS / profile.file
            loaded = load_upscaler(file, profile.sha256, self._compute)
            self._networks[profile.sha256] = loaded
        return self._networks[profile.sha256].upscale(image)
