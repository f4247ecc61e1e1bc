# pyright: basic
# Arithmetic of numpy's arrays is only partly typed.
"""The floor and the wall behind it as one surface: paper, sand, cloth, water or tiles."""

import math
import random
from dataclasses import replace

import numpy as np

from house_model.sets import meshes
from house_model.sets.camera import Camera
from house_model.sets.meshes import Mesh
from house_model.sets.solids import Material, Rgb, Solid, blend

_NEAR_Y, _TOP = -4.5, 9.0
_HALF_WIDTH = 11.0


def sweep(bend_y: float, radius: float, *, columns: int = 2, fine: bool = False) -> np.ndarray:
    """(rows, columns, 3): a floor that bends up into a wall; `bend_y` is where the bend begins."""
    turn = np.linspace(0, np.pi / 2, 26 if radius > 0.1 else 4)
    floor_y = np.linspace(_NEAR_Y, bend_y, 110 if fine else 8)[:-1]
    wall_z = np.linspace(radius, _TOP, 70 if fine else 24)[1:]
    line = [(y, 0.0) for y in floor_y]
    line += [(bend_y + radius * math.sin(t), radius * (1 - math.cos(t))) for t in turn]
    line += [(bend_y + radius, z) for z in wall_z]
    x = np.linspace(-_HALF_WIDTH, _HALF_WIDTH, columns)
    return np.array([[(a, y, z) for a in x] for y, z in line])


def painted(
    points: np.ndarray, floor: Rgb, wall: tuple[Rgb, Rgb], bend_y: float, high: float
) -> Mesh:
    """The sweep with the floor's colour going over into the wall's, which grades up to `high`."""
    mesh = meshes.grid(points)
    z, y = mesh.vertices[:, 2], mesh.vertices[:, 1]
    rise = np.clip(z / max(high, 0.1), 0, 1)[:, None]
    low, top = np.array(wall[0]), np.array(wall[1])
    graded = low + (top - low) * rise
    share = np.clip((y - bend_y) / 0.15 + 0.5, 0, 1)[:, None]
    return replace(mesh, tint=np.array(floor) + (graded - np.array(floor)) * share)


def rippled(points: np.ndarray, bend_y: float, rng: random.Random) -> np.ndarray:
    """Sand or snow: low waves over the floor, level where a product stands."""
    x, y = points[..., 0], points[..., 1]
    lean, wave = rng.uniform(-0.5, 0.5), rng.uniform(9, 15)
    swell = np.sin(wave * (y + lean * x + 0.25 * np.sin(1.7 * x + rng.uniform(0, 6))))
    broad = np.sin(1.1 * x + rng.uniform(0, 6)) * np.sin(1.3 * y + rng.uniform(0, 6))
    away = np.clip(np.hypot(x, y) - 0.7, 0, 1) * np.clip((bend_y + 0.2 - y) * 2, 0, 1)
    moved = points.copy()
    moved[..., 2] += (0.012 * swell + 0.05 * broad) * away
    return moved


def draped(points: np.ndarray, rng: random.Random, strength: float) -> np.ndarray:
    """Cloth: folds that run down the wall and out over the floor, nearly level at the product."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    along = np.maximum(y, -1.5) * 0.35 + z * 0.5
    phase = [rng.uniform(0, 6.3) for _ in range(4)]
    bend = x + 0.5 * np.sin(0.9 * along + phase[0]) + rng.uniform(-0.25, 0.25) * along
    folds = np.sin(2.1 * bend + phase[1]) + 0.6 * np.sin(3.7 * bend + 0.8 * along + phase[2])
    folds += 0.3 * np.sin(7.3 * bend - 0.6 * along + phase[3])
    sharp = np.sign(folds) * np.abs(folds) ** 1.25
    near = np.clip((np.hypot(x, y * 1.1) - 0.55) / 1.1, 0.0, 1) ** 1.5
    before = 1 - 0.75 * np.clip(-y / 0.5, 0, 1)  # no fold may rise before the product
    height = strength * sharp * (0.08 + 0.92 * near) * before
    moved = points.copy()
    on_wall = np.clip(z / 0.9, 0, 1)
    moved[..., 2] += height * (1 - on_wall)
    moved[..., 1] -= height * on_wall * 1.3
    return moved


def water(bend_y: float, floor: Rgb, rng: random.Random) -> Solid:
    """A still, dark surface with a few rings around what stands in it."""
    a, b = np.meshgrid(np.linspace(-6, 6, 160), np.linspace(_NEAR_Y, bend_y + 0.6, 160))
    distance = np.hypot(a, b)
    rings = np.sin(13 * distance + rng.uniform(0, 6)) * np.exp(-0.8 * distance) * 0.012
    ripple = 0.004 * np.sin(5 * a + 3 * b + rng.uniform(0, 6)) * np.sin(4 * b + rng.uniform(0, 6))
    mesh = meshes.grid(np.stack([a, b, rings + ripple + 0.03], axis=-1))
    return Solid(mesh, Material(floor, 0.06))


def planks(bend_y: float, wood: Rgb, rng: random.Random) -> Solid:
    """A table of boards that ends where the bend begins."""
    columns, rows = 150, 40
    chance = np.random.default_rng(rng.getrandbits(32))
    a, b = np.meshgrid(np.linspace(-6, 6, columns), np.linspace(_NEAR_Y, bend_y, rows))
    top = meshes.grid(np.stack([a, b, np.zeros_like(a)], axis=-1))
    board = np.floor((top.vertices[:, 1] - _NEAR_Y) / 0.42).astype(int)
    shades = chance.uniform(0.82, 1.08, board.max() + 1)
    grain = 1 + 0.06 * np.sin(
        top.vertices[:, 1] * 61 + np.sin(top.vertices[:, 0] * 1.4) * 2 + board
    )
    tint = np.array(wood) * (shades[board] * grain)[:, None]
    edge = meshes.box(12, 0.05, 0.12, 0.015).moved(y=bend_y, z=-0.12)
    edge = replace(edge, tint=np.tile(np.array(wood) * 0.9, (len(edge.vertices), 1)))
    return Solid(meshes.joined([replace(top, tint=tint, uv=None), edge]), Material(wood, 0.5))


def tiles(y: float, wall: Rgb, rng: random.Random, camera: Camera) -> list[Solid]:
    """A tiled wall: glazed tiles before darker joints."""
    wide = camera.width_at(y) * 0.75
    size = rng.choice((0.3, 0.38))
    is_brick = rng.random() < 0.5
    across = size * (2 if is_brick else 1)
    tile = meshes.box(across * 0.975, 0.05, size * 0.95, 0.014)
    copies = list[Mesh]()
    for row in range(round(4.2 / size)):
        shift = across / 2 if is_brick and row % 2 else 0
        for column in range(-round(wide / across) - 1, round(wide / across) + 2):
            copies.append(tile.moved(camera.x + column * across + shift, y, row * size - 0.4))
    return [
        Solid(meshes.joined(copies), Material(wall, 0.25)),
        Solid(_joints(y), Material(blend(wall, (0.3, 0.3, 0.3), 0.22), 1.0)),
    ]


def _joints(y: float) -> Mesh:
    wall = [
        [(-_HALF_WIDTH, y, -1), (_HALF_WIDTH, y, -1)],
        [(-_HALF_WIDTH, y, _TOP), (_HALF_WIDTH, y, _TOP)],
    ]
    return meshes.grid(np.array(wall, float))
