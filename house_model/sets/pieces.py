"""Set pieces: what stands beside and behind a product, each within a width and a height.

A piece stands on the floor at the origin. Its variant is the seed of its own chance, so that the
same piece has the same shape in every picture.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from house_model.sets import meshes
from house_model.sets.meshes import Mesh


@dataclass(frozen=True, slots=True)
class PiecePart:
    """One solid of a piece, and the slot of the look that colours it."""

    mesh: Mesh
    slot: str


Parts = list[PiecePart]
Builder = Callable[[float, float, random.Random], Parts]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a piece is made, and how high it may be for its width."""

    build: Builder
    aspect: tuple[float, float]


def _arch(width: float, height: float, rng: random.Random) -> Parts:
    bar = width * rng.uniform(0.13, 0.22)
    return [PiecePart(meshes.arch(width, height, bar, rng.uniform(0.25, 0.55)), "arch")]


def _gate(width: float, height: float, rng: random.Random) -> Parts:
    """A wall with a round opening, as thick as a house's."""
    bar = width * rng.uniform(0.09, 0.14)
    inner = meshes.arch(width * 0.72, height * 0.84, bar, 0.5)
    return [
        PiecePart(meshes.arch(width, height, bar, 0.6), "arch"),
        PiecePart(inner.moved(y=0.25), "disc"),
    ]


def _disc(width: float, _: float, rng: random.Random) -> Parts:
    return [PiecePart(meshes.disc(width / 2, rng.uniform(0.05, 0.2)), "disc")]


def _rings(width: float, _: float, rng: random.Random) -> Parts:
    """Discs on discs, each smaller and a little nearer."""
    radius, parts = width / 2, Parts()
    for index in range(rng.choice((3, 3, 4))):
        share = 1 - 0.25 * index
        plate = meshes.disc(radius * share, 0.07).moved(y=-0.05 * index, z=radius * (1 - share))
        parts.append(PiecePart(plate, f"ring{index % 3}"))
    return parts


def _frame(width: float, height: float, rng: random.Random) -> Parts:
    """A flat upright panel with soft edges."""
    return [PiecePart(meshes.box(width, rng.uniform(0.08, 0.2), height, 0.03), "panel")]


def _ball(width: float, _: float, __: random.Random) -> Parts:
    return [PiecePart(meshes.ball(width / 2), "ball")]


def _balls(width: float, _: float, rng: random.Random) -> Parts:
    """A large ball and two smaller ones at its feet."""
    r = width * 0.3
    side = rng.choice((-1, 1))
    return [
        PiecePart(meshes.ball(r).moved(x=-side * width * 0.18), "ball"),
        PiecePart(meshes.ball(r * 0.5).moved(side * width * 0.28, -r * 0.5), "ball2"),
        PiecePart(meshes.ball(r * 0.3).moved(side * width * 0.02, -r * 1.05), "ball3"),
    ]


def _step(width: float, height: float, rng: random.Random) -> Parts:
    """A low round podium, often with a ball on it."""
    slab = meshes.lathe(meshes.bevelled(width / 2, min(height, width * 0.45), 0.03))
    if rng.random() < 0.5:
        return [PiecePart(slab, "step")]
    top = min(height, width * 0.45)
    return [PiecePart(slab, "step"), PiecePart(meshes.ball(width * 0.2).moved(z=top), "ball2")]


def _column(width: float, height: float, rng: random.Random) -> Parts:
    shaft = meshes.lathe(meshes.bevelled(width / 2, height, min(0.03, width / 6)))
    if rng.random() < 0.4:
        return [PiecePart(shaft, "column")]
    return [
        PiecePart(shaft, "column"),
        PiecePart(meshes.ball(width * 0.42).moved(z=height), "ball"),
    ]


def _block(width: float, height: float, rng: random.Random) -> Parts:
    return [
        PiecePart(meshes.box(width, width, height, 0.025).turned(rng.uniform(-40, 40)), "block")
    ]


def _cone(width: float, height: float, _: random.Random) -> Parts:
    return [
        PiecePart(meshes.lathe([(width / 2, 0), (width * 0.02, height), (1e-3, height)]), "ball2")
    ]


def _stairs(width: float, height: float, rng: random.Random) -> Parts:
    """Steps that rise to the left or to the right."""
    count, side = rng.choice((3, 4, 5)), rng.choice((-1, 1))
    tread = width / count
    return [
        PiecePart(
            meshes.box(tread * 1.002, width * 0.55, height * (i + 1) / count, 0.008).moved(
                x=side * (tread * (i + 0.5) - width / 2)
            ),
            "step",
        )
        for i in range(count)
    ]


def _plant(width: float, height: float, rng: random.Random) -> Parts:
    """Blades that rise from one point."""
    parts = Parts()
    count = rng.choice((9, 11, 13))
    for index in range(count):
        blade = meshes.blade(
            height * rng.uniform(0.75, 1.0), width * 0.2, width * rng.uniform(0.2, 0.5)
        )
        turn = 360 * index / count + rng.uniform(-14, 14)
        parts.append(PiecePart(blade.turned(turn), "plant" if index % 2 else "plant2"))
    return parts


def _branch(width: float, height: float, rng: random.Random) -> Parts:
    """A stem with round leaves in pairs, in a small pot."""
    parts = Parts()
    pot = height * 0.22
    parts.append(PiecePart(meshes.lathe(meshes.bevelled(width * 0.17, pot, 0.02)), "step"))
    for lean in (-16, 4, 20):
        stem = height * rng.uniform(0.62, 0.8)
        stalk = meshes.lathe([(0.012, 0), (0.008, stem), (1e-3, stem)], sides=8)
        leaves = list[Mesh]()
        for index in range(7):
            z, side = stem * (0.25 + 0.12 * index), 1 if index % 2 else -1
            leaf = meshes.blade(width * 0.26, width * 0.2, width * 0.06)
            leaves.append(leaf.tilted(rng.uniform(-20, 20)).rolled(side * 58).moved(z=z))
        for mesh, slot in ((stalk, "plant2"), (meshes.joined(leaves), "plant")):
            parts.append(PiecePart(mesh.rolled(lean).moved(z=pot * 0.95), slot))
    return parts


def _stones(width: float, height: float, rng: random.Random) -> Parts:
    """Smooth stones, two of them piled."""
    parts = Parts()
    spots = ((-0.22, 0.0, 0.5), (0.22, -0.1, 0.4), (0.02, -0.3, 0.24))
    for index, (x, y, size) in enumerate(spots):
        parts.append(
            PiecePart(_pebble(size * width, rng).moved(x * width, y * width), f"stone{index % 2}")
        )
    low = 0.5 * width * 0.5
    if height > width * 0.4:
        parts.append(
            PiecePart(_pebble(0.36 * width, rng).moved(-0.2 * width, 0, low * 0.92), "stone1")
        )
    return parts


def _rock(width: float, height: float, rng: random.Random) -> Parts:
    """A rough, faceted rock."""
    body = meshes.ball(0.5, sides=14)
    shape = np.random.default_rng(rng.getrandbits(32))
    bumps = _bumpy(body.vertices - np.array([0, 0, 0.5]), shape, 0.16)
    mesh = Mesh(bumps + np.array([0, 0, 0.36]), body.faces).scaled(
        width, width * 0.8, height * 1.15
    )
    return [PiecePart(meshes.faceted(mesh), f"stone{rng.randrange(2)}")]


def _pebble(width: float, rng: random.Random) -> Mesh:
    shape = np.random.default_rng(rng.getrandbits(32))
    body = meshes.ball(0.5, sides=28)
    bumps = _bumpy(body.vertices - np.array([0, 0, 0.5]), shape, 0.05)
    return Mesh(bumps + np.array([0, 0, 0.5]), body.faces).scaled(
        width, width * rng.uniform(0.7, 1), width * rng.uniform(0.42, 0.6)
    )


def _bumpy(points: np.ndarray, shape: np.random.Generator, strength: float) -> np.ndarray:
    """Points of a sphere moved in and out by a few waves."""
    swell = np.zeros(len(points))
    for _ in range(4):
        direction = shape.normal(size=3) * 4
        swell += np.sin(points @ direction + shape.uniform(0, 6.3))
    return points * (1 + strength * swell / 2)[:, None]


def _tree(width: float, height: float, _: random.Random) -> Parts:
    """A fir of three cones."""
    parts = [
        PiecePart(
            meshes.lathe([(width * 0.07, 0), (width * 0.07, height * 0.2)], sides=10), "trunk"
        )
    ]
    for index, (share, low) in enumerate(((1.0, 0.12), (0.78, 0.38), (0.54, 0.64))):
        cone = meshes.lathe(
            [(1e-3, 0), (width * share / 2, 0.0), (1e-3, height * 0.42 * (1 - 0.08 * index))],
            sides=26,
        )
        parts.append(PiecePart(cone.moved(z=height * low), "tree"))
    return parts


def _snowy_tree(width: float, height: float, rng: random.Random) -> Parts:
    parts = _tree(width, height, rng)
    for index, (share, low) in enumerate(((1.0, 0.12), (0.78, 0.38), (0.54, 0.64))):
        tall = height * 0.42 * (1 - 0.08 * index)
        cap = [
            (width * share * 0.27, tall * 0.52),
            (width * share * 0.14, tall * 0.8),
            (1e-3, tall * 1.06),
        ]
        parts.append(PiecePart(meshes.lathe(cap, sides=26).moved(z=height * low), "snow"))
    return parts


def _round_tree(width: float, height: float, _: random.Random) -> Parts:
    crown = meshes.ball(0.5).scaled(width, width * 0.8, height * 0.72).moved(z=height * 0.28)
    trunk = meshes.lathe([(width * 0.06, 0), (width * 0.05, height * 0.4)], sides=10)
    return [PiecePart(trunk, "trunk"), PiecePart(crown, "tree2")]


def _peak(width: float, height: float, rng: random.Random) -> Parts:
    """A mountain of a few facets, with a cap of snow."""
    sides = rng.choice((6, 7, 8))
    turn = rng.uniform(0, 360)
    rough = [(width / 2, 0), (width * 0.33, height * 0.36), (width * 0.165, height * 0.7)]
    cap = [(width * 0.172, height * 0.69), (width * 0.08, height * 0.87), (1e-3, height)]
    return (
        [
            PiecePart(
                meshes.faceted(meshes.lathe(rough, sides=sides))
                .scaled(1, 0.6, 1)
                .turned(0)
                .moved(),
                "peak",
            ),
            PiecePart(meshes.faceted(meshes.lathe(cap, sides=sides)).scaled(1, 0.62, 1), "snow"),
        ]
        if turn < 250
        else [
            PiecePart(
                meshes.faceted(meshes.lathe([*rough, (1e-3, height)], sides=sides)).scaled(
                    1, 0.6, 1
                ),
                "peak2",
            ),
        ]
    )


def _building(width: float, height: float, rng: random.Random) -> Parts:
    """A block with windows, some of them lit."""
    parts = [PiecePart(meshes.box(width, width * 0.8, height, 0.012), f"block{rng.randrange(2)}")]
    columns, rows = rng.choice((2, 3, 3, 4)), max(2, round(height / (width / 3.2)))
    lit, dark = list[Mesh](), list[Mesh]()
    for row in range(rows):
        for column in range(columns):
            x = width * ((column + 0.5) / columns - 0.5) * 0.86
            z = height * (row + 0.5) / rows
            window = meshes.panel(
                width * 0.5 / columns,
                z - 0.24 * height / rows,
                z + 0.24 * height / rows,
                -width * 0.4 - 0.004,
                x=x,
            )
            (lit if rng.random() < 0.55 else dark).append(window)
    for group, slot in ((lit, "window"), (dark, "pane")):
        if group:
            parts.append(PiecePart(meshes.joined(group), slot))
    return parts


def _layer(
    width: float, height: float, rng: random.Random, slot: str, waves: tuple[float, ...]
) -> Parts:
    """A sheet whose upper edge is a sum of waves that reaches the height."""
    x = np.linspace(-0.5, 0.5, 90)
    line = np.zeros_like(x)
    for strength, wave in zip((1.0, 0.45, 0.2), waves, strict=True):
        line += strength * np.sin(2 * np.pi * wave * (x + rng.random()))
    line = 0.35 + 0.65 * (line - line.min()) / max(float(np.ptp(line)), 1e-6)
    points = list(zip(x * width, line * height, strict=True))
    return [PiecePart(meshes.skirt(points, 0.16), slot)]


def _wave(width: float, height: float, rng: random.Random) -> Parts:
    return _layer(width, height, rng, f"wave{rng.randrange(3)}", (rng.uniform(2.5, 4.5), 0.7, 6.0))


def _hill(width: float, height: float, rng: random.Random) -> Parts:
    return _layer(width, height, rng, f"hill{rng.randrange(2)}", (rng.uniform(0.8, 1.6), 2.3, 3.7))


def _ridge(width: float, height: float, rng: random.Random) -> Parts:
    """A paper ridge, jagged like mountains far away."""
    count = 34
    x = np.linspace(-0.5, 0.5, count)
    line, jag = np.zeros(count), np.array([rng.uniform(-1, 1) for _ in range(count)])
    for strength, wave in ((1.0, 1.3), (0.6, 2.9)):
        line += strength * np.sin(2 * np.pi * (wave * x + rng.random()))
    line += 0.5 * jag
    line = 0.3 + 0.7 * (line - line.min()) / max(float(np.ptp(line)), 1e-6)
    points = list(zip(x * width, line * height, strict=True))
    return [PiecePart(meshes.skirt(points, 0.1), f"hill{rng.randrange(2)}")]


def _dune(width: float, height: float, rng: random.Random) -> Parts:
    """A heap of sand with a crest that leans to one side."""
    lean = rng.uniform(-0.25, 0.25)
    a, b = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 20))
    z = np.clip(1 - np.abs(a - lean * (1 - a * a)) ** 1.6, 0, 1) * np.clip(1 - b * b, 0, 1)
    points = np.stack([a * width / 2, b * width * 0.22, height * z], axis=-1)
    return [PiecePart(meshes.grid(points), f"dune{rng.randrange(2)}")]


def _mound(width: float, height: float, _: random.Random) -> Parts:
    heap = meshes.ball(0.5, sides=40).scaled(width, width * 0.6, height * 2).moved(z=-height)
    return [PiecePart(heap, "snow")]


def _cactus(width: float, height: float, _: random.Random) -> Parts:
    bar = width * 0.3
    trunk = meshes.loft(
        [
            (0, bar / 2, bar / 2),
            (height * 0.9, bar / 2, bar / 2),
            (height * 0.97, bar * 0.35, bar * 0.35),
            (height, 1e-3, 1e-3),
        ],
        sides=20,
    )
    parts = [PiecePart(trunk, "cactus")]
    for side, low, up in ((-1, 0.35, 0.3), (1, 0.48, 0.28)):
        t = np.linspace(0, np.pi / 2, 10)
        reach = width * 0.34
        path = [
            (0, height * low),
            *(
                (side * reach * math.sin(a), height * low + reach * 0.6 * (1 - math.cos(a)))
                for a in t
            ),
        ]
        path += [(side * reach, height * (low + up))]
        parts.append(PiecePart(meshes.sweep(path, bar * 0.72, bar * 0.72), "cactus"))
        tip = meshes.ball(bar * 0.36, sides=16).moved(
            side * reach, 0, height * (low + up) - bar * 0.36
        )
        parts.append(PiecePart(tip, "cactus"))
    return parts


def _sun(width: float, _: float, __: random.Random) -> Parts:
    return [PiecePart(meshes.disc(width / 2, 0.05), "sun")]


def _stars(width: float, height: float, rng: random.Random) -> Parts:
    """Points of light, spread over the whole width and height."""
    star = meshes.lathe([(0.028, 0), (1e-3, 0)], sides=8).tilted(90)
    spots = [
        star.scaled(rng.uniform(0.4, 1)).moved(
            rng.uniform(-0.5, 0.5) * width, 0, rng.uniform(0, 1) * height
        )
        for _ in range(46)
    ]
    return [PiecePart(meshes.joined(spots), "star")]


