# pyright: basic, reportPrivateImportUsage=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# open_clip is untyped.
"""The stage `clip`: pictures and captions in one space, for ranking and for the text encoder."""

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from safetensors.torch import load_file, save
from torch import Tensor
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from brandstudio.house_model.scenes.captions import caption
from brandstudio.house_model.scenes.degradations import degraded
from brandstudio.house_model.scenes.looks import BRAND_LOOKS, NATURAL
from brandstudio.house_model.scenes.palette import PRODUCT_COLOURS
from brandstudio.house_model.scenes.products import PRODUCTS
from brandstudio.house_model.scenes.scene import LIGHTS, Scene, render, sample_scene
from brandstudio.house_model.scenes.settings import SETTINGS
from brandstudio.house_model.training.loop import Plan, Session
from brandstudio.house_model.training.words import CONTEXT, VOCABULARY
from brandstudio.house_model.training.workshop import write_whole

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
_LOOKS = (NATURAL, NATURAL, NATURAL, *BRAND_LOOKS.values())
# One factor changed and all else equal: the pairs a random batch never forces apart.
CHANGES: dict[str, Sequence[str]] = {
    "product": tuple(PRODUCTS),
    "colour": tuple(PRODUCT_COLOURS),
    "setting": SETTINGS,
    "light": LIGHTS,
}
_FAMILY_SIZE = 4


def train_clip(
    plan: Plan, folder: Path, *, tokenizer: Path, start: Path | None = None, seed: int = 0
) -> Path:
    """Train on families of near-equal scenes; leave `folder/clip` for open_clip's local-dir."""
    torch.manual_seed(seed)
    model = open_clip.CLIP(**MODEL)
    if start:
        model.load_state_dict({k: v.float() for k, v in load_file(start).items()})
    words = CLIPTokenizer.from_pretrained(tokenizer)
    session = Session({"clip": model}, plan, folder)
    rng = random.Random(seed + session.step)
    while not session.is_over:
        pixels, texts = clip_batch(plan.batch, rng)
        ids = token_ids(words, texts)
        with torch.autocast("cpu", torch.bfloat16):
            images, captions = model.encode_image(pixels), model.encode_text(ids)
        session.learn(contrastive_loss(images.float(), captions.float(), model.logit_scale.exp()))
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6)
    with session.averaged():
        write_clip(model, tokenizer, folder / "clip")
        text_encoder(model).save_pretrained(folder / "text_encoder")
    session.checkpoint()
    return folder / "clip"


def clip_batch(number: int, rng: random.Random) -> tuple[Tensor, list[str]]:
    """(N, 3, 96, 96) float32, normalised, and N captions; some pictures are spoilt a little."""
    pictures: list[np.ndarray] = []
    texts: list[str] = []
    for _ in range(number // _FAMILY_SIZE):
        for scene in near_equals(sample_scene(rng, look=rng.choice(_LOOKS)), rng):
            picture = render(scene)
            pictures.append(degraded(picture, rng)[0] if rng.random() < 0.2 else picture)
            texts.append(caption(scene, rng))
    return torch.cat([preprocessed(picture) for picture in pictures]), texts


def near_equals(scene: Scene, rng: random.Random) -> list[Scene]:
    """The scene and some that differ from it in one factor."""
    factor = rng.choice(list(CHANGES))
    others = [value for value in CHANGES[factor] if value != getattr(scene, factor)]
    changed = rng.sample(others, min(len(others), _FAMILY_SIZE - 1))
    return [scene, *(replace(scene, **{factor: value}) for value in changed)]


def preprocessed(picture: np.ndarray) -> Tensor:
    """(height, width, 3) uint8 → (1, 3, 96, 96) float32, as open_clip's own transform does."""
    pixels = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255
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


def contrastive_loss(images: Tensor, texts: Tensor, scale: Tensor) -> Tensor:
    """Make each picture most like its own caption, and the other way round."""
    likeness = scale * functional.normalize(images, dim=-1) @ functional.normalize(texts, dim=-1).T
    own = torch.arange(len(likeness))
    return (functional.cross_entropy(likeness, own) + functional.cross_entropy(likeness.T, own)) / 2


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
