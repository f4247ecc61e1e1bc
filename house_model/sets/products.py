# pyright: basic
# Arithmetic of numpy's arrays is only partly typed.
"""The twelve products as solids, each of a few parts in the product's own tones.

A product stands at the origin and shows its front to the camera.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from house_model.sets import meshes
from house_model.sets.meshes import Mesh


class Tone(StrEnum):
    """Which of a product's colours a part takes; ART carries the label's picture."""

    BODY = "body"
    SHADE = "shade"
    CAP = "cap"
    METAL = "metal"
    GOLD = "gold"
    LABEL = "label"
    SOLE = "sole"
    COFFEE = "coffee"
    ART = "art"


@dataclass(frozen=True, slots=True)
class Part:
    """One solid of a product."""

    mesh: Mesh
    tone: Tone = Tone.BODY


@dataclass(frozen=True, slots=True)
class Product:
    """A product type: its parts, how far it may turn, and whether its surface is paper."""

    parts: Callable[[], tuple[Part, ...]]
    turn: tuple[float, float] = (-25.0, 25.0)
    is_paper: bool = False


def bottle() -> tuple[Part, ...]:
    curve = [(0.27 - 0.17 * _ease(t), 0.86 + 0.32 * t) for t in np.linspace(0, 1, 12)]
    body = [(1e-3, 0), (0.24, 0), (0.265, 0.015), (0.27, 0.05), *curve, (0.1, 1.34), (1e-3, 1.34)]
    return (
        Part(meshes.lathe(body)),
        Part(meshes.lathe(meshes.bevelled(0.125, 0.19, 0.025)).moved(z=1.31), Tone.CAP),
        Part(meshes.wrap(0.273, 0.26, 0.76, half=0.95), Tone.ART),
    )


def jar() -> tuple[Part, ...]:
    return (
        Part(meshes.lathe(meshes.bevelled(0.5, 0.58, 0.09))),
        Part(meshes.lathe(meshes.bevelled(0.5, 0.25, 0.04)).moved(z=0.57), Tone.CAP),
        Part(meshes.wrap(0.503, 0.13, 0.46, half=0.78), Tone.ART),
    )


def can() -> tuple[Part, ...]:
    shell = [(1e-3, 0), (0.29, 0), (0.3, 0.02), (0.345, 0.1), (0.345, 1.0), (0.3, 1.12)]
    rim = [(0.3, 1.12), (0.31, 1.14), (0.31, 1.17), (0.285, 1.17), (0.275, 1.13), (1e-3, 1.13)]
    return (
        Part(meshes.lathe(shell)),
        Part(meshes.lathe(rim), Tone.METAL),
        Part(meshes.wrap(0.348, 0.22, 0.9, half=0.95), Tone.ART),
    )


def box() -> tuple[Part, ...]:
    return (
        Part(meshes.box(0.82, 0.6, 1.1, 0.015)),
        Part(meshes.panel(0.66, 0.2, 0.9, -0.302), Tone.ART),
    )


def mug() -> tuple[Part, ...]:
    wall = [(1e-3, 0), (0.33, 0), (0.365, 0.015), (0.38, 0.05), (0.395, 0.8), (0.388, 0.82)]
    inside = [(0.388, 0.82), (0.37, 0.81), (0.36, 0.7), (0.36, 0.68)]
    t = np.linspace(-1.25, 1.25, 24)
    handle = [(0.36 + 0.24 * math.cos(a), 0.41 + 0.24 * math.sin(a)) for a in t]
    return (
        Part(meshes.lathe(wall)),
        Part(meshes.lathe(inside)),
        Part(meshes.lathe([(0.36, 0.7), (1e-3, 0.7)]), Tone.COFFEE),
        Part(meshes.sweep(handle, 0.085, 0.1), Tone.SHADE),
        Part(meshes.wrap(0.393, 0.22, 0.6, half=0.75), Tone.ART),
    )


def sneaker() -> tuple[Part, ...]:
    """A running shoe, its toe to the right."""
    t = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, 34))
    foot = 0.2 * (np.sin(np.pi * (t * 0.985 + 0.0075)) ** 0.34) * (0.82 + 0.26 * t)
    x = -0.72 + 1.44 * t
    end = np.abs(2 * t - 1) ** 16  # soft at heel and toe
    lift = 0.05 * np.clip((t - 0.78) / 0.22, 0, 1) ** 2 + 0.05 * end
    top = np.interp(t, *_SHOE_TOP) - 0.1 * end
    tongue = [(-0.2, 0.6), (-0.1, 0.565), (0.0, 0.52), (0.1, 0.47)]
    laces = [Part(_lace(a, b), Tone.LABEL) for a, b in tongue]
    return (
        Part(_along(x, foot, lift, 0.17 - 0.09 * end, power=6.0), Tone.SOLE),
        Part(_along(x, foot * 0.96, lift + 0.16, top - 0.15, power=2.4)),
        Part(
            _along(x[:9], foot[:9] * 0.985, lift[:9] + 0.16, top[:9] * 0.55, power=2.6), Tone.SHADE
        ),
        Part(
            _along(
                x[-9:],
                foot[-9:] * 0.985,
                lift[-9:] + 0.16,
                np.maximum(top[-9:] * 0.62 - 0.06, 0.02),
                power=2.6,
            ),
            Tone.SHADE,
        ),
        Part(_collar(), Tone.COFFEE),
        Part(_swoosh(), Tone.LABEL),
        *laces,
    )


_SHOE_TOP = (
    (0.0, 0.06, 0.16, 0.3, 0.42, 0.6, 0.8, 0.93, 1.0),
    (0.52, 0.62, 0.6, 0.64, 0.58, 0.45, 0.35, 0.27, 0.2),
)


def _along(
    x: np.ndarray, half: np.ndarray, low: np.ndarray, tall: np.ndarray, *, power: float
) -> Mesh:
    """A long solid: at each x a half arc of that width and height above its low line."""
    angles = np.linspace(0, np.pi, 22)
    c, s = np.cos(angles), np.sin(angles)
    y = np.sign(c) * np.abs(c) ** (2 / power)
    z = np.abs(s) ** (2 / power)
    rows = np.stack(
        [
            np.column_stack([np.full(22, at), wide * y, base + high * z])
            for at, wide, base, high in zip(x, half, low, tall, strict=True)
        ]
    )
    caps = [meshes.grid(np.stack([row, np.tile(row.mean(0), (22, 1))])) for row in rows[[0, -1]]]
    return meshes.joined([meshes.grid(rows), *caps])


def _lace(x: float, z: float) -> Mesh:
    """A lace across the upper at that place, from side to side."""
    bow = [(0.12 * math.cos(a), 0.055 * math.sin(a)) for a in np.linspace(np.pi, 0, 12)]
    return meshes.sweep(bow, 0.03, 0.03).turned(90).rolled(28).moved(x, 0, z - 0.035)


def _collar() -> Mesh:
    """The dark opening for the foot."""
    return (
        meshes.lathe([(0.11, 0), (1e-3, 0.012)])
        .scaled(1.9, 1.0, 1)
        .rolled(4)
        .moved(-0.45, 0, 0.613)
    )


def _swoosh() -> Mesh:
    """A stripe along the side that faces the camera."""
    t = np.linspace(0, 1, 14)
    x = -0.34 + 0.62 * t
    middle = 0.31 - 0.07 * np.sin(np.pi * t) + 0.1 * t
    half = 0.05 * np.sin(np.pi * np.clip(t, 0.03, 0.97))
    y = -0.2 - 0.02 * np.sin(np.pi * t)
    return meshes.grid(
        np.stack(
            [np.column_stack([x, y, middle - half]), np.column_stack([x, y + 0.012, middle + half])]
        )
    )


def tube() -> tuple[Part, ...]:
    """A squeeze tube that stands on its cap."""
    t = np.linspace(0, 1, 14)
    body = [(0.2 + 1.08 * a, 0.245 + 0.055 * a, 0.245 - 0.225 * a**1.2) for a in t]
    body = [
        (0.17, 0.17, 0.17),
        (0.185, 0.225, 0.225),
        *body,
        (1.36, 0.3, 0.018),
        (1.36, 1e-3, 1e-3),
    ]
    return (
        Part(meshes.loft(body)),
        Part(meshes.lathe(meshes.bevelled(0.2, 0.19, 0.025)), Tone.CAP),
        Part(_tube_label(), Tone.ART),
        Part(meshes.box(0.605, 0.05, 0.07, 0.01).moved(z=1.3), Tone.SHADE),
    )


def _tube_label() -> Mesh:
    angles = np.linspace(-1.15, 1.15, 28)
    rows = []
    for z in np.linspace(0.45, 1.02, 8):
        a = (z - 0.2) / 1.08
        rx, ry = 0.248 + 0.055 * a, 0.248 - 0.225 * a**1.2 + 0.001
        rows.append(np.array([(rx * math.sin(t), -ry * math.cos(t), z) for t in angles]))
    return meshes.grid(np.array(rows), uv=True)


def handbag() -> tuple[Part, ...]:
    body = [
        (0.0, 0.54, 0.2),
        (0.02, 0.57, 0.23),
        (0.06, 0.58, 0.24),
        (0.62, 0.5, 0.14),
        (0.7, 0.49, 0.1),
        (0.72, 0.46, 0.07),
        (0.72, 1e-3, 1e-3),
    ]
    t = np.linspace(0.02, np.pi - 0.02, 36)
    handle = [(0.27 * math.cos(a), 0.68 + 0.42 * math.sin(a)) for a in t]
    return (
        Part(meshes.loft(body, roundness=7)),
        Part(_flap(), Tone.SHADE),
        Part(meshes.sweep(handle, 0.05, 0.05), Tone.SHADE),
        Part(meshes.box(0.16, 0.03, 0.15, 0.02).moved(y=-0.235, z=0.3), Tone.GOLD),
        Part(
            meshes.lathe(meshes.bevelled(0.035, 0.03, 0.01)).tilted(90).moved(0.27, -0.14, 0.69),
            Tone.GOLD,
        ),
        Part(
            meshes.lathe(meshes.bevelled(0.035, 0.03, 0.01)).tilted(90).moved(-0.27, -0.14, 0.69),
            Tone.GOLD,
        ),
    )


def _flap() -> Mesh:
    """The flap over the front, round at its lower edge."""
    x = np.linspace(-1, 1, 32)
    low = 0.345 + 0.26 * np.abs(x) ** 3.4
    rows = []
    for share in np.linspace(0, 1, 10):
        z = low * (1 - share) + 0.725 * share
        y = -np.interp(z, (0.06, 0.62, 0.7, 0.73), (0.245, 0.152, 0.118, 0.06)) - 0.012
        rows.append(np.column_stack([x * np.interp(z, (0.3, 0.73), (0.52, 0.475)), y, z]))
    return meshes.grid(np.array(rows))


def carton() -> tuple[Part, ...]:
    """A gable-top carton."""
    w, d, shoulder, ridge = 0.36, 0.34, 1.0, 1.26
    corners = [(-w, -d, shoulder), (w, -d, shoulder), (w, 0, ridge), (-w, 0, ridge)]
    front = np.array(corners, float)
    back = front * np.array([1, -1, 1])
    gables = [np.array([(x, -d, shoulder), (x, d, shoulder), (x, 0, ridge)]) for x in (-w, w)]
    quads = [meshes.grid(np.stack([p[:2], p[[3, 2]]])) for p in (front, back)]
    ends = [Mesh(gable, np.array([[0, 1, 2]])) for gable in gables]
    return (
        Part(meshes.box(2 * w, 2 * d, shoulder + 0.01, 0.012)),
        Part(meshes.joined([*quads, *ends]), Tone.SHADE),
        Part(meshes.box(2 * w, 0.03, 0.15, 0.008).moved(z=ridge - 0.02)),
        Part(
            meshes.lathe(meshes.bevelled(0.1, 0.07, 0.02))
            .tilted(53)
            .moved(0, -d * 0.5, (shoulder + ridge) / 2),
            Tone.CAP,
        ),
        Part(meshes.panel(2 * w * 0.96, 0.16, 0.86, -d - 0.002), Tone.ART),
    )


def pouch() -> tuple[Part, ...]:
    """A stand-up bag, sealed along the top."""
    z = np.linspace(0, 1, 16)
    body = [
        (1.06 * a, 0.43 - 0.05 * math.sin(np.pi * a) * 0.5, 0.2 * (1 - a) ** 0.75 + 0.012)
        for a in z
    ]
    body = [
        (0.0, 1e-3, 1e-3),
        (0.0, 0.41, 0.17),
        *body[1:],
        (1.18, 0.43, 0.012),
        (1.18, 1e-3, 1e-3),
    ]
    return (
        Part(meshes.loft(body, roundness=2.8)),
        Part(meshes.box(0.865, 0.034, 0.12, 0.006).moved(z=1.065), Tone.SHADE),
        Part(_pouch_label(), Tone.ART),
    )


def _pouch_label() -> Mesh:
    x = np.linspace(-0.27, 0.27, 20)
    rows = []
    for z in np.linspace(0.26, 0.86, 10):
        a = z / 1.06
        rx, ry = 0.43 - 0.025 * math.sin(np.pi * a), 0.2 * (1 - a) ** 0.75 + 0.012
        y = -ry * (1 - (np.abs(x) / rx) ** 2.8) ** (1 / 2.8) - 0.004
        rows.append(np.column_stack([x, y, np.full(20, z)]))
    return meshes.grid(np.array(rows), uv=True)


def perfume() -> tuple[Part, ...]:
    """A square flacon with a heavy foot and a block of a stopper."""
    return (
        Part(meshes.box(0.72, 0.36, 0.72, 0.07)),
        Part(meshes.lathe(meshes.bevelled(0.1, 0.12, 0.01)).moved(z=0.7), Tone.GOLD),
        Part(meshes.box(0.32, 0.28, 0.3, 0.03).moved(z=0.8), Tone.CAP),
        Part(meshes.panel(0.4, 0.2, 0.52, -0.183), Tone.ART),
    )


def watch() -> tuple[Part, ...]:
    """A wrist watch, its strap closed to a ring that stands upright."""
    t = np.linspace(-np.pi / 2, 3 * np.pi / 2, 72)
    ring = [(0.36 * math.cos(a), 0.56 + 0.56 * math.sin(a)) for a in t]
    strap = meshes.sweep(ring, 0.05, 0.36, roundness=6).turned(90)
    case = meshes.lathe(meshes.bevelled(0.31, 0.12, 0.03)).tilted(90).moved(0, -0.33, 0.56)
    glass = meshes.lathe([(0.25, 0), (1e-3, 0)]).tilted(90)
    dial = Mesh(glass.vertices, glass.faces, uv=glass.vertices[:, [0, 2]] / 0.5 + 0.5)
    return (
        Part(strap),
        Part(case, Tone.METAL),
        Part(dial.moved(0, -0.452, 0.56), Tone.ART),
        Part(meshes.box(0.06, 0.07, 0.07, 0.015).moved(0.33, -0.39, 0.53), Tone.METAL),
    )


def _ease(t: float) -> float:
    return t * t * (3 - 2 * t)


PRODUCTS: Mapping[str, Product] = {
    "bottle": Product(bottle),
    "jar": Product(jar),
    "can": Product(can),
    "box": Product(box, turn=(-32, 32), is_paper=True),
    "mug": Product(mug, turn=(-30, 15)),
    "sneaker": Product(sneaker, turn=(-18, 18)),
    "tube": Product(tube, turn=(-12, 12)),
    "handbag": Product(handbag, turn=(-18, 18)),
    "carton": Product(carton, turn=(-32, 32), is_paper=True),
    "pouch": Product(pouch, turn=(-15, 15), is_paper=True),
    "perfume": Product(perfume, turn=(-22, 22)),
    "watch": Product(watch, turn=(-24, 24)),
}
