"""What a picture is taken of: solids with materials, lamps and the sky, as values."""

from dataclasses import dataclass, replace

import numpy as np

from house_model.sets.camera import Camera
from house_model.sets.meshes import Mesh

Rgb = tuple[float, float, float]

# Parts of the picture as the part map numbers them: a product's parts follow on from PRODUCT, the
# pieces of the set from FIRST_PIECE.
NOTHING, SET, PRODUCT, PODIUM, FIRST_PIECE = 0, 1, 2, 100, 101


@dataclass(frozen=True, slots=True)
class Material:
    """Linear RGB, roughness and metallic share 0..1; `glow` is light of its own, 0 for none."""

    colour: Rgb
    rough: float = 0.85
    metal: float = 0.0
    glow: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A mesh with its material; `part` numbers it in the part map."""

    mesh: Mesh
    material: Material
    part: int = SET


@dataclass(frozen=True, slots=True, eq=False)
class Art:
    """A mesh that carries a picture: (height, width, 3) uint8, bottom row first."""

    mesh: Mesh
    picture: np.ndarray
    rough: float
    part: int


@dataclass(frozen=True, slots=True)
class Lamp:
    """A square light: its place, what it points at, half its side, and its radiance."""

    place: tuple[float, float, float]
    target: tuple[float, float, float]
    half: float
    radiance: Rgb


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """All that a picture needs. sky: (height, width, 3) radiance, the zenith in its first row."""

    solids: tuple[Solid, ...]
    art: Art | None
    lamps: tuple[Lamp, Lamp]
    sky: np.ndarray
    camera: Camera
    focus: float
    aperture: float = 0.04
    bloom: float = 0.0

    def without_product(self) -> "Shot":
        """The same shot with nothing where the product stood."""
        kept = tuple(s for s in self.solids if not PRODUCT <= s.part < PODIUM)
        return replace(self, solids=kept, art=None)


def linear(colour: "str | tuple[int, int, int]") -> Rgb:
    """A colour as "#RRGGBB" or 0..255 sRGB → linear RGB 0..1."""
    if isinstance(colour, str):
        red, green, blue = bytes.fromhex(colour.removeprefix("#"))
        colour = (red, green, blue)
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return red, green, blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def blend(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`share` of the second linear colour in the first."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue
