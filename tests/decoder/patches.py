"""Fields of known colours, and how far off they are once the decoder had them."""

from io import BytesIO

from coloraide import Color
from PIL import Image, ImageDraw

from brandstudio.decoder.pictures import decode

PATCHES = ("#d04020", "#20a060", "#3050c0", "#e8c030", "#808080", "#f4f4f4", "#141414", "#a03090")


def patches() -> Image.Image:
    """Eight fields of one colour each."""
    image = Image.new("RGB", (8 * 32, 32))
    for at, colour in enumerate(PATCHES):
        ImageDraw.Draw(image).rectangle((at * 32, 0, at * 32 + 31, 31), fill=colour)
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    made = BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def made_of(content: bytes) -> Image.Image:
    return Image.open(BytesIO(decode(content).content))


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """ΔE2000 of two colours in sRGB."""
    first, second = (Color("srgb", [part / 255 for part in c[:3]]) for c in (one, other))
    return first.delta_e(second, method="2000")


def pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    """A colour of an image with more than one channel."""
    colour = image.getpixel(at)
    assert isinstance(colour, tuple)
    return colour


def colours_of(image: Image.Image) -> list[tuple[int, ...]]:
    return [pixel(image.convert("RGB"), (at * 32 + 16, 16)) for at in range(len(PATCHES))]


def farthest(one: Image.Image, other: Image.Image) -> float:
    """The largest ΔE2000 of the patches of two images."""
    return max(distance(a, b) for a, b in zip(colours_of(one), colours_of(other), strict=True))
