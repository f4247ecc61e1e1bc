"""The camera: found from where the product has to lie in the picture, and what it sees."""

import math
from dataclasses import dataclass, replace

import numpy as np

from brandstudio.domain.values import Box

_ROUNDS = 14


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that looks along y, a little downwards; `focal` is in heights of the picture."""

    x: float
    y: float
    z: float
    pitch: float
    focal: float
    width_px: int
    height_px: int

    @property
    def forward(self) -> np.ndarray:
        return np.array([0.0, math.cos(self.pitch), -math.sin(self.pitch)])

    @property
    def up(self) -> np.ndarray:
        return np.array([0.0, math.sin(self.pitch), math.cos(self.pitch)])

    @property
    def place(self) -> np.ndarray:
        return np.array([self.x, self.y, self.z])

    @property
    def fov_degrees(self) -> float:
        """The upright angle of view."""
        return 2 * math.degrees(math.atan(0.5 / self.focal))

    @property
    def aspect(self) -> float:
        return self.width_px / self.height_px

    def seen(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) points → (N, 2) places in the picture, in fractions from its top left."""
        away = points - self.place
        depth = np.maximum(away @ self.forward, 1e-6)
        u = 0.5 + self.focal * away[:, 0] / depth / self.aspect
        v = 0.5 - self.focal * (away @ self.up) / depth
        return np.stack([u, v], axis=1)

    def bounds(self, points: np.ndarray) -> Box:
        """The box in the picture around the points."""
        low, high = self.seen(points).min(0), self.seen(points).max(0)
        return span(*low, *high)

    def ray(self, u: float, v: float) -> np.ndarray:
        """The direction through a place in the picture."""
        right = (u - 0.5) * self.aspect / self.focal
        upward = (0.5 - v) / self.focal
        return self.forward + right * np.array([1.0, 0, 0]) + upward * self.up

    def on_floor(self, u: float, v: float, *, furthest: float = 7.0) -> tuple[float, float]:
        """(x, y) of the floor seen at that place, no further away than that."""
        ray = self.ray(u, v)
        length = -self.z / ray[2] if ray[2] < -1e-4 else math.inf
        length = min(length, (furthest - self.y) / ray[1])
        return self.x + length * ray[0], self.y + length * ray[1]

    def at_depth(self, u: float, v: float, y: float) -> tuple[float, float]:
        """(x, z) of what is seen at that place on the upright plane at y."""
        ray = self.ray(u, v)
        length = (y - self.y) / ray[1]
        return self.x + length * ray[0], self.z + length * ray[2]

    def width_at(self, y: float) -> float:
        """How wide the picture is on the upright plane at y."""
        return (y - self.y) * self.aspect / self.focal


def span(left: float, top: float, right: float, bottom: float) -> Box:
    """The box between two corners, cut to the picture."""
    left, right = (min(max(float(value), 0.0), 1.0) for value in (left, right))
    top, bottom = (min(max(float(value), 0.0), 1.0) for value in (top, bottom))
    return Box(left=left, top=top, width=max(right - left, 1e-4), height=max(bottom - top, 1e-4))


def aimed(
    solid: np.ndarray, box: Box, size_px: tuple[int, int], *, fov: float, elevation: float
) -> Camera:
    """The camera that sees these points of a solid stand on the bottom of the box, as high as it.

    `fov` is the upright angle of view at the shape of a square, `elevation` the angle in degrees
    by which the camera looks down on the foot of the solid. The width follows from the solid.
    """
    width_px, height_px = size_px
    focal = 0.5 / math.tan(math.radians(fov) / 2) * math.sqrt(width_px / height_px)
    foot, tall = float(solid[:, 2].min()), float(np.ptp(solid[:, 2]))
    camera = Camera(0, -focal * tall / box.height, 1, 0.05, focal, width_px, height_px)
    for _ in range(_ROUNDS):
        camera = replace(camera, z=foot - camera.y * math.tan(math.radians(elevation)))
        seen = camera.seen(solid)
        low, high = seen.min(0), seen.max(0)
        camera = replace(
            camera,
            y=camera.y * (high[1] - low[1]) / box.height,
            pitch=camera.pitch + math.atan((high[1] - box.bottom) / focal),
            x=camera.x + ((low[0] + high[0]) / 2 - box.left - box.width / 2) * camera.width_at(0.0),
        )
    return camera
