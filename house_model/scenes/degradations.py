"""Spoiling pictures on purpose, so that an aesthetic score has something to tell apart."""

import io
import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

Spoiler = Callable[[Image.Image, float, random.Random], Image.Image]

# How many faults a picture gets: one in six stays as it was.
_FAULTS = (0, 1, 1, 2, 2, 3)
# Every fault can be seen once CLIP has shrunk the picture to 96 px; below this some cannot.
_LEAST_STRENGTH = 0.4


def degraded(picture: np.ndarray, rng: random.Random) -> tuple[np.ndarray, float]:
    """Return the picture with up to three faults, and its quality: 1 untouched, 0 hopeless.

    picture: (height, width, 3) uint8; the result has the same shape.
    """
    spoilt, strengths = with_faults(picture, rng)
    return spoilt, quality_of(strengths)


def with_faults(picture: np.ndarray, rng: random.Random) -> tuple[np.ndarray, list[float]]:
    """Return the picture with up to three faults, and each fault's strength in SPOILERS' order.

    picture: (height, width, 3) uint8; the result has the same shape. Strengths are 0 for a fault
    that is absent, and otherwise at least what can be seen at 96 px.
    """
    chosen = set(rng.sample(list(SPOILERS), rng.choice(_FAULTS)))
    image = Image.fromarray(picture)
    strengths = [rng.uniform(_LEAST_STRENGTH, 1.0) if name in chosen else 0.0 for name in SPOILERS]
    for spoil, strength in zip(SPOILERS.values(), strengths, strict=True):
        if strength:
            image = spoil(image, strength, rng)
    return np.array(image), strengths


def quality_of(strengths: Sequence[float]) -> float:
    """1 without faults, 0 for three at full strength; it falls evenly with their sum.

    Nothing is cut off at 0, so that of two pictures the more spoilt one is always the worse.
    """
    return 1 - sum(strengths) / max(_FAULTS)


def _crop(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    width, height = image.size
    kept = 0.85 - 0.5 * strength
    kept_x, kept_y = int(width * kept), int(height * kept)
    x, y = rng.choice((0, width - kept_x)), rng.choice((0, height - kept_y))
    return image.crop((x, y, x + kept_x, y + kept_y)).resize((width, height))


def _clutter(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    cluttered = image.copy()
    width, height = image.size
    for _ in range(int(2 + 28 * strength)):
        patch = (rng.randrange(6, width // 6), rng.randrange(6, height // 6))
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        cluttered.paste(
            colour,
            (x := rng.randrange(width), y := rng.randrange(height), x + patch[0], y + patch[1]),
        )
    return cluttered


def _dark(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1 - 0.8 * strength)


def _flat(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(1 - 0.85 * strength)


def _blur(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(2 + 8 * strength))


def _jpeg(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    """A copy saved at half the size: its blocks are twice as large, and shrinking keeps them."""
    coded = io.BytesIO()
    image.reduce(2).save(coded, "JPEG", quality=int(22 - 20 * strength))
    return Image.open(coded).convert("RGB").resize(image.size)


def _noise(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    chance = np.random.default_rng(rng.getrandbits(32))
    pixels = np.asarray(image).astype(np.float32)
    return _image(pixels + chance.normal(0, 10 + 70 * strength, pixels.shape))


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


# In the order in which they happen to a picture, so that none wipes out an earlier one: noise that
# is blurred afterwards, say, would count without being there.
SPOILERS: Mapping[str, Spoiler] = {
    "crop": _crop,
    "clutter": _clutter,
    "dark": _dark,
    "flat": _flat,
    "blur": _blur,
    "jpeg": _jpeg,
    "noise": _noise,
}
