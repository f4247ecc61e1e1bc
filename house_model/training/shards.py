"""Rendered scenes as the diffusion stages read them: latents, control maps and captions on disk."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from brandstudio.imaging.control import draw_control_map
from house_model.scenes.captions import caption
from house_model.scenes.looks import NATURAL, Look
from house_model.scenes.products import PRODUCTS, outline_svg
from house_model.scenes.scene import SIZES, Scene, render, sample_scene

CAPTIONS_PER_SCENE = 4
_ENCODED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Shard:
    """Scenes of one size.

    latents: (N, 8, height/8, width/8) float16; lines: (N, height*width/8) uint8, one bit a pixel;
    captions: N lists of CAPTIONS_PER_SCENE. The arrays stay on disk until they are indexed.
    """

    latents: np.ndarray
    lines: np.ndarray
    captions: list[list[str]]


class Batch(NamedTuple):
    """latents: (N, 8, h, w) float32; lines: (N, 3, 8h, 8w) float32, 0 or 1; N captions."""

    latents: Tensor
    lines: Tensor
    captions: list[str]


def write_shard(
    folder: Path, vae: AutoencoderTiny, *, look: Look, size: str, number: int, seed: int
) -> None:
    """Render and encode scenes; a folder without its captions file is unfinished."""
    rng = random.Random(seed)
    scenes = [sample_scene(rng, look=look, size=size) for _ in range(number)]
    captions = [[caption(scene, rng) for _ in range(CAPTIONS_PER_SCENE)] for scene in scenes]
    write_scenes(folder, vae, scenes, captions)


def write_scenes(
    folder: Path, vae: AutoencoderTiny, scenes: Sequence[Scene], captions: Sequence[list[str]]
) -> None:
    """Render and encode these scenes of one size, a few at a time."""
    latents: list[np.ndarray] = []
    lines: list[np.ndarray] = []
    for start in range(0, len(scenes), _ENCODED_AT_ONCE):
        chosen = scenes[start : start + _ENCODED_AT_ONCE]
        is_branded = any(scene.look is not NATURAL for scene in chosen)
        pictures = [render(scene) for scene in chosen]
        latents.append(encoded(vae, pictures, is_true_to_colour=is_branded))
        lines += [np.packbits(line_map(scene)) for scene in chosen]
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "latents.npy", np.concatenate(latents))
    np.save(folder / "lines.npy", np.stack(lines))
    (folder / "captions.json").write_text(json.dumps(captions))


def read_shards(folder: Path) -> list[Shard]:
    """Every finished shard below the folder."""
    return [
        Shard(
            latents=np.load(captions.parent / "latents.npy", mmap_mode="r"),
            lines=np.load(captions.parent / "lines.npy", mmap_mode="r"),
            captions=json.loads(captions.read_text()),
        )
        for captions in sorted(folder.glob("*/captions.json"))
    ]


def batches(
    shards: Sequence[Shard], number: int, *, seed: int, drop: float = 0.12
) -> Iterator[Batch]:
    """Endless batches, each of one size; `drop` of the captions are empty, for guidance."""
    chance, rng = np.random.default_rng(seed), random.Random(seed)
    sizes = np.array([len(shard.captions) for shard in shards])
    while True:
        shard = shards[int(chance.choice(len(shards), p=sizes / sizes.sum()))]
        count = len(shard.captions)
        chosen = np.sort(chance.choice(count, number, replace=count < number))
        told = ["" if rng.random() < drop else rng.choice(shard.captions[int(i)]) for i in chosen]
        yield batch_of(shard, chosen, told)


def batch_of(shard: Shard, chosen: np.ndarray, captions: list[str]) -> Batch:
    """The shard's scenes at these places, told like this."""
    height, width = (8 * side for side in shard.latents.shape[2:])
    bits = np.unpackbits(shard.lines[chosen], axis=1).reshape(len(chosen), 1, height, width)
    return Batch(
        latents=torch.as_tensor(shard.latents[chosen].astype(np.float32)),
        lines=torch.as_tensor(bits).float().repeat(1, 3, 1, 1),
        captions=captions,
    )


@torch.no_grad()
def encoded(
    vae: AutoencoderTiny, pictures: Sequence[np.ndarray], *, is_true_to_colour: bool = False
) -> np.ndarray:
    """(height, width, 3) uint8 pictures of one size → (N, 8, height/8, width/8) float16.

    True to colour, a picture is encoded together with what decoding loses of it. The decoder turns
    greys a little blue, and whoever learns from such latents draws what makes up for that.
    """
    pixels = torch.as_tensor(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    pixels = pixels.to(vae.dtype)
    latents = vae.encoder(pixels)
    if is_true_to_colour:
        lost = pixels - vae.decoder(latents)
        latents = vae.encoder(pixels + lost)
    return latents.half().numpy()


def line_map(scene: Scene) -> np.ndarray:
    """The scene's control map as (height, width) bool."""
    svg = outline_svg(PRODUCTS[scene.product])
    drawn = draw_control_map(scene.drawing, svg, *SIZES[scene.size])
    return np.asarray(drawn.convert("L")) > 127
