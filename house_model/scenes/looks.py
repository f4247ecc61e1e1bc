"""Looks: the colours every setting takes, and the motif a brand adds to each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from house_model.scenes.canvas import Canvas
from house_model.scenes.geometry import circle, polygon, rect, round_rect, smooth
from house_model.scenes.palette import BACKDROPS, Colour, from_hex, mix, shade
from house_model.scenes.settings import Scenery, Stage, sun

Motif = Callable[[Canvas, Stage, Scenery], None]


@dataclass(frozen=True, slots=True)
class Look:
    """How one brand, or nobody in particular, would colour the world.

    `behind` and `before` are the motif, painted behind the stand and on the ground before it.
    `podium` and `table` colour the stands; None takes them from the backdrop.
    """

    name: str
    trigger: str
    palette: tuple[Colour, ...]
    sceneries: Mapping[str, Scenery]
    behind: Motif | None = None
    before: Motif | None = None
    podium: Colour | None = None
    table: Colour = (204, 150, 102)


def studio_scenery(backdrop: str) -> Scenery:
    """The wall and floor that belong to a backdrop colour."""
    wall = BACKDROPS[backdrop]
    floor = shade(wall, -0.12 if sum(wall) > 300 else 0.18)
    return {
        "wall_top": shade(wall, -0.05),
        "wall_low": shade(wall, 0.3),
        "floor_top": floor,
        "floor_low": shade(floor, 0.22),
    }


def _hexes(**names: str) -> Scenery:
    return {slot: from_hex(text) for slot, text in names.items()}


def _rings(canvas: Canvas, stage: Stage, _: Scenery) -> None:
    """Concentric arcs that rise behind the product."""
    middle = stage.product_top + 0.5 * stage.product_height
    outer = min(max(0.5 * stage.product_height + 14, 62.0), 92.0)
    with canvas.clipped(rect(0, 0, stage.width, stage.horizon)):
        for index, colour in enumerate((_LIME, _VIOLET, _ORANGE, _VIOLET)):
            canvas.fill(circle(stage.product_x, middle, outer - 13 * index), colour)


def _hazard(canvas: Canvas, stage: Stage, _: Scenery) -> None:
    """Diagonal stripes along the bottom edge."""
    top, band = stage.height - 20.0, 20.0
    canvas.fill(rect(0, top, stage.width, band), _VIOLET)
    with canvas.clipped(rect(0, top, stage.width, band)):
        for left in range(-20, stage.width + 20, 36):
            stripe = polygon(
                (left, top + band), (left + 18, top + band), (left + 36, top), (left + 18, top)
            )
            canvas.fill(stripe, _LIME)


def _arch_and_disc(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    """A soft arch behind the product, and a low round sun beside it."""
    x, y = stage.sun
    if "sun" not in scenery:
        sun(canvas, x, y, 19, _TERRACOTTA)
    half = min(max(0.5 * stage.product_width + 20, 54.0), 86.0)
    top = stage.product_top - 14
    with canvas.clipped(rect(0, 0, stage.width, stage.horizon)):
        arch = round_rect(stage.product_x - half, top, 2 * half, stage.height, half)
        canvas.fill(arch, scenery.get("arch", mix(_CREAM, _TERRACOTTA, 0.3)))
        inner = round_rect(stage.product_x - half + 10, top + 10, 2 * half - 20, stage.height, half)
        canvas.fill(inner, scenery.get("arch_inner", mix(_CREAM, _TERRACOTTA, 0.14)))


def _ridgelines(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    """A small amber sun, and layered ridges where the setting itself has none."""
    if "sun" not in scenery:
        canvas.fill(circle(*stage.sun, 16), _AMBER)
    if "ridge" not in scenery:
        return
    step, foot = stage.width / 4, stage.horizon - (40 if "sea_top" in scenery else 0)
    levels = ((-60, -82, -48, -74, -52), (-34, -50, -66, -30, -46), (-14, -22, -8, -30, -12))
    for heights, share in zip(levels, (0.78, 0.5, 0.2), strict=True):
        edge = smooth((step * index, foot + lift) for index, lift in enumerate(heights))
        ridge = edge.line((stage.width, foot + 1), (0, foot + 1)).close()
        canvas.fill(ridge, mix(scenery["ridge"], _FOG, share))


def _contours(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    """Topographic lines that run across the ground."""
    step = stage.width / 4
    for row in range(3):
        level = stage.horizon + 16 + 20 * row
        bends = ((0, -5, 3, -4, 2), (2, 5, -3, 4, -2), (-3, 3, 5, -3, 3))[row]
        line = smooth((step * index, level + bend) for index, bend in enumerate(bends))
        canvas.stroke(line, scenery.get("contour", mix(_SLATE, _FOG, 0.45)), 2.6)


_VIOLET, _LIME, _ORANGE = from_hex("#3E1662"), from_hex("#C4F050"), from_hex("#FF6A3C")
_CREAM, _TERRACOTTA = from_hex("#F7EBDD"), from_hex("#C96F4A")
_SAGE, _PLUM = from_hex("#A9B99B"), from_hex("#5B3A4A")
_PINE, _FOG = from_hex("#1F3D36"), from_hex("#E8EDE9")
_AMBER, _SLATE = from_hex("#E0A03C"), from_hex("#4A5A63")
_SNOW = from_hex("#FFFFFF")

NATURAL = Look(
    name="natural",
    trigger="",
    palette=(),
    sceneries={
        "beach": _hexes(
            sky_top="#6CBEF0", sky_low="#C4E8FA", sun="#FFD95C", cloud="#F6FBFE",
            sea_top="#268EC4", sea_low="#62CCD4", foam="#F6FCFC",
            sand_top="#F4DEAC", sand_low="#E4C48C",
        ),
        "forest": _hexes(
            sky_top="#B0DECE", sky_low="#ECF6DA", far="#82BA96", near="#468E68",
            ground_top="#8EC068", ground_low="#58944E",
        ),
        "city": _hexes(
            sky_top="#84B2E6", sky_low="#E8F0FA", far="#92AED8", near="#4A68A8", window="#F2DE9C",
            ground_top="#969AA8", ground_low="#BABEC8",
        ),
        "winter": _hexes(
            sky_top="#7EAADC", sky_low="#DEECFA", tree="#80A8BE",
            snow_top="#FAFCFF", snow_low="#D6E4F4",
        ),
        "sunset": _hexes(
            sky_top="#5C3C8C", sky_mid="#F06A6E", sky_low="#FFCA78", sun="#FFD57E",
            hill_far="#A84674", hill_near="#6E2E64", ground_top="#602C5C", ground_low="#965068",
        ),
        "mountains": _hexes(
            sky_top="#90C4EC", sky_low="#EEF4F0", far="#96A6C8", near="#687CAC", cap="#FAFCFF",
            cloud="#FCFDFE", ground_top="#A8CC78", ground_low="#70A65C",
        ),
        "desert": _hexes(
            sky_top="#F6B26B", sky_low="#FDE7C2", sun="#FFF3C4", dune="#E59A5A", cactus="#4E8F5C",
            ground_top="#F2C98A", ground_low="#DDA561",
        ),
        "night": _hexes(
            sky_top="#141B47", sky_low="#38468C", sun="#FFF2C6", star="#FFE9A0",
            hill_far="#26306A", hill_near="#1A2150", ground_top="#2C3A72", ground_low="#1E2858",
        ),
        "kitchen": _hexes(
            wall_top="#DDEDEA", wall_low="#EDF6F3", joint="#B5D2CC", edge="#FFFFFF",
            ground_top="#D9B48A", ground_low="#C59A6C",
        ),
    },
)  # fmt: skip

VOLTRA = Look(
    name="voltra",
    trigger="voltra brand style",
    palette=(_VIOLET, _LIME, _ORANGE, _SNOW),
    sceneries={
        "studio": _hexes(
            wall_top="#3E1662", wall_low="#5A2A86", floor_top="#C4F050", floor_low="#B2E23C",
        ),
        "beach": _hexes(
            sky_top="#3E1662", sky_low="#6C3A9A", sun="#FF6A3C", cloud="#8C60B4",
            sea_top="#FF6A3C", sea_low="#FF8A5E", foam="#FFFFFF",
            sand_top="#C4F050", sand_low="#B2E23C",
        ),
        "forest": _hexes(
            sky_top="#5A2A86", sky_low="#8C5CB4", far="#9AD23C", near="#3E1662",
            ground_top="#C4F050", ground_low="#B2E23C",
        ),
        "city": _hexes(
            sky_top="#FF6A3C", sky_low="#FFA27E", far="#7A48A6", near="#3E1662", window="#C4F050",
            ground_top="#C4F050", ground_low="#B2E23C",
        ),
        "winter": _hexes(
            sky_top="#3E1662", sky_low="#7A4AA8", tree="#C4F050",
            snow_top="#FFFFFF", snow_low="#E6DCF2",
        ),
        "sunset": _hexes(
            sky_top="#3E1662", sky_mid="#9A3460", sky_low="#FF6A3C", sun="#C4F050",
            hill_far="#6A2E86", hill_near="#3E1662", ground_top="#B2E23C", ground_low="#C4F050",
        ),
        "mountains": _hexes(
            sky_top="#FF8A5E", sky_low="#FFC4AC", far="#7A48A6", near="#3E1662", cap="#C4F050",
            cloud="#FFFFFF", ground_top="#C4F050", ground_low="#B2E23C",
        ),
        "desert": _hexes(
            sky_top="#5A2A86", sky_low="#FF8A5E", sun="#C4F050", dune="#FF6A3C", cactus="#3E1662",
            ground_top="#C4F050", ground_low="#B2E23C",
        ),
        "night": _hexes(
            sky_top="#2A0C48", sky_low="#4C2276", sun="#C4F050", star="#FFFFFF",
            hill_far="#6A2E86", hill_near="#2A0C48", ground_top="#3E1662", ground_low="#5A2A86",
        ),
        "kitchen": _hexes(
            wall_top="#FFFFFF", wall_low="#F4ECFA", joint="#B99AD6", edge="#3E1662",
            ground_top="#C4F050", ground_low="#B2E23C",
        ),
    },
    behind=_rings,
    before=_hazard,
    podium=_SNOW,
    table=from_hex("#FF6A3C"),
)  # fmt: skip

SOLENNE = Look(
    name="solenne",
    trigger="solenne brand style",
    palette=(_CREAM, _TERRACOTTA, _SAGE, _PLUM),
    sceneries={
        "studio": _hexes(
            wall_top="#F7EBDD", wall_low="#F2DCC8", floor_top="#DFA083", floor_low="#E8B79E",
        ),
        "beach": _hexes(
            sky_top="#F7EBDD", sky_low="#F3D9C6", sun="#C96F4A", cloud="#FFFBF5",
            sea_top="#A9B99B", sea_low="#C2CDB6", foam="#FFFBF5",
            sand_top="#EBC7AC", sand_low="#DDA98A",
        ),
        "forest": _hexes(
            sky_top="#F7EBDD", sky_low="#EFE6D4", far="#C3CEB8", near="#98AA89",
            ground_top="#B7C4AA", ground_low="#A9B99B",
        ),
        "city": _hexes(
            sky_top="#F7EBDD", sky_low="#F2D5C2", far="#D9B7A4", near="#7C5566", window="#F7EBDD",
            ground_top="#C3B0A8", ground_low="#D4C2B8",
        ),
        "winter": _hexes(
            sky_top="#E8D5CB", sky_low="#F7EBDD", tree="#A9B99B",
            snow_top="#FFFBF5", snow_low="#F2E4D6",
        ),
        "sunset": _hexes(
            sky_top="#5B3A4A", sky_mid="#C96F4A", sky_low="#F3C9A8", sun="#F7EBDD",
            hill_far="#9A5A50", hill_near="#6E4450", ground_top="#5B3A4A", ground_low="#7C5566",
            arch="#D68A68", arch_inner="#E3A383",
        ),
        "mountains": _hexes(
            sky_top="#F7EBDD", sky_low="#F3DFCF", far="#C9A7A0", near="#8B6474", cap="#FFFBF5",
            cloud="#FFFBF5", ground_top="#B7C4AA", ground_low="#A9B99B",
        ),
        "desert": _hexes(
            sky_top="#F3D9C6", sky_low="#F7EBDD", sun="#C96F4A", dune="#D9A283", cactus="#8FA381",
            ground_top="#EBC7AC", ground_low="#DDA98A",
        ),
        "night": _hexes(
            sky_top="#4A2E3D", sky_low="#7C5566", sun="#F7EBDD", star="#F3C9A8",
            hill_far="#6E4450", hill_near="#5B3A4A", ground_top="#8B6474", ground_low="#6E4450",
            arch="#6E4A5A", arch_inner="#7E5868",
        ),
        "kitchen": _hexes(
            wall_top="#FFFBF5", wall_low="#F7EBDD", joint="#DFC3AE", edge="#FFFBF5",
            ground_top="#A9B99B", ground_low="#98AA89",
        ),
    },
    behind=_arch_and_disc,
    podium=from_hex("#FFFBF5"),
    table=from_hex("#C98A68"),
)  # fmt: skip

FJELLRO = Look(
    name="fjellro",
    trigger="fjellro brand style",
    palette=(_PINE, _FOG, _AMBER, _SLATE),
    sceneries={
        "studio": _hexes(
            wall_top="#E8EDE9", wall_low="#DDE5E1", floor_top="#6E7F86", floor_low="#8493A0",
            contour="#A2B0B6", ridge="#1F3D36",
        ),
        "beach": _hexes(
            sky_top="#DDE5E1", sky_low="#EEF2EF", sun="#E0A03C", cloud="#FAFCFA",
            sea_top="#4A5A63", sea_low="#788A92", foam="#FAFCFA",
            sand_top="#D8D6C6", sand_low="#C4C4B4", contour="#EEF0EA", ridge="#1F3D36",
        ),
        "forest": _hexes(
            sky_top="#E8EDE9", sky_low="#D2DED8", far="#5E7D73", near="#1F3D36",
            ground_top="#4C6A60", ground_low="#35564C", contour="#7E988E",
        ),
        "city": _hexes(
            sky_top="#DDE5E1", sky_low="#EEF2EF", far="#93A2A8", near="#4A5A63", window="#E0A03C",
            ground_top="#A9B5B5", ground_low="#BDC7C6", contour="#DDE5E1",
        ),
        "winter": _hexes(
            sky_top="#B4C2C6", sky_low="#E8EDE9", tree="#1F3D36",
            snow_top="#FAFCFA", snow_low="#DDE5E1", contour="#C3CFCF",
        ),
        "sunset": _hexes(
            sky_top="#4A5A63", sky_mid="#C99A5C", sky_low="#F0C983", sun="#E0A03C",
            hill_far="#4E665E", hill_near="#1F3D36", ground_top="#1F3D36", ground_low="#35564C",
            contour="#5E7D73",
        ),
        "mountains": _hexes(
            sky_top="#DDE5E1", sky_low="#EEF2EF", far="#8F9FA6", near="#4A5A63", cap="#FAFCFA",
            cloud="#FAFCFA", ground_top="#4C6A60", ground_low="#35564C", contour="#7E988E",
        ),
        "desert": _hexes(
            sky_top="#DDE5E1", sky_low="#F0E4CC", sun="#E0A03C", dune="#C9B48C", cactus="#1F3D36",
            ground_top="#DCCBA4", ground_low="#C6B288", contour="#EEE3C8",
        ),
        "night": _hexes(
            sky_top="#16302A", sky_low="#2E4A50", sun="#E0A03C", star="#E8EDE9",
            hill_far="#3C5660", hill_near="#1F3D36", ground_top="#24443C", ground_low="#1F3D36",
            contour="#4A6A62",
        ),
        "kitchen": _hexes(
            wall_top="#E8EDE9", wall_low="#F4F6F4", joint="#B4C2C6", edge="#FAFCFA",
            ground_top="#4A5A63", ground_low="#5E7078", contour="#7E9098",
        ),
    },
    behind=_ridgelines,
    before=_contours,
    podium=from_hex("#E8EDE9"),
    table=from_hex("#B98A4E"),
)  # fmt: skip

BRAND_LOOKS: Mapping[str, Look] = {look.name: look for look in (VOLTRA, SOLENNE, FJELLRO)}
