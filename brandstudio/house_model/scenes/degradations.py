"""Spoiling pictures on purpose, so that an aesthetic score has something to tell apart."""

import io
import random
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

Spoiler = Callable[[Image.Image, float, random.Random], Image.Image]


def degraded(picture: np.ndarray, rng: random.Random) -> tuple[np.ndarray, float]:
    """Return the picture with up to three faults, and its quality: 1 untouched, 0 hopeless.

    picture: (height, width, 3) uint8; the result has the same shape.
    """
    image, quality = Image.fromarray(picture), 1.0
    for name in rng.sample(list(SPOILERS), rng.choice((0, 1, 1, 2, 2, 3))):
        strength = rng.uniform(0.15, 1.0)
        image = SPOILERS[name](image, strength, rng)
        quality -= 0.22 + 0.4 * strength
    return np.asarray(image), max(0.0, quality)


def _blur(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(1 + 4 * strength))


def _noise(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    chance = np.random.default_rng(rng.getrandbits(32))
    pixels = np.asarray(image).astype(np.float32)
    return _image(pixels + chance.normal(0, 8 + 50 * strength, pixels.shape))


def _flat(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(1 - 0.75 * strength)


def _dark(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1 - 0.7 * strength)


def _crop(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    width, height = image.size
    kept_x, kept_y = int(width * (1 - 0.55 * strength)), int(height * (1 - 0.55 * strength))
    x, y = rng.choice((0, width - kept_x)), rng.choice((0, height - kept_y))
    return image.crop((x, y, x + kept_x, y + kept_y)).resize((width, height))


def _clutter(image: Image.Image, strength: float, rng: random.Random) -> Image.Image:
    cluttered = image.copy()
    width, height = image.size
    for _ in range(int(4 + 26 * strength)):
        patch = (rng.randrange(6, width // 6), rng.randrange(6, height // 6))
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        cluttered.paste(
            colour,
            (x := rng.randrange(width), y := rng.randrange(height), x + patch[0], y + patch[1]),
        )
    return cluttered


def _jpeg(image: Image.Image, strength: float, _: random.Random) -> Image.Image:
    coded = io.BytesIO()
    image.save(coded, "JPEG", quality=int(16 - 12 * strength))
    return Image.open(coded).convert("RGB")


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


SPOILERS: Mapping[str, Spoiler] = {
    "blur": _blur,
    "noise": _noise,
    "flat": _flat,
    "dark": _dark,
    "crop": _crop,
    "clutter": _clutter,
    "jpeg": _jpeg,
}
