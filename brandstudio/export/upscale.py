"""A part of a picture at another size: one clean step down, several gentle steps up."""

from PIL import Image, ImageFilter

from brandstudio.domain.values import Box

_STEP = 2.0
_SETTLE = 3  # pixels; a median this wide calms ringing and stair-steps, and keeps edges
_SHARPEN = ImageFilter.UnsharpMask(radius=1.6, percent=70, threshold=2)


def cut(source: Image.Image, crop: Box, size: tuple[int, int]) -> Image.Image:
    """The cropped part of an RGB picture, drawn at exactly that size in pixels.

    A large upscale goes in doublings: each is calmed and sharpened before the next, which
    keeps the edges of flat, drawn pictures firm where a single step would leave them soft.
    """
    width, height = source.size
    box = (
        crop.left * width,
        crop.top * height,
        min(crop.right, 1.0) * width,
        min(crop.bottom, 1.0) * height,
    )
    part = source
    while size[0] / (box[2] - box[0]) > _STEP:
        part, box = _doubled(part, box)
    return part.resize(size, Image.Resampling.LANCZOS, box=box)


def _doubled(
    part: Image.Image, box: tuple[float, float, float, float]
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    # Whole pixels around the box, so that doubling never shifts the picture.
    left, top = int(box[0]), int(box[1])
    right, bottom = min(part.width, int(box[2]) + 1), min(part.height, int(box[3]) + 1)
    area = part.crop((left, top, right, bottom))
    large = area.resize((area.width * 2, area.height * 2), Image.Resampling.BICUBIC)
    calm = large.filter(ImageFilter.MedianFilter(_SETTLE)).filter(_SHARPEN)
    return calm, (
        2 * (box[0] - left),
        2 * (box[1] - top),
        2 * (box[2] - left),
        2 * (box[3] - top),
    )
