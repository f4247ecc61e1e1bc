# pyright: basic
# Arithmetic of numpy's arrays is only partly typed.
"""Triangle meshes as values, and the few solids that everything on a set is made of.

x runs to the right, y away from the camera, z up. Sharp edges have vertices of their own, so that
shading stays smooth everywhere else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

Point2 = tuple[float, float]

_CREASE = math.cos(math.radians(32))


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """vertices: (N, 3); faces: (M, 3); uv: (N, 2) or None; tint: (N, 3) linear RGB or None.

    A tint takes the place of the material's colour, vertex by vertex.
    """

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray | None = None
    tint: np.ndarray | None = None

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> "Mesh":
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def scaled(self, x: float, y: float | None = None, z: float | None = None) -> "Mesh":
        """The mesh scaled about the origin; one factor alone scales every axis."""
        factors = np.array([x, x if y is None else y, x if z is None else z])
        return replace(self, vertices=self.vertices * factors)

    def turned(self, degrees: float) -> "Mesh":
        """The mesh turned about the upright axis, counter-clockwise seen from above."""
        return self._rotated(degrees, 0, 1)

    def tilted(self, degrees: float) -> "Mesh":
        """The mesh turned about the x axis; positive lifts its far side."""
        return self._rotated(degrees, 1, 2)

    def rolled(self, degrees: float) -> "Mesh":
        """The mesh turned about the y axis; positive leans it to the right."""
        return self._rotated(degrees, 2, 0)

    def _rotated(self, degrees: float, first: int, second: int) -> "Mesh":
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        vertices = self.vertices.copy()
        a, b = self.vertices[:, first], self.vertices[:, second]
        vertices[:, first], vertices[:, second] = c * a - s * b, s * a + c * b
        return replace(self, vertices=vertices)


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """All meshes as one; texture coordinates and tints are lost unless every mesh has them."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    uvs = [mesh.uv for mesh in meshes if mesh.uv is not None]
    tints = [mesh.tint for mesh in meshes if mesh.tint is not None]
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes]),
        faces=np.concatenate([m.faces + s for m, s in zip(meshes, starts[:-1], strict=True)]),
        uv=np.concatenate(uvs) if len(uvs) == len(meshes) else None,
        tint=np.concatenate(tints) if len(tints) == len(meshes) else None,
    )


