"""What the upscaler learns from: scenes drawn large, and the same scenes small and spoiled."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, DDPMScheduler
from PIL import Image, ImageFilter
from torch import Tensor

from house_model.scenes.captions import caption
from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.scene import Scene, render, sample_scene
from house_model.training.family import Family, read_family, read_vae
from house_model.training.noise import SCHEDULE
from house_model.training.shards import line_map

SCALE = 4
PATCH_PX = 48
# What write_pool leaves of each scene: the picture itself, then decoded noisy latents, then the
# diffusion model's own guesses.
NOISY, GUESSED = 3, 3
_HELD_OUT = 10_000_000
_SIGNAL: Tensor = DDPMScheduler(**SCHEDULE).alphas_cumprod.float()


@dataclass(frozen=True, slots=True)
class Example:
    """One scene of the pool; the arrays stay on disk until they are indexed.

    large: (4h, 4w, 3) uint8; small: (1 + noisy + guessed, h, w, 3) uint8, the clean one first.
    """

    large: np.ndarray
    small: np.ndarray


def write_pool(folder: Path, *, weights: Path, scenes: int, seed: int = 0) -> None:
    """Draw scenes small, large and as the model would have drawn them; finished ones are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    family = read_family(weights / "base", weights / "controlnet")
    spoiler = Spoiler(read_vae(weights / "base"), family)
    for index in range(seed, seed + scenes):
        finished = folder / f"{index}-small.npy"
        if finished.exists():
            continue
        scene = any_scene(index)
        draft = folder / f"{index}.draft.npy"
        np.save(folder / f"{index}-large.npy", render_large(scene))
        np.save(draft, spoiler.spoiled(scene, index))
        draft.replace(finished)


def read_pool(folder: Path) -> list[Example]:
    """Every finished scene in the folder."""
    return [
        Example(
            large=np.load(path.with_name(path.name.replace("small", "large")), mmap_mode="r"),
            small=np.load(path, mmap_mode="r"),
        )
        for path in sorted(folder.glob("*-small.npy"))
    ]


def any_scene(seed: int) -> Scene:
    """One scene of any size, in every second case in a brand's look."""
    rng = random.Random(seed)
    look = rng.choice([NATURAL] * len(BRAND_LOOKS) + list(BRAND_LOOKS.values()))
    return sample_scene(rng, look=look)


def render_large(scene: Scene) -> np.ndarray:
    """(4h, 4w, 3) uint8: the picture of `render`, with four pixels to each of its own."""
    return render(scene, scale=SCALE)


