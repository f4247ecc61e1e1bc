"""Enlarges drawn images with the learned upscaler their base model declares."""

from PIL import Image

from brandstudio.domain.base_model import UpscalerProfile
from brandstudio.imaging.compute import Compute, choose_compute
from brandstudio.imaging.upscale import Upscaler, load_upscaler
from brandstudio.weights import WEIGHTS


def build_enlarger(*, device: str = "auto") -> "LearnedEnlarger":
    """An enlarger for any declared upscaler; weights are loaded when first asked for."""
    return LearnedEnlarger(choose_compute(device, "float32"))


class LearnedEnlarger:
    """An Enlarger; each upscaler stays loaded once it was used."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._upscalers: dict[str, Upscaler] = {}

    def enlarge(self, upscaler: UpscalerProfile, image: Image.Image) -> Image.Image:
        """The image at the upscaler's scale; see brandstudio.services.ports.Enlarger."""
        if upscaler.sha256 not in self._upscalers:
            file = WEIGHTS / upscaler.file
            loaded = load_upscaler(file, upscaler.sha256, self._compute)
            self._upscalers[upscaler.sha256] = loaded
        return self._upscalers[upscaler.sha256].enlarge(image)