def normals(mesh: Mesh) -> np.ndarray:
    """(N, 3) unit vectors: the mean of the faces around each vertex, by area."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    corners, count = mesh.faces.T.ravel(), len(mesh.vertices)
    sums = np.stack(
        [np.bincount(corners, np.tile(across[:, i], 3), minlength=count) for i in range(3)], axis=1
    )
    return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)


def faceted(mesh: Mesh) -> Mesh:
    """The mesh with vertices of their own for every face, so that each is flat."""
    corners = mesh.faces.ravel()
    return Mesh(
        vertices=mesh.vertices[corners],
        faces=np.arange(len(corners)).reshape(-1, 3),
        uv=None if mesh.uv is None else mesh.uv[corners],
        tint=None if mesh.tint is None else mesh.tint[corners],
    )


def grid(points: np.ndarray, *, uv: bool = False, is_closed: bool = False) -> Mesh:
    """A surface through (rows, columns, 3) points; closed, its last column joins the first."""
    rows, columns = points.shape[:2]
    places = np.arange(rows * columns).reshape(rows, columns)
    if is_closed:
        places = np.concatenate([places, places[:, :1]], axis=1)
    corners = (places[:-1, :-1], places[:-1, 1:], places[1:, 1:], places[1:, :-1])
    faces: np.ndarray = np.stack([corners[i] for i in (0, 1, 2, 0, 2, 3)], axis=-1).reshape((-1, 3))
    u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    return Mesh(
        vertices=points.reshape(-1, 3).astype(float),
        faces=faces,
        uv=np.stack([u, v], axis=-1).reshape(-1, 2) if uv else None,
    )


def loft(
    sections: Sequence[tuple[float, float, float]], *, roundness: float = 2.0, sides: int = 48
) -> Mesh:
    """A solid through (height, half width, half depth) sections.

    Roundness 2 is an ellipse, more is a rounded rectangle. Corners of the side view stay sharp.
    """
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False) - np.pi / 2
    c, s = np.cos(angles), np.sin(angles)
    x = np.sign(c) * np.abs(c) ** (2 / roundness)
    y = np.sign(s) * np.abs(s) ** (2 / roundness)
    runs = [
        grid(
            np.array(
                [[(rx * a, ry * b, z) for a, b in zip(x, y, strict=True)] for z, rx, ry in run]
            ),
            is_closed=True,
        )
        for run in _smooth_runs(sections)
    ]
    return joined(runs)


def _smooth_runs(
    sections: Sequence[tuple[float, float, float]],
) -> list[list[tuple[float, float, float]]]:
    """The sections cut at their sharp corners; both pieces keep the corner."""
    points = np.array(sections)
    steps = np.diff(points, axis=0)
    steps /= np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-9)
    runs, current = list[list[tuple[float, float, float]]](), [sections[0]]
    for index, section in enumerate(sections[1:], start=1):
        current.append(section)
        is_last = index == len(sections) - 1
        if is_last or float(steps[index - 1] @ steps[index]) < _CREASE:
            runs.append(current)
            current = [section]
    return runs


def lathe(profile: Sequence[Point2], *, sides: int = 48) -> Mesh:
    """A solid of revolution through (radius, height) points, from bottom to top outside."""
    return loft([(z, r, r) for r, z in profile], sides=sides)


def bevelled(radius: float, height: float, bevel: float = 0.05) -> list[Point2]:
    """The profile of a round slab with soft edges."""
    quarter = np.linspace(0, np.pi / 2, 6)
    low = [(radius - bevel + bevel * math.sin(a), bevel - bevel * math.cos(a)) for a in quarter]
    high = [
        (radius - bevel + bevel * math.cos(a), height - bevel + bevel * math.sin(a))
        for a in quarter
    ]
    return [(1e-3, 0.0), *low, *high, (1e-3, height)]


def ball(radius: float = 1.0, *, sides: int = 36) -> Mesh:
    """A sphere that stands on the ground."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 1)
    return lathe(
        [(max(radius * math.cos(a), 1e-4), radius * (1 + math.sin(a))) for a in angles], sides=sides
    )


def box(width: float, depth: float, height: float, bevel: float = 0.03) -> Mesh:
    """A block with soft edges that stands on the ground."""
    half = np.array([width, depth, height]) / 2
    radius = min(bevel, *(0.49 * half))
    sides = [_box_side(half, radius, axis, sign) for axis in range(3) for sign in (-1, 1)]
    return joined(sides).moved(z=height / 2)