def _citrus(width: float, _: float, rng: random.Random) -> Parts:
    """A fruit, and a half of another one that shows its flesh."""
    r = width * 0.27
    side = rng.choice((-1, 1))
    half = meshes.lathe([(r, 0), (r * 0.99, r * 0.1), (r * 0.72, r * 0.72), (1e-3, r)]).tilted(-90)
    flesh = meshes.lathe([(r * 0.9, 0), (1e-3, 0)]).tilted(90)
    slot = rng.choice(("orange", "lemon"))
    at = (side * width * 0.24, -r * 0.6, r)
    core = meshes.lathe([(r * 0.99, 0), (r * 0.88, 0.0)]).tilted(90)
    return [
        PiecePart(meshes.ball(r).moved(-side * width * 0.22), slot),
        PiecePart(half.moved(*at), slot),
        PiecePart(core.moved(at[0], at[1] - 0.004, at[2]), "pith"),
        PiecePart(flesh.moved(at[0], at[1] - 0.006, at[2]), f"{slot}_flesh"),
        *_flesh_seams(r, at),
    ]


def _flesh_seams(r: float, at: tuple[float, float, float]) -> Parts:
    seam = meshes.panel(r * 0.05, -r * 0.86, r * 0.86, -0.009)
    return [PiecePart(seam.rolled(45 * i).moved(*at), "pith") for i in range(4)]


def _flower(width: float, height: float, _: random.Random) -> Parts:
    """A round blossom on a stem, with two leaves."""
    parts = [PiecePart(meshes.lathe([(0.012, 0), (0.01, height * 0.8)], sides=8), "plant2")]
    at, r = height * 0.8, width * 0.36
    petal = meshes.ball(0.5, sides=18).scaled(r * 0.85, r * 0.3, r * 1.0)
    petals = [petal.moved(z=r * 0.2).rolled(60 * i).tilted(-20) for i in range(6)]
    parts.append(PiecePart(meshes.joined(petals).moved(y=-0.02, z=at), "petal"))
    heart = (
        meshes.ball(0.5, sides=18)
        .scaled(r * 0.6, r * 0.4, r * 0.6)
        .moved(0, -r * 0.22, at - r * 0.3)
    )
    parts.append(PiecePart(heart, "heart"))
    for side in (-1, 1):
        leaf = meshes.blade(height * 0.45, width * 0.16, 0.1).rolled(side * 38)
        parts.append(PiecePart(leaf.moved(z=height * 0.1), "plant"))
    return parts


def _flakes(width: float, height: float, rng: random.Random) -> Parts:
    """Paper snowflakes of six arms that hang in the air."""
    arm = meshes.box(0.022, 0.012, 0.2, 0.003).moved(z=-0.1)
    tips = [
        meshes.box(0.018, 0.012, 0.07, 0.003).rolled(s * 50).moved(z=z)
        for s in (-1, 1)
        for z in (0.05, -0.12)
    ]
    flake = meshes.joined([m.rolled(60 * i) for i in range(3) for m in (arm, *tips)])
    return _scattered(flake, width, height, rng, 12, ("snow",))


def _confetti(width: float, height: float, rng: random.Random) -> Parts:
    chip = meshes.box(0.07, 0.006, 0.045, 0.002)
    return _scattered(chip, width, height, rng, 30, ("ring0", "ring1", "ring2", "sun"), spin=True)


def _bubbles(width: float, height: float, rng: random.Random) -> Parts:
    return _scattered(meshes.ball(0.07, sides=20), width, height, rng, 12, ("bubble",))


def _sparkles(width: float, height: float, rng: random.Random) -> Parts:
    """Stars of four hollow points."""
    t = np.linspace(0, 2 * np.pi, 33)[:-1]
    r = 0.1 * (np.abs(np.cos(2 * t)) ** 4 * 0.86 + 0.14)
    star = meshes.slab(list(zip(r * np.sin(t) * 0.8, r * np.cos(t), strict=True)), 0.015)
    return _scattered(star, width, height, rng, 10, ("sparkle",))


