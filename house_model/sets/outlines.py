"""Outlines of the products as SVG: what a camera sees of their solids, part by part."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from brandstudio.domain.values import Box
from house_model.sets.camera import aimed
from house_model.sets.products import PRODUCTS
from house_model.sets.renderer import render
from house_model.sets.solids import PRODUCT, Lamp, Material, Shot, Solid

_SIZE_PX = 768
_FOV, _ELEVATION, _TURN = 28.0, 8.0, -14.0
# Products that show no second side keep their front to the camera.
_TURNED = frozenset({"box", "carton"})
_TOLERANCE_PX = 1.1
_LEAST_PX = 24
_UNITS = 100.0

_Points = np.ndarray
_DARK = Lamp((0, -9, 9), (0, 0, 0), 1.0, (0.0, 0.0, 0.0))


def write_outlines(folder: Path) -> None:
    """Write the outline of every product into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for product in PRODUCTS:
        (folder / f"{product}.svg").write_text(outline_svg(part_map(product)))


def part_map(product: str) -> np.ndarray:
    """(height, width) int16: the part of the product at each pixel, 0 beside it."""
    parts = PRODUCTS[product].parts()
    turn = _TURN if product in _TURNED else 0.0
    grey = Material((0.5, 0.5, 0.5))
    solids = tuple(
        Solid(part.mesh.turned(turn), grey, PRODUCT + index) for index, part in enumerate(parts)
    )
    points = np.concatenate([solid.mesh.vertices for solid in solids])
    box = Box(left=0.1, top=0.25, width=0.8, height=0.5)
    camera = aimed(points, box, (_SIZE_PX, _SIZE_PX), fov=_FOV, elevation=_ELEVATION)
    shot = Shot(solids, None, (_DARK, _DARK), np.ones((2, 4, 3)), camera, -camera.y)
    return render(shot, samples=1, seed=0).parts


def outline_svg(parts: np.ndarray) -> str:
    """The lines around every part as an SVG, its viewBox tight around all of them."""
    rows, columns = np.nonzero(parts)
    top, left = rows.min(), columns.min()
    scale = _UNITS / (rows.max() + 1 - top)
    width = (columns.max() + 1 - left) * scale
    paths = [
        "M " + " L ".join(f"{x:.2f} {y:.2f}" for x, y in (ring - (left, top)) * scale) + " Z"
        for number in np.unique(parts[parts > 0])
        for ring in contours(parts == number)
    ]
    lines = "\n".join(f'  <path d="{path}"/>' for path in paths)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.2f} {_UNITS:g}" '
        f'fill="none" stroke="#ffffff" stroke-width="1" stroke-linejoin="round">\n{lines}\n</svg>\n'
    )


def contours(mask: np.ndarray) -> Iterator[_Points]:
    """The closed lines around the mask as (N, 2) x and y, along pixel edges, then straightened."""
    ahead = _edges(np.pad(mask, 1))
    while ahead:
        start = point = next(iter(ahead))
        ring = [start]
        while True:
            following = ahead[point]
            chosen = following.pop()
            if not following:
                del ahead[point]
            if chosen == start:
                break
            ring.append(chosen)
            point = chosen
        if len(ring) >= _LEAST_PX:
            yield _straightened(np.array(ring, float) - 1)


def _edges(mask: np.ndarray) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """From each corner along the mask's border to the next, the mask on the right."""
    ahead: dict[tuple[int, int], list[tuple[int, int]]] = {}
    steps = (
        (mask[1:, :] & ~mask[:-1, :], (0, 1), (1, 1)),
        (mask[:-1, :] & ~mask[1:, :], (1, 1), (0, 1)),
        (mask[:, :-1] & ~mask[:, 1:], (1, 0), (1, 1)),
        (mask[:, 1:] & ~mask[:, :-1], (1, 1), (1, 0)),
    )
    for border, first, last in steps:
        for y, x in np.argwhere(border).tolist():
            start = (x + first[0], y + first[1])
            ahead.setdefault(start, []).append((x + last[0], y + last[1]))
    return ahead


def _straightened(ring: _Points) -> _Points:
    """The ring without the points that lie within a pixel of the line between others."""
    furthest = int(np.argmax(((ring - ring[0]) ** 2).sum(1)))
    halves = (ring[: furthest + 1], np.concatenate([ring[furthest:], ring[:1]]))
    return np.concatenate([_simplified(half)[:-1] for half in halves])


def _simplified(line: _Points) -> _Points:
    """Douglas and Peucker's reduction of an open line."""
    kept, spans = {0, len(line) - 1}, [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        across = line[last] - line[first]
        length = max(float(np.hypot(*across)), 1e-9)
        between = line[first + 1 : last] - line[first]
        away = np.abs(across[0] * between[:, 1] - across[1] * between[:, 0]) / length
        middle = int(np.argmax(away))
        if away[middle] > _TOLERANCE_PX:
            split = first + 1 + middle
            kept.add(split)
            spans += [(first, split), (split, last)]
    return line[sorted(kept)]