def _box_side(half: np.ndarray, radius: float, axis: int, sign: int) -> Mesh:
    """One side of a box: a grid on the cube, drawn in to the surface with round edges."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    points = np.zeros((8, 8, 3))
    points[..., first] = _edge_steps(half[first], radius)[None, :]
    points[..., second] = _edge_steps(half[second], radius)[:, None]
    points[..., axis] = sign * half[axis]
    core = np.clip(points, -(half - radius), half - radius)
    out = points - core
    out /= np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-9)
    side = grid(core + radius * out)
    return side if sign > 0 else replace(side, faces=side.faces[:, ::-1])


def _edge_steps(half: float, radius: float) -> np.ndarray:
    """Eight places along an edge, close together at its round ends."""
    return np.concatenate(
        [-half + radius * np.linspace(0, 1, 4), half - radius * np.linspace(1, 0, 4)]
    )


def slab(outline: Sequence[Point2], depth: float) -> Mesh:
    """A sheet of that thickness whose (x, z) front is a polygon seen whole from its mean point."""
    ring = np.array(outline)
    front = np.concatenate([ring.mean(0, keepdims=True), ring])
    count = len(ring)
    fan = np.array([(0, 1 + i, 1 + (i + 1) % count) for i in range(count)])
    flat = np.stack([front[:, 0], np.zeros(count + 1), front[:, 1]], axis=1)
    near = Mesh(flat, fan)
    far = Mesh(flat + np.array([0, depth, 0]), fan[:, ::-1])
    rim = np.stack(
        [np.column_stack([ring[:, 0], np.full(count, y), ring[:, 1]]) for y in (0, depth)]
    )
    return joined([near, far, faceted(grid(rim, is_closed=True))])


def skirt(top: Sequence[Point2], depth: float) -> Mesh:
    """A sheet from the ground up to a line of (x, z) points."""
    line = np.array(top)
    front = np.stack(
        [
            np.column_stack([line[:, 0], np.zeros(len(line)), z])
            for z in (np.zeros(len(line)), line[:, 1])
        ]
    )
    roof = np.stack(
        [np.column_stack([line[:, 0], np.full(len(line), y), line[:, 1]]) for y in (0, depth)]
    )
    return joined([grid(front), grid(roof)])


def sweep(path: Sequence[Point2], width: float, depth: float, *, roundness: float = 2.0) -> Mesh:
    """A bar along a line in the (x, z) plane, with a rounded cross-section."""
    line = np.array(path)
    ahead = np.gradient(line, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    c, s = np.cos(angles), np.sin(angles)
    a = np.sign(c) * np.abs(c) ** (2 / roundness) * width / 2
    b = np.sign(s) * np.abs(s) ** (2 / roundness) * depth / 2
    points = np.stack(
        [
            np.column_stack([p[0] - t[1] * a, b, p[1] + t[0] * a])
            for p, t in zip(line, ahead, strict=True)
        ]
    )
    return grid(points, is_closed=True)


def wrap(radius: float, low: float, high: float, *, half: float = 1.15) -> Mesh:
    """A label's piece of a cylinder, facing the camera."""
    angles = np.linspace(-half, half, 32)
    rows = [[(radius * math.sin(t), -radius * math.cos(t), z) for t in angles] for z in (low, high)]
    return grid(np.array(rows), uv=True)


def panel(width: float, low: float, high: float, y: float, *, x: float = 0) -> Mesh:
    """A flat upright rectangle, facing the camera."""
    left, right = x - width / 2, x + width / 2
    return grid(
        np.array([[(left, y, low), (right, y, low)], [(left, y, high), (right, y, high)]]), uv=True
    )


def disc(radius: float, thickness: float = 0.06) -> Mesh:
    """A round plate that stands upright on the ground, facing the camera."""
    bevel = min(0.02, thickness / 3)
    return lathe(bevelled(radius, thickness, bevel), sides=64).tilted(90).moved(z=radius)


def arch(width: float, height: float, thickness: float, depth: float) -> Mesh:
    """A round arch on two legs, by its outer width and height; flat in front, with soft edges."""
    r = (width - thickness) / 2
    straight = max(height - width / 2, 0.02)
    turn = np.linspace(0, np.pi, 40)
    path = [
        (r, 0.0),
        (r, straight * 0.5),
        *((r * math.cos(t), straight + r * math.sin(t)) for t in turn),
    ]
    path += [(-r, straight * 0.5), (-r, 0.0)]
    return sweep(path, thickness, depth, roundness=5)


def blade(length: float, width: float, bend: float) -> Mesh:
    """A leaf that rises from the origin and bends away."""
    t = np.linspace(0, 1, 12)
    half = width * np.sin(np.pi * np.clip(t, 0.02, 1)) ** 0.8 / 2
    y, z = bend * t * t, length * t * (1 - 0.15 * bend * t)
    rows = [
        [(-w, b, c), (0, b - 0.1 * width, c), (w, b, c)] for w, b, c in zip(half, y, z, strict=True)
    ]
    return grid(np.array(rows))
