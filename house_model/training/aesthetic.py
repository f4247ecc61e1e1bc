"""The stage `aesthetic`: a small head that tells clean pictures from spoilt ones."""

import random
from collections.abc import Sequence
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from house_model.scenes.degradations import degraded
from house_model.scenes.looks import NATURAL, Look
from house_model.scenes.scene import render, sample_scene
from house_model.training.clip import LOOKS, preprocessed
from house_model.training.folders import write_whole
from house_model.training.loop import Plan, Session, seed_torch

_EMBEDDING = 256
_AT_ONCE = 32


def train_aesthetic(
    plan: Plan, folder: Path, *, clip: Path, pictures: int = 6000, seed: int = 4
) -> Path:
    """Regress quality 0..1 from CLIP's embeddings; leave `aesthetic_head.safetensors`."""
    embeddings, quality = spoilt_embeddings(clip, pictures, random.Random(seed), LOOKS)
    head = new_head(seed)
    session = Session({"head": head}, plan, folder)
    chance = torch.Generator().manual_seed(seed)

    def next_loss() -> Tensor:
        chosen = torch.randint(len(quality), (plan.batch,), generator=chance)
        return functional.mse_loss(head(embeddings[chosen])[:, 0], quality[chosen])

    def write() -> None:
        write_whole(path, save({k: v.contiguous() for k, v in head.state_dict().items()}))

    path = folder / "aesthetic_head.safetensors"
    session.run(next_loss).finish(write)
    return path


def new_head(seed: int = 0) -> nn.Sequential:
    """(N, 256) unit-length embeddings → (N, 1), about 0..1."""
    seed_torch(seed)
    return nn.Sequential(nn.Linear(_EMBEDDING, 128), nn.GELU(), nn.Dropout(0.1), nn.Linear(128, 1))


@torch.no_grad()
def spoilt_embeddings(
    clip: Path, number: int, rng: random.Random, looks: Sequence[Look] = (NATURAL,)
) -> tuple[Tensor, Tensor]:
    """(N, 256) float32 of unit length and (N,) float32 qualities."""
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{clip}")
    model.eval()
    embeddings: list[Tensor] = []
    qualities: list[float] = []
    for start in range(0, number, _AT_ONCE):
        spoilt = [
            degraded(render(sample_scene(rng, look=rng.choice(looks))), rng)
            for _ in range(min(_AT_ONCE, number - start))
        ]
        pixels = torch.cat([preprocessed(picture) for picture, _ in spoilt])
        embeddings.append(functional.normalize(model.encode_image(pixels).float(), dim=-1))
        qualities += [quality for _, quality in spoilt]
    return torch.cat(embeddings), torch.tensor(qualities)
