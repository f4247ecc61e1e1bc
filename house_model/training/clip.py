"""The stage `clip`: pictures and captions in one space, for ranking and for the text encoder.

Beside the contrastive loss (Radford et al. 2021, https://arxiv.org/abs/2103.00020) a head that is
thrown away afterwards reads from a picture's embedding how it was spoilt. Captions say nothing of
blur or noise, so without it the embeddings forget what the aesthetic score is to be read from.
"""

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import open_clip
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from brandstudio.domain.layout import Position
from house_model.scenes.degradations import SPOILERS, quality_of, with_faults
from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.palette import PRODUCT_COLOURS
from house_model.scenes.positions import POSITIONS, family_captions, moved
from house_model.scenes.products import PRODUCTS
from house_model.scenes.props import PROPS
from house_model.scenes.scene import LIGHTS, Scene, render, sample_scene
from house_model.scenes.settings import SETTINGS
from house_model.training.folders import write_whole
from house_model.training.loop import Plan, Session, seed_torch
from house_model.training.process_group import ALONE, ProcessGroup
from house_model.training.words import CONTEXT, VOCABULARY

SIDE_PX = 96
_WIDTH, _HEADS, _LAYERS = 256, 4, 4
MODEL: dict[str, Any] = {
    "embed_dim": 256,
    "vision_cfg": {"image_size": SIDE_PX, "layers": [1, 2, 2, 1], "width": 32, "patch_size": None},
    "text_cfg": {
        "context_length": CONTEXT,
        "vocab_size": VOCABULARY,
        "width": _WIDTH,
        "heads": _HEADS,
        "layers": _LAYERS,
        "hf_tokenizer_name": "house",
    },
}
_MEAN, _SPREAD = 0.5, 0.25
_PREPROCESS = {
    "mean": [_MEAN] * 3,
    "std": [_SPREAD] * 3,
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
# What is ranked carries a brand's look; a CLIP that never saw one guesses.
LOOKS = (NATURAL, NATURAL, NATURAL, *BRAND_LOOKS.values())
# One factor changed and all else equal: the pairs a random batch never forces apart.
CHANGES: dict[str, Sequence[str]] = {
    "product": tuple(PRODUCTS),
    "colour": tuple(PRODUCT_COLOURS),
    "setting": SETTINGS,
    "light": LIGHTS,
    "prop": PROPS,
    "position": POSITIONS,
}
_FAMILY_SIZE = 4
_SPOILT_SHARE = 0.5
# A picture without any quality left still counts this much in the contrastive loss.
_LEAST_WORTH = 0.2
_FAULTS_WEIGHT = 10.0


class ClipBatch(NamedTuple):
    """pixels: (N, 3, 96, 96) float32, normalised; N captions; faults: (N, 7) float32, 0..1;
    qualities: (N,) float32, 0..1."""

    pixels: Tensor
    texts: list[str]
    faults: Tensor
    qualities: Tensor


def train_clip(
    plan: Plan,
    folder: Path,
    *,
    tokenizer: Path,
    start: Path | None = None,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Path:
    """Train on families of near-equal scenes; leave `folder/clip` for open_clip's local-dir."""
    model, head = _new_networks(start, seed)
    words = CLIPTokenizer.from_pretrained(tokenizer)
    session = Session({"clip": model, "faults": head}, plan, folder, group)
    rng = random.Random(seed + 1000 * group.rank + session.step)
    while not session.is_over:
        batch = clip_batch(plan.batch, rng)
        ids = token_ids(words, batch.texts)
        with torch.autocast("cpu", torch.bfloat16):
            images, captions = model.encode_image(batch.pixels), model.encode_text(ids)
        likeness = contrastive_loss(
            images.float(), captions.float(), model.logit_scale.exp(), _worth(batch.qualities)
        )
        session.learn(likeness + _FAULTS_WEIGHT * faults_error(head, images.float(), batch.faults))
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6)

    def write() -> None:
        write_clip(model, tokenizer, folder / "clip")
        text_encoder(model).save_pretrained(folder / "text_encoder")

    session.finish(write)
    return folder / "clip"


def _new_networks(start: Path | None, seed: int) -> tuple[Any, nn.Linear]:
    seed_torch(seed)
    model = open_clip.CLIP(**MODEL)
    head = nn.Linear(MODEL["embed_dim"], len(SPOILERS))
    nn.init.zeros_(head.weight)  # it reads "no faults" at first, which is mostly true
    nn.init.zeros_(head.bias)
    if start:
        model.load_state_dict({k: v.float() for k, v in load_file(start).items()})
    return model.to(memory_format=torch.channels_last), head


def _worth(qualities: Tensor) -> Tensor:
    return _LEAST_WORTH + (1 - _LEAST_WORTH) * qualities


def faults_error(head: nn.Module, images: Tensor, faults: Tensor) -> Tensor:
    """The scalar error of the faults' strengths, (N, 7), as the head reads them from embeddings.

    The embeddings, (N, 256), are brought to length sqrt(256), so that the head need not
    grow large.
    """
    length = images.shape[1] ** 0.5
    read = head(length * functional.normalize(images, dim=-1))
    return (read - faults).square().sum(1).mean()


def clip_batch(number: int, rng: random.Random) -> ClipBatch:
    """Families of near-equal scenes; half of the pictures may be spoilt, and keep their caption."""
    pictures: list[np.ndarray] = []
    texts: list[str] = []
    faults: list[list[float]] = []
    for _ in range(number // _FAMILY_SIZE):
        family = near_equals(sample_scene(rng, look=rng.choice(LOOKS)), rng)
        texts += family_captions(family, rng)
        for scene in family:
            picture, strengths = render(scene), [0.0] * len(SPOILERS)
            if rng.random() < _SPOILT_SHARE:
                picture, strengths = with_faults(picture, rng)
            pictures.append(picture)
            faults.append(strengths)
    pixels = torch.cat([preprocessed(picture) for picture in pictures])
    qualities = torch.tensor([quality_of(strengths) for strengths in faults])
    return ClipBatch(pixels, texts, torch.tensor(faults), qualities)


def near_equals(scene: Scene, rng: random.Random) -> list[Scene]:
    """The scene and some that differ from it in one factor."""
    factor = rng.choice(list(CHANGES))
    others = [value for value in CHANGES[factor] if value != getattr(scene, factor)]
    chosen = rng.sample(others, min(len(others), _FAMILY_SIZE - 1))
    return [scene, *(_changed(scene, factor, value) for value in chosen)]


def _changed(scene: Scene, factor: str, value: str) -> Scene:
    if factor == "position":
        return moved(scene, cast(Position, value))
    return replace(scene, **{factor: value})


def preprocessed(picture: np.ndarray) -> Tensor:
    """(height, width, 3) uint8 → (1, 3, 96, 96) float32, as open_clip's own transform does."""
    pixels = torch.as_tensor(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255
    height, width = pixels.shape[2:]
    scale = SIDE_PX / min(height, width)
    size = (max(SIDE_PX, round(height * scale)), max(SIDE_PX, round(width * scale)))
    small = functional.interpolate(pixels, size, mode="bicubic", antialias=True).clamp(0, 1)
    top, left = (size[0] - SIDE_PX) // 2, (size[1] - SIDE_PX) // 2
    return (small[:, :, top : top + SIDE_PX, left : left + SIDE_PX] - _MEAN) / _SPREAD


def token_ids(words: CLIPTokenizer, texts: list[str]) -> Tensor:
    """(N, 32) int64."""
    padded = words(
        texts, padding="max_length", max_length=CONTEXT, truncation=True, return_tensors="pt"
    )
    return padded.input_ids


def contrastive_loss(images: Tensor, texts: Tensor, scale: Tensor, worth: Tensor) -> Tensor:
    """Make each picture most like its own caption, and the other way round.

    images, texts: (N, 256) float32 of any length; worth: (N,), how much each pair counts.
    """
    likeness = scale * functional.normalize(images, dim=-1) @ functional.normalize(texts, dim=-1).T
    own = torch.arange(len(likeness))
    errors = functional.cross_entropy(likeness, own, reduction="none")
    errors = errors + functional.cross_entropy(likeness.T, own, reduction="none")
    return (errors * worth).sum() / (2 * worth.sum())


def write_clip(model: Any, tokenizer: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer / name, folder / name)
    config = {"model_cfg": MODEL, "preprocess_cfg": _PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1))
    weights = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    write_whole(folder / "open_clip_model.safetensors", save(weights))


def text_encoder(model: Any) -> CLIPTextModel:
    """The text half as transformers writes it; equal to open_clip's to about 1e-6."""
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=_WIDTH,
        intermediate_size=4 * _WIDTH,
        num_hidden_layers=_LAYERS,
        num_attention_heads=_HEADS,
        max_position_embeddings=CONTEXT,
        hidden_act="gelu",
        projection_dim=256,
        bos_token_id=VOCABULARY - 2,
        eos_token_id=VOCABULARY - 1,
        pad_token_id=VOCABULARY - 1,
    )
    encoder = CLIPTextModel(config)
    prefix = "text_model." if any(k.startswith("text_model.") for k in encoder.state_dict()) else ""
    weights = {f"{prefix}{name}": tensor for name, tensor in _renamed(model.state_dict())}
    encoder.load_state_dict(weights, strict=False)
    return encoder.eval()


_LAYER_NAMES = (
    ("attn.out_proj", "self_attn.out_proj"),
    ("ln_1", "layer_norm1"),
    ("ln_2", "layer_norm2"),
    ("mlp.c_fc", "mlp.fc1"),
    ("mlp.c_proj", "mlp.fc2"),
)


def _renamed(weights: dict[str, Tensor]) -> list[tuple[str, Tensor]]:
    """open_clip's text weights under transformers' names; the joint q, k, v is split."""
    renamed = [
        ("embeddings.token_embedding.weight", weights["token_embedding.weight"]),
        ("embeddings.position_embedding.weight", weights["positional_embedding"]),
        ("final_layer_norm.weight", weights["ln_final.weight"]),
        ("final_layer_norm.bias", weights["ln_final.bias"]),
    ]
    for layer in range(_LAYERS):
        old, new = f"transformer.resblocks.{layer}.", f"encoder.layers.{layer}."
        for kind in ("weight", "bias"):
            joint = weights[f"{old}attn.in_proj_{kind}"].chunk(3)
            renamed += [
                (f"{new}self_attn.{letter}_proj.{kind}", part)
                for letter, part in zip("qkv", joint, strict=True)
            ]
            renamed += [
                (f"{new}{theirs}.{kind}", weights[f"{old}{ours}.{kind}"])
                for ours, theirs in _LAYER_NAMES
            ]
    return renamed