def _scattered(
    mesh: Mesh,
    width: float,
    height: float,
    rng: random.Random,
    number: int,
    slots: tuple[str, ...],
    *,
    spin: bool = False,
) -> Parts:
    """Copies of a small thing in the air, over the width and the height."""
    groups: dict[str, list[Mesh]] = {slot: [] for slot in slots}
    for index in range(number):
        copy = mesh.scaled(rng.uniform(0.5, 1.1))
        if spin:
            copy = (
                copy.rolled(rng.uniform(0, 180))
                .turned(rng.uniform(0, 180))
                .tilted(rng.uniform(0, 180))
            )
        copy = copy.moved(
            rng.uniform(-0.5, 0.5) * width, rng.uniform(-0.15, 0.15), rng.uniform(0.06, 1) * height
        )
        groups[slots[index % len(slots)]].append(copy)
    return [PiecePart(meshes.joined(group), slot) for slot, group in groups.items() if group]


def _board(width: float, height: float, _: random.Random) -> Parts:
    """A wooden board that leans against the wall."""
    return [PiecePart(meshes.box(width, 0.07, height, 0.03).tilted(-6), "wood")]


def _bowl(width: float, height: float, _: random.Random) -> Parts:
    r = width / 2
    tall = min(height, width * 0.45)
    body = [
        (1e-3, 0),
        (r * 0.5, 0),
        (r * 0.85, tall * 0.45),
        (r, tall),
        (r * 0.93, tall),
        (r * 0.75, tall * 0.5),
        (1e-3, tall * 0.35),
    ]
    fruit = [(-0.2, 0.0), (0.22, 0.06), (0.0, -0.2)]
    return [
        PiecePart(meshes.lathe(body), "step"),
        *(
            PiecePart(meshes.ball(r * 0.36).moved(x * width, y * width, tall * 0.55), "lemon")
            for x, y in fruit
        ),
    ]


KINDS: Mapping[str, Kind] = {
    "arch": Kind(_arch, (1.1, 1.5)),
    "gate": Kind(_gate, (1.1, 1.5)),
    "disc": Kind(_disc, (1, 1)),
    "rings": Kind(_rings, (1, 1)),
    "panel": Kind(_frame, (0.7, 1.5)),
    "ball": Kind(_ball, (1, 1)),
    "balls": Kind(_balls, (0.62, 0.62)),
    "step": Kind(_step, (0.3, 0.75)),
    "column": Kind(_column, (1.2, 3.0)),
    "block": Kind(_block, (0.5, 1.3)),
    "cone": Kind(_cone, (1.2, 1.8)),
    "stairs": Kind(_stairs, (0.5, 0.8)),
    "plant": Kind(_plant, (0.8, 1.2)),
    "branch": Kind(_branch, (1.1, 1.6)),
    "stones": Kind(_stones, (0.3, 0.55)),
    "rock": Kind(_rock, (0.45, 0.9)),
    "tree": Kind(_tree, (1.5, 2.1)),
    "snowy-tree": Kind(_snowy_tree, (1.5, 2.1)),
    "round-tree": Kind(_round_tree, (1.2, 1.7)),
    "peak": Kind(_peak, (0.6, 1.0)),
    "building": Kind(_building, (1.2, 3.4)),
    "wave": Kind(_wave, (0.02, 0.2)),
    "hill": Kind(_hill, (0.02, 0.3)),
    "ridge": Kind(_ridge, (0.02, 0.3)),
    "dune": Kind(_dune, (0.15, 0.35)),
    "mound": Kind(_mound, (0.2, 0.45)),
    "cactus": Kind(_cactus, (1.2, 1.8)),
    "sun": Kind(_sun, (1, 1)),
    "stars": Kind(_stars, (0.2, 1)),
    "citrus": Kind(_citrus, (0.56, 0.56)),
    "flower": Kind(_flower, (1.4, 2.2)),
    "flakes": Kind(_flakes, (0.3, 2)),
    "confetti": Kind(_confetti, (0.3, 2)),
    "bubbles": Kind(_bubbles, (0.3, 2)),
    "sparkles": Kind(_sparkles, (0.3, 2)),
    "board": Kind(_board, (0.7, 1.4)),
    "bowl": Kind(_bowl, (0.45, 0.5)),
}


def built(kind: str, width: float, height: float, variant: int) -> Parts:
    """The piece's solids in metres, at the origin."""
    return KINDS[kind].build(width, height, random.Random(variant))