class Spoiler:
    """Makes small pictures as soft and as wrong as those the diffusion model decodes."""

    def __init__(self, vae: AutoencoderTiny, family: Family) -> None:
        self._vae, self._family = vae, family

    @torch.no_grad()
    def spoiled(self, scene: Scene, seed: int) -> np.ndarray:
        """(7, h, w, 3) uint8: clean, three from noisy latents, three from the model's guesses."""
        chance, clean = torch.Generator().manual_seed(seed), render(scene)
        pixels = torch.as_tensor(clean).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.autocast("cpu", torch.bfloat16):
            latents = self._vae.encoder(pixels.to(self._vae.dtype)).float()
            noise = torch.randn((NOISY, *latents.shape[1:]), generator=chance)
            spread = torch.rand((NOISY, 1, 1, 1), generator=chance) * 0.4
            guesses = self._guesses(scene, latents, chance)
            every = torch.cat([latents + spread * noise, guesses])
            decoded = self._vae.decoder(every.to(self._vae.dtype)).float()
        levels = ((decoded + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1)
        return np.concatenate([clean[None], levels.numpy()])

    def _guesses(self, scene: Scene, latents: Tensor, chance: torch.Generator) -> Tensor:
        """What the model takes the scene for when it sees it through little, some, more noise."""
        times = torch.tensor([120, 240, 360]) + torch.randint(120, (3,), generator=chance)
        signal = _SIGNAL[times].view(-1, 1, 1, 1)
        keep, add = signal.sqrt(), (1 - signal).sqrt()
        noise = torch.randn((GUESSED, *latents.shape[1:]), generator=chance)
        noisy = keep * latents + add * noise
        words = self._family.ids([caption(scene, random.Random(scene.seed))] * GUESSED)
        lines = torch.as_tensor(line_map(scene)).float().expand(GUESSED, 3, -1, -1)
        states = self._family.text(words).last_hidden_state
        down, middle = self._family.control(
            noisy, times, states, controlnet_cond=lines, return_dict=False
        )
        answer = self._family.unet(
            noisy,
            times,
            states,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
        ).sample
        return keep * noisy - add * answer.float()


def patches(pool: list[Example], number: int, rng: random.Random) -> tuple[Tensor, Tensor]:
    """(N, 3, 48, 48) as the model draws and (N, 3, 192, 192) as it should be, float32 in 0..1."""
    pairs = [_patch(rng.choice(pool), rng) for _ in range(number)]
    small, large = (torch.as_tensor(np.stack(side)) for side in zip(*pairs, strict=True))
    small, large = _recoloured(small.permute(0, 3, 1, 2), large.permute(0, 3, 1, 2), rng)
    last = {"memory_format": torch.channels_last}
    return small.contiguous(**last), large.contiguous(**last)


def _patch(example: Example, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    x, y = _place(example.small[0], rng)
    version, blur_px = _fault(rng, len(example.small))
    small = example.small[version, y : y + PATCH_PX, x : x + PATCH_PX]
    top, left, length = SCALE * y, SCALE * x, SCALE * PATCH_PX
    large = example.large[top : top + length, left : left + length]
    if blur_px:
        blur = ImageFilter.GaussianBlur(blur_px)
        small = np.asarray(Image.fromarray(np.ascontiguousarray(small)).filter(blur))
    turn, mirror = rng.choice((0, 0, 1, 2, 3)), rng.choice((1, -1))
    return _turned(small, turn, mirror), _turned(large, turn, mirror)


def _fault(rng: random.Random, versions: int) -> tuple[int, float]:
    """Which version to take and how much to blur it: a third clean, a third soft but all in its
    place, which teaches to sharpen, and a third as the diffusion model draws."""
    match rng.randrange(3):
        case 0:
            return 0, 0.0
        case 1:
            return 0, rng.uniform(0.4, 2.2)
        case _:
            return rng.randrange(1, versions), rng.choice((0.0, rng.uniform(0, 1.2)))


def _turned(picture: np.ndarray, quarters: int, mirror: int) -> np.ndarray:
    return np.rot90(picture, quarters)[:, ::mirror].copy()


def _place(picture: np.ndarray, rng: random.Random) -> tuple[int, int]:
    """Where to cut: mostly the one of three places with the most edges."""
    height, width = picture.shape[:2]
    places = [
        (rng.randint(0, width - PATCH_PX), rng.randint(0, height - PATCH_PX))
        for _ in range(3 if rng.random() < 0.75 else 1)
    ]

    def edges(place: tuple[int, int]) -> float:
        x, y = place
        part = picture[y : y + PATCH_PX, x : x + PATCH_PX].astype(np.int16)
        return float(np.abs(np.diff(part, axis=0)).sum() + np.abs(np.diff(part, axis=1)).sum())

    return max(places, key=edges)


def _recoloured(small: Tensor, large: Tensor, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Both sides in other colours, so that no colour is preferred; then a trace of contrast less or
    more on the small one alone."""
    number, order = len(small), rng.sample(range(3), 3) if rng.random() < 0.5 else [0, 1, 2]
    chance = torch.Generator().manual_seed(rng.getrandbits(32))
    gain = 0.85 + 0.3 * torch.rand((number, 3, 1, 1), generator=chance)
    lift = 0.16 * torch.rand((number, 3, 1, 1), generator=chance) - 0.08
    new_small, new_large = (
        (side[:, order].float() / 255 * gain + lift).clamp(0, 1) for side in (small, large)
    )
    contrast = 0.97 + 0.06 * torch.rand((number, 1, 1, 1), generator=chance)
    middle = new_small.mean((2, 3), keepdim=True)
    # What the decoder did to a patch's mean colour stays: an upscaler must not guess colours.
    shift = middle - new_large.mean((2, 3), keepdim=True)
    return ((new_small - middle) * contrast + middle).clamp(0, 1), new_large + shift


def write_held_out(folder: Path, *, weights: Path, scenes: int = 32) -> None:
    """A pool of scenes that no training pool contains."""
    write_pool(folder, weights=weights, scenes=scenes, seed=_HELD_OUT)
