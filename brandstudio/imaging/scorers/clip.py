"""A CLIP model as a judge: does the image show what the prompt says, and does it look good."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false
# (open_clip's functions are only partly typed)

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import open_clip
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from brandstudio.domain.base_model import ScorerProfile
from brandstudio.errors import WeightsError
from brandstudio.imaging.pipelines import WEIGHTS

_LOCAL = "local-dir:"
_REMEMBERED_TEXTS = 4096
# LAION's improved aesthetic predictor is a stack of linear layers with nothing between them; a head
# of any other shape has GELU between its layers.
_WITHOUT_ACTIVATIONS = {(1024, 128, 64, 16, 1)}


class ClipJudge:
    """One CLIP model and the aesthetic head trained on its embeddings."""

    def __init__(self, profile: ScorerProfile, device: torch.device) -> None:
        self._device = device
        self._model, self._prepare = _load_clip(profile, device)
        self._tokenize = _tokenizer(profile)
        self._head = _load_head(profile, device)
        self._texts: OrderedDict[str, Tensor] = OrderedDict()
        self.encoded_texts = 0

    def judge(
        self, images: Sequence[Image.Image], prompts: Sequence[str]
    ) -> list[dict[str, float]]:
        """`clip`, the cosine of image and prompt, and `aesthetic` where there is a head.

        Every image is embedded once, for both.
        """
        seen, told = self.embed_images(images), self.embed_texts(prompts)
        matches = _numbers((seen * told).sum(dim=-1))
        if self._head is None:
            return [{"clip": match} for match in matches]
        looks = _numbers(aesthetic(seen, self._head))
        return [
            {"clip": match, "aesthetic": look} for match, look in zip(matches, looks, strict=True)
        ]

    @torch.inference_mode()
    def embed_images(self, images: Sequence[Image.Image]) -> Tensor:
        """(N, channels) float32 of length 1, on the judge's device.

        An image that is not square is padded to a square, never cropped: a banner is judged whole.
        """
        pixels = torch.stack([self._prepare(image) for image in images]).to(self._device)
        return self._model.encode_image(pixels, normalize=True).float()

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """(N, channels) float32 of length 1, on the judge's device; each text encoded only once."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._texts]
        if missing:
            tokens = self._tokenize(missing).to(self._device)
            embeddings = self._model.encode_text(tokens, normalize=True).float()
            self._texts.update(zip(missing, embeddings, strict=True))
            self.encoded_texts += len(missing)
        found = torch.stack([self._texts[text] for text in texts])
        while len(self._texts) > _REMEMBERED_TEXTS:
            self._texts.popitem(last=False)
        return found


@torch.inference_mode()
def aesthetic(embeddings: Tensor, head: nn.Module) -> Tensor:
    """Rate images for general appeal, in the units of the head's training (LAION: about 1 to 10).

    embeddings: (N, channels) float32 of length 1. Returns (N,) float32 on the same device.
    """
    return cast(Tensor, head(embeddings)).squeeze(-1)


def build_head(tensors: dict[str, Tensor]) -> nn.Sequential:
    """The perceptron that a file of numbered weights and biases describes; dropout is left out.

    Raises WeightsError when the layers do not follow one another down to a single number.
    """
    layers = _numbered_layers(tensors)
    chain: list[nn.Module] = []
    widths = tuple(layer.out_features for layer in layers)
    inputs = tuple(layer.in_features for layer in layers)
    if not layers or widths[-1] != 1 or inputs[1:] != widths[:-1]:
        raise WeightsError(f"The aesthetic head's layers do not fit together: {inputs} to {widths}")
    if widths in _WITHOUT_ACTIVATIONS:
        return nn.Sequential(*layers).eval()
    for layer in layers:
        chain.extend((layer, nn.GELU()))
    return nn.Sequential(*chain[:-1]).eval()


def _numbered_layers(tensors: dict[str, Tensor]) -> list[nn.Linear]:
    """Linear layers in the order of the numbers in `layers.4.weight` or `3.weight`."""
    stems = [name.removesuffix(".weight") for name in tensors if name.endswith(".weight")]
    stems.sort(key=lambda stem: int(stem.rpartition(".")[2]))
    return [_linear(tensors[f"{stem}.weight"], tensors[f"{stem}.bias"]) for stem in stems]


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float32)
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


def _numbers(column: Tensor) -> list[float]:
    return cast(list[float], column.tolist())


def _load_head(profile: ScorerProfile, device: torch.device) -> nn.Sequential | None:
    if not profile.aesthetic_head:
        return None
    path = _head_path(profile)
    try:
        head = build_head(load_file(path))
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        reason = f"The aesthetic head {profile.aesthetic_head} cannot be read: {error}"
        raise WeightsError(reason) from error
    return head.to(device)


def _head_path(profile: ScorerProfile) -> Path:
    """Beside the shipped CLIP model, or else below the package's weights."""
    beside = _folder(profile) / profile.aesthetic_head if _is_shipped(profile) else None
    return beside if beside and beside.exists() else WEIGHTS / profile.aesthetic_head


def _load_clip(
    profile: ScorerProfile, device: torch.device
) -> tuple[Any, Callable[[Image.Image], Tensor]]:
    try:
        loaded = open_clip.create_model_from_pretrained(
            _model_name(profile),
            pretrained=None if _is_shipped(profile) else profile.pretrained,
            device=device,
            precision="fp32",
            image_resize_mode="longest",
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise WeightsError(f"The CLIP model {profile.clip} cannot be loaded: {error}") from error
    model, prepare = cast(tuple[nn.Module, Callable[[Image.Image], Tensor]], loaded)
    return model.eval(), prepare


def _tokenizer(profile: ScorerProfile) -> Callable[[list[str]], Tensor]:
    return cast(Callable[[list[str]], Tensor], open_clip.get_tokenizer(_model_name(profile)))


def _model_name(profile: ScorerProfile) -> str:
    return f"{_LOCAL}{_folder(profile)}" if _is_shipped(profile) else profile.clip


def _is_shipped(profile: ScorerProfile) -> bool:
    return profile.clip.startswith(_LOCAL)


def _folder(profile: ScorerProfile) -> Path:
    return WEIGHTS / profile.clip.removeprefix(_LOCAL)
