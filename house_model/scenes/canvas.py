"""The only place that knows skia: paths filled, stroked, blurred, lit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import skia

from house_model.scenes.geometry import Path, Point
from house_model.scenes.palette import Colour, shade

# A round body lit from the upper left: (shade, where along its width).
_ROUND_LIGHT = ((-0.28, 0.0), (0.10, 0.14), (0.42, 0.27), (0.06, 0.42), (-0.10, 0.68), (-0.42, 1.0))


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours along a line from one point to another, evenly spread unless `stops` says where."""

    start: Point
    end: Point
    colours: tuple[Colour, ...]
    stops: tuple[float, ...] = ()


class Canvas:
    """An RGB picture in the making; a unit is `scale` pixels, everything is anti-aliased."""

    def __init__(self, width: int, height: int, *, scale: int = 1) -> None:
        self.width, self.height = width, height
        self._surface = skia.Surface(width * scale, height * scale)
        self._canvas = self._surface.getCanvas()
        self._canvas.scale(scale, scale)

    def fill(self, path: Path, paint: Colour | Gradient, *, alpha: int = 255) -> None:
        self._canvas.drawPath(_skia_path(path), _skia_paint(paint, alpha))

    def stroke(self, path: Path, colour: Colour, width: float, *, alpha: int = 255) -> None:
        paint = _skia_paint(colour, alpha)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        self._canvas.drawPath(_skia_path(path), paint)

    def blur(self, path: Path, colour: Colour, sigma: float, *, alpha: int = 255) -> None:
        """Fill with edges softened by a Gaussian of that sigma."""
        paint = _skia_paint(colour, alpha)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, sigma))
        self._canvas.drawPath(_skia_path(path), paint)

    def tint(self, colour: Colour) -> None:
        """Light the whole picture in a colour, softly."""
        whole = skia.Rect.MakeWH(self.width, self.height)
        soft = _skia_paint(colour, 46)
        soft.setBlendMode(skia.BlendMode.kSoftLight)
        self._canvas.drawRect(whole, soft)
        self._canvas.drawRect(whole, _skia_paint(colour, 24))

    def turned(self, degrees: float, x: float, y: float) -> "_Turned":
        """Draw inside a `with` block turned about a point, which becomes the origin."""
        return _Turned(self._canvas, degrees, x, y)

    def clipped(self, path: Path) -> "_Clipped":
        """Draw inside a `with` block without leaving the path."""
        return _Clipped(self._canvas, path)

    def pixels(self) -> np.ndarray:
        """(scale * height, scale * width, 3) uint8 RGB."""
        picture = self._surface.makeImageSnapshot()
        rgba = picture.toarray(colorType=skia.kRGBA_8888_ColorType)
        return np.ascontiguousarray(rgba[:, :, :3])


class _Turned:
    def __init__(self, canvas: skia.Canvas, degrees: float, x: float, y: float) -> None:
        self._canvas, self._degrees, self._at = canvas, degrees, (x, y)

    def __enter__(self) -> None:
        self._canvas.save()
        self._canvas.translate(*self._at)
        self._canvas.rotate(self._degrees)

    def __exit__(self, *_: object) -> None:
        self._canvas.restore()


class _Clipped:
    def __init__(self, canvas: skia.Canvas, path: Path) -> None:
        self._canvas, self._path = canvas, path

    def __enter__(self) -> None:
        self._canvas.save()
        self._canvas.clipPath(_skia_path(self._path), doAntiAlias=True)

    def __exit__(self, *_: object) -> None:
        self._canvas.restore()


def rounded(left: float, width: float, colour: Colour, *, strength: float = 1.0) -> Gradient:
    """The light on an upright cylinder between left and left + width."""
    colours = tuple(shade(colour, amount * strength) for amount, _ in _ROUND_LIGHT)
    stops = tuple(stop for _, stop in _ROUND_LIGHT)
    return Gradient((left, 0), (left + width, 0), colours, stops)


def falling(top: float, bottom: float, *colours: Colour) -> Gradient:
    """A vertical gradient."""
    return Gradient((0, top), (0, bottom), colours)


def _skia_path(path: Path) -> skia.Path:
    result = skia.Path()
    draw = {
        "M": result.moveTo,
        "L": result.lineTo,
        "Q": result.quadTo,
        "C": result.cubicTo,
        "Z": result.close,
    }
    for letter, points in path.commands:
        draw[letter](*(value for point in points for value in point))
    return result


def _skia_paint(paint: Colour | Gradient, alpha: int) -> skia.Paint:
    if isinstance(paint, Gradient):
        return skia.Paint(AntiAlias=True, Alpha=alpha, Shader=_skia_shader(paint))
    return skia.Paint(AntiAlias=True, Color=skia.Color(*paint, alpha))


def _skia_shader(gradient: Gradient) -> skia.Shader:
    ends = [skia.Point(*gradient.start), skia.Point(*gradient.end)]
    colours: Sequence[int] = [skia.Color(*colour) for colour in gradient.colours]
    return skia.GradientShader.MakeLinear(ends, list(colours), list(gradient.stops))
