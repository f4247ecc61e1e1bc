"""What is printed on labels: words, bands and shapes, chosen by the scene's chance."""

import random
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from house_model.sets.looks import LabelLook, Look

_SIZE = 512
# Width by height of the surface that carries the label; about square where none is named.
_ASPECTS: Mapping[str, float] = {"jar": 2.3, "can": 0.92, "mug": 1.4, "tube": 0.9, "perfume": 1.25}


def label_art(
    look: Look, product: str, body: tuple[int, int, int], rng: random.Random
) -> np.ndarray:
    """(512, 512, 3) uint8, its bottom row first, as texture coordinates count."""
    if product == "watch":
        picture = _dial(look.label, rng)
    elif look.label.words[0]:
        picture = _branded(look, rng)
    else:
        picture = _plain(look.label, body, rng)
    fitted = _widened(np.asarray(picture), _ASPECTS.get(product, 1.0))
    return fitted[::-1].copy()


def _widened(picture: np.ndarray, aspect: float) -> np.ndarray:
    """The picture with its edges drawn out, so that a surface of that aspect keeps its shapes."""
    across = max(0, round(_SIZE * (aspect - 1) / 2))
    down = max(0, round(_SIZE * (1 / aspect - 1) / 2))
    padded = np.pad(picture, ((down, down), (across, across), (0, 0)), mode="edge")
    return np.asarray(Image.fromarray(padded).resize((_SIZE, _SIZE), Image.Resampling.LANCZOS))


def _branded(look: Look, rng: random.Random) -> Image.Image:
    """A brand's word between two bands, sometimes below a mark."""
    label = look.label
    colours = [(label.ground, label.ink), (label.ground, label.ink), (label.ink, label.ground)]
    ground, ink = rng.choice(colours)
    picture = Image.new("RGB", (_SIZE, _SIZE), ground)
    draw = ImageDraw.Draw(picture)
    _MARKS[rng.choice(list(_MARKS))](draw, ink, label.accent)
    word = rng.choice((label.words[0], label.words[0], *label.words[1:]))
    font = _fitted(str(look.folder / label.font), word, 430)
    draw.text((_SIZE / 2, 285), word, font=font, fill=ink, anchor="mm")
    small = font.font_variant(size=38)
    draw.text(
        (_SIZE / 2, 400),
        rng.choice(("330 ml", "No. 4", "250 g", "50 ml")),
        font=small,
        fill=ink,
        anchor="mm",
    )
    return picture


def _plain(label: LabelLook, body: tuple[int, int, int], rng: random.Random) -> Image.Image:
    """A label that nobody can read: a mark and a few bars in the product's own colour."""
    ink = label.ink
    if max(body) < 235:
        ink = "#" + "".join(f"{round(channel * 0.75):02X}" for channel in body)
    ground = label.ground if max(body) - min(body) > 24 or max(body) < 200 else "#E9C98A"
    picture = Image.new("RGB", (_SIZE, _SIZE), ground)
    draw = ImageDraw.Draw(picture)
    _MARKS[rng.choice(list(_MARKS))](draw, ink, label.accent)
    half = rng.randint(90, 170)
    draw.rounded_rectangle((256 - half, 300, 256 + half, 336), 10, fill=ink)
    draw.rounded_rectangle((256 - half // 2, 362, 256 + half // 2, 380), 8, fill=ink)
    return picture


def _dial(label: LabelLook, rng: random.Random) -> Image.Image:
    """The face of a watch at ten past ten."""
    is_dark = rng.random() < 0.4
    ground, ink = (label.ink, label.ground) if is_dark else (label.ground, label.ink)
    picture = Image.new("RGB", (_SIZE, _SIZE), ground)
    draw = ImageDraw.Draw(picture)
    for hour in range(12):
        angle = 2 * np.pi * hour / 12
        c, s = np.cos(angle), np.sin(angle)
        draw.line((256 + 200 * s, 256 - 200 * c, 256 + 232 * s, 256 - 232 * c), fill=ink, width=14)
    for angle, length, width in ((-1.05, 120, 22), (1.05, 180, 16)):
        end = (256 + length * np.sin(angle), 256 - length * np.cos(angle))
        draw.line((256, 256, *end), fill=ink, width=width)
    draw.ellipse((238, 238, 274, 274), fill=label.accent)
    return picture


def _bands(draw: ImageDraw.ImageDraw, _: str, accent: str) -> None:
    draw.rectangle((0, 60, _SIZE, 84), fill=accent)
    draw.rectangle((0, 440, _SIZE, 464), fill=accent)


def _circle(draw: ImageDraw.ImageDraw, ink: str, _: str) -> None:
    draw.ellipse((196, 70, 316, 190), fill=ink)


def _sunrise(draw: ImageDraw.ImageDraw, _: str, accent: str) -> None:
    draw.pieslice((176, 70, 336, 230), 180, 360, fill=accent)
    draw.rectangle((140, 156, 372, 166), fill=accent)


def _slope(draw: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    draw.polygon(((0, 512), (512, 512), (512, 420), (0, 470)), fill=accent)
    draw.polygon(((180, 190), (256, 70), (332, 190)), fill=ink)


def _stripes(draw: ImageDraw.ImageDraw, _: str, accent: str) -> None:
    for x in range(-60, 572, 72):
        draw.polygon(((x, 0), (x + 34, 0), (x + 84, 90), (x + 50, 90)), fill=accent)


_MARKS: Mapping[str, Callable[[ImageDraw.ImageDraw, str, str], None]] = {
    "bands": _bands,
    "circle": _circle,
    "sunrise": _sunrise,
    "slope": _slope,
    "stripes": _stripes,
}


def _fitted(file: str, word: str, width: int) -> ImageFont.FreeTypeFont:
    """The font at the size at which the word is so wide, or 190 if that is smaller."""
    font = ImageFont.truetype(file, 100)
    return font.font_variant(size=min(190, int(100 * width / max(font.getlength(word), 1))))
