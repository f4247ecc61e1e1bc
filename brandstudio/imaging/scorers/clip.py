"""A CLIP model as a scorer: does the image show what the prompt says, and does it look good."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import open_clip
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from torch import Tensor, nn

from brandstudio.domain.base_model import SHIPPED_CLIP, ScorerProfile
from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging.pipelines import verified_copy
from brandstudio.weights import WEIGHTS

_REMEMBERED_TEXTS = 4096
# LAION's improved aesthetic predictor is a stack of linear layers with nothing between them; a head
# of any other shape has GELU between its layers.
_WITHOUT_ACTIVATIONS = {(1024, 128, 64, 16, 1)}


class ClipScorer:
    """One CLIP model and the aesthetic head trained on its embeddings.

    Raises WeightsError when they cannot be read, and LockError when they are not the locked ones.
    """

    def __init__(
        self, profile: ScorerProfile, device: torch.device, weights: Path = WEIGHTS
    ) -> None:
        self._device = device
        with _shipped(profile, weights) as folder:
            self._model, self._prepare = _load_clip(profile, folder, device)
            self._tokenize = _tokenizer(profile, folder)
            self._head = _load_head(profile, folder, weights, device)
        self._texts: OrderedDict[str, Tensor] = OrderedDict()
        self.encoded_texts = 0

    def score(
        self, images: Sequence[Image.Image], prompts: Sequence[str]
    ) -> list[dict[str, float]]:
        """`clip`, the cosine of image and prompt, and `aesthetic` where there is a head.

        Every image is embedded once, for both.
        """
        embeddings, texts = self.embed_images(images), self.embed_texts(prompts)
        matches = _numbers((embeddings * texts).sum(dim=-1))
        if self._head is None:
            return [{"clip": match} for match in matches]
        looks = _numbers(aesthetic(embeddings, self._head))
        return [
            {"clip": match, "aesthetic": look} for match, look in zip(matches, looks, strict=True)
        ]

    @torch.inference_mode()
    def embed_images(self, images: Sequence[Image.Image]) -> Tensor:
        """(N, channels) float32 of length 1, on the scorer's device.

        An image that is not square is padded to a square, never cropped: a banner is scored whole.
        """
        pixels = torch.stack([self._prepare(image) for image in images]).to(self._device)
        return self._model.encode_image(pixels, normalize=True).float()

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """(N, channels) float32 of length 1, on the scorer's device; each text encoded once."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._texts]
        if missing:
            tokens = self._tokenize(missing).to(self._device)
            embeddings = self._model.encode_text(tokens, normalize=True).float()
            self._texts.update(zip(missing, embeddings, strict=True))
            self.encoded_texts += len(missing)
        rows = torch.stack([self._texts[text] for text in texts])
        while len(self._texts) > _REMEMBERED_TEXTS:
            self._texts.popitem(last=False)
        return rows


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
    return cast(list[float], column.tolist())  # pyright: ignore[reportUnknownMemberType]


@contextmanager
def _shipped(profile: ScorerProfile, weights: Path) -> Generator[Path | None]:
    """A private copy of the very files the profile locks, or None for a model known by name."""
    if profile.folder is None or profile.revision is None:
        yield None
        return
    with verified_copy(weights / profile.folder, profile.revision) as folder:
        yield folder


def _load_clip(
    profile: ScorerProfile, folder: Path | None, device: torch.device
) -> tuple[Any, Callable[[Image.Image], Tensor]]:
    try:
        if folder is None:
            _require_safetensors(profile)
        model, prepare = open_clip.create_model_from_pretrained(
            _model_name(profile, folder),
            pretrained=None if folder else profile.pretrained,
            device=device,
            precision="fp32",
            image_resize_mode="longest",
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise WeightsError(f"The CLIP model {profile.clip} cannot be loaded: {error}") from error
    return model.eval(), prepare


def _require_safetensors(profile: ScorerProfile) -> None:
    """open_clip would take a pickle where it finds no safetensors file."""
    tagged = open_clip.get_pretrained_cfg(profile.clip, profile.pretrained)
    file = open_clip.download_pretrained(tagged) if tagged else profile.pretrained
    if not file.endswith(".safetensors"):
        raise ValueError("its weights are not a safetensors file; convert them, and name that file")


def _tokenizer(profile: ScorerProfile, folder: Path | None) -> Callable[[list[str]], Tensor]:
    return open_clip.get_tokenizer(_model_name(profile, folder))


def _model_name(profile: ScorerProfile, folder: Path | None) -> str:
    return f"{SHIPPED_CLIP}{folder}" if folder else profile.clip


def _load_head(
    profile: ScorerProfile, folder: Path | None, weights: Path, device: torch.device
) -> nn.Sequential | None:
    if not profile.aesthetic_head:
        return None
    try:
        head = build_head(parse_safetensors(_head_content(profile, folder, weights)))
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        reason = f"The aesthetic head {profile.aesthetic_head} cannot be read: {error}"
        raise WeightsError(reason) from error
    return head.to(device)


def _head_content(profile: ScorerProfile, folder: Path | None, weights: Path) -> bytes:
    """The locked bytes: of the verified copy, or else read once and compared."""
    if folder is not None and (folder / profile.aesthetic_head).is_file():
        return (folder / profile.aesthetic_head).read_bytes()
    content = (weights / profile.aesthetic_head).read_bytes()
    locked, actual = profile.aesthetic_sha256 or "nothing", hashlib.sha256(content).hexdigest()
    if actual != locked:
        raise LockError(profile.aesthetic_head, locked=locked, actual=actual)
    return content
