from collections.abc import Callable
from typing import Any

from PIL.Image import Image
from torch import Tensor, device, nn

class CLIP(nn.Module):
    logit_scale: nn.Parameter
    def __init__(
        self, embed_dim: int, vision_cfg: dict[str, Any], text_cfg: dict[str, Any]
    ) -> None: ...
    def encode_image(self, image: Tensor, normalize: bool = False) -> Tensor: ...
    def encode_text(self, text: Tensor, normalize: bool = False) -> Tensor: ...

_Prepare = Callable[[Image], Tensor]

def create_model_from_pretrained(
    model_name: str,
    pretrained: str | None = None,
    precision: str = "fp32",
    device: str | device = "cpu",
    *,
    image_resize_mode: str | None = None,
) -> tuple[CLIP, _Prepare]: ...
def create_model_and_transforms(model_name: str) -> tuple[CLIP, _Prepare, _Prepare]: ...
def get_pretrained_cfg(model: str, tag: str) -> dict[str, Any]: ...
def download_pretrained(cfg: dict[str, Any]) -> str: ...
def get_tokenizer(model_name: str) -> Callable[[list[str]], Tensor]: ...
