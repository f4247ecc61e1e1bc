"""A set built from its factors: solids, lamps, sky and camera."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from brandstudio.domain.values import Box
from house_model.scenes.palette import PRODUCT_COLOURS
from house_model.sets import ground, meshes
from house_model.sets.art import label_art
from house_model.sets.camera import Camera, aimed
from house_model.sets.looks import Look, Roles, colour, material, read_look
from house_model.sets.meshes import Mesh
from house_model.sets.pieces import built
from house_model.sets.products import PRODUCTS, Part, Tone
from house_model.sets.scene import HUNG, SHEETS, SIZES, Piece, SetScene
from house_model.sets.solids import (
    FIRST_PIECE,
    NOTHING,
    PODIUM,
    PRODUCT,
    Art,
    Lamp,
    Material,
    Rgb,
    Shot,
    Solid,
    blend,
    linear,
)

# Roughness and metallic share of a product's body.
_FINISHES: Mapping[str, tuple[float, float]] = {
    "matt": (0.62, 0.0),
    "gloss": (0.26, 0.0),
    "metal": (0.3, 0.85),
    "paper": (0.85, 0.0),
}
_TONES: Mapping[str, Rgb] = {
    "neutral": (1.0, 0.965, 0.92),
    "warm": (1.12, 0.86, 0.6),
    "cool": (0.8, 0.93, 1.16),
}
# How strong the key light and the sky are in a setting; 1.2 and 0.37 by day in a studio.
_LEVELS: Mapping[str, tuple[float, float]] = {
    "night": (0.52, 0.09),
    "sunset": (1.0, 0.34),
    "window": (1.5, 0.22),
    "winter": (1.0, 0.4),
    "forest": (1.15, 0.42),
}
_DAY = (1.2, 0.37)
# Key lights: half their side, and radiance; a small one throws a hard shadow.
_SOFT, _HARD = (1.7, 8.2), (0.32, 215.0)
_WINDOW = (0.07, 4300.0)
_SOFT_BEND, _SHARP_BEND = 0.9, 0.03
_NEAREST_WALL, _FURTHEST_WALL, _CAMERA_TRIES = 1.5, 5.5, 16
_SHARP = frozenset({"kitchen", "beach", "desert", "winter"})


def build(scene: SetScene, *, scale: int = 1) -> Shot:
    """The set as a shot; a scale gives that many pixels for one."""
    look, rng = read_look(scene.look), random.Random(scene.seed)
    roles = look.roles_in(scene.setting, scene.backdrop)
    parts = _product_parts(scene)
    camera = _camera(scene, parts, scale)
    wall_y = _wall_y(scene, camera)
    solids = [
        *_ground(scene, roles, camera, wall_y, rng),
        *_podium(scene, look, roles, parts),
    ]
    for index, piece in enumerate(scene.pieces):
        solids += _piece(scene, look, roles, piece, FIRST_PIECE + index, camera, wall_y)
    art = None
    if not scene.is_empty:
        product, art = _product(scene, look, parts, rng)
        solids += product
    if scene.setting == "window":
        solids += _gobo(scene, rng)
    return Shot(
        solids=tuple(solids),
        art=art,
        lamps=_lamps(scene, camera, wall_y),
        sky=_sky(scene, roles),
        camera=camera,
        focus=-camera.y - 0.12,
        aperture=0.045,
        bloom=0.5 if scene.setting in ("night", "sunset") else 0.2,
    )


def _product_parts(scene: SetScene) -> tuple[Part, ...]:
    """The product where it stands: turned, and on its podium."""
    lift = _podium_height(scene)
    return tuple(
        replace(part, mesh=part.mesh.turned(scene.turn).moved(z=lift))
        for part in PRODUCTS[scene.product].parts()
    )


def _camera(scene: SetScene, parts: Sequence[Part], scale: int) -> Camera:
    """The scene's camera, lower or higher where the wall would be too near or too far away."""
    points = np.concatenate([part.mesh.vertices for part in parts])
    width, height = SIZES[scene.size]
    size, box, elevation = (width * scale, height * scale), _fitted(scene, points), scene.elevation
    camera = aimed(points, box, size, fov=scene.fov, elevation=elevation)
    for _ in range(_CAMERA_TRIES):
        wall_y = _wall_y(scene, camera)
        if _NEAREST_WALL < wall_y < _FURTHEST_WALL:
            break
        elevation *= 0.88 if wall_y <= _NEAREST_WALL else 1.1
        camera = aimed(points, box, size, fov=scene.fov, elevation=elevation)
    return camera


def _wall_y(scene: SetScene, camera: Camera) -> float:
    """Where the floor ends, so that the horizon lies where the scene has it."""
    return camera.on_floor(0.5, scene.horizon)[1]


def _fitted(scene: SetScene, points: np.ndarray) -> Box:
    """The scene's box, lower if the product would be wider than it."""
    width, height = SIZES[scene.size]
    wide = float(np.ptp(points[:, 0])) * 1.04 / float(np.ptp(points[:, 2])) * height / width
    tall = min(scene.box.height, scene.box.width * 1.04 / wide)
    return scene.box.but(top=scene.box.bottom - tall, height=tall)


def _podium_height(scene: SetScene) -> float:
    return scene.podium_height if scene.stand == "podium" else 0.0


def _ground(
    scene: SetScene, roles: Roles, camera: Camera, wall_y: float, rng: random.Random
) -> list[Solid]:
    floor = colour(roles, "floor")
    wall = (colour(roles, "wall", 0), colour(roles, "wall", 1))
    sharp = scene.setting in _SHARP or scene.stand == "table"
    high = camera.at_depth(0.5, 0.0, wall_y + 1)[1]
    radius = _SHARP_BEND if sharp else _SOFT_BEND
    shown_y = wall_y + (1.2 if scene.stand == "table" else 0.0)
    is_fine = scene.setting in ("beach", "desert", "winter", "cloth")
    points = ground.sweep(shown_y, radius, columns=150 if is_fine else 8, fine=is_fine)
    if scene.setting in ("beach", "desert", "winter") and scene.stand != "table":
        points = ground.rippled(points, wall_y, rng)
    if scene.setting == "cloth":
        points = ground.draped(points, rng, rng.uniform(0.1, 0.17))
    mesh = ground.painted(points, floor, wall, shown_y + radius * 0.5, high)
    rough = 0.16 if scene.stand == "floor" else 0.9
    if scene.setting == "cloth":
        rough = rng.choice((0.42, 0.85))
    if scene.stand == "table":
        mesh = mesh.moved(z=-0.9)
    solids = [Solid(mesh, Material(floor, rough))]
    if scene.stand == "table":
        solids.append(ground.planks(wall_y, colour(roles, "wood"), rng))
    if scene.setting == "kitchen":
        solids += ground.tiles(shown_y + 0.03, wall[0], rng, camera)
    if scene.setting == "water":
        solids.append(ground.water(wall_y, floor, rng))
    return solids


def _podium(scene: SetScene, look: Look, roles: Roles, parts: Sequence[Part]) -> list[Solid]:
    """What the product stands on; its shape is the scene's choice."""
    if scene.stand != "podium":
        return []
    points = np.concatenate([part.mesh.vertices for part in parts])
    reach = float(np.hypot(points[:, 0], points[:, 1]).max())
    wide = max(0.56 * float(np.ptp(points[:, 0])), 0.44, reach * 1.06)
    high, made = scene.podium_height, material(look, scene.setting, "podium", roles)
    rng = random.Random(scene.seed + 1)
    if scene.podium == "square":
        turn = rng.uniform(-25, 25)
        return [Solid(meshes.box(2 * wide, 2 * wide, high, 0.03).turned(turn), made, PODIUM)]
    if scene.podium == "stone":
        low = [(1e-3, 0), (wide * 1.12, 0), (wide * 1.1, high * 0.75), (wide, high), (1e-3, high)]
        rock = meshes.faceted(meshes.lathe(low, sides=rng.choice((9, 11, 13)))).turned(
            rng.uniform(0, 90)
        )
        made = replace(
            made, colour=colour(roles, "stone" if scene.setting == "water" else "podium")
        )
        return [Solid(rock, made, PODIUM)]
    slabs = [meshes.lathe(meshes.bevelled(wide, high, 0.035), sides=72)]
    if scene.podium == "double":
        half = high / 2
        slabs = [
            meshes.lathe(meshes.bevelled(wide * 1.3, half, 0.03), sides=72),
            meshes.lathe(meshes.bevelled(wide, half, 0.03), sides=72).moved(z=half),
        ]
    return [Solid(meshes.joined(slabs), made, PODIUM)]


def _piece(
    scene: SetScene,
    look: Look,
    roles: Roles,
    piece: Piece,
    number: int,
    camera: Camera,
    wall_y: float,
) -> list[Solid]:
    """One piece where the canvas has it."""
    bend = _SHARP_BEND if scene.setting in _SHARP else _SOFT_BEND
    if piece.kind in ("sun", "stars"):
        y = wall_y + bend * 0.55 - (0.12 if piece.kind == "stars" else 0.2)
        x, base = camera.at_depth(piece.middle, piece.foot, y)
    elif piece.kind in HUNG:
        y = min(0.55, wall_y - 0.2)
        x, base = camera.at_depth(piece.middle, piece.foot, y)
        base = max(base, 0.0)
    else:
        x, y = camera.on_floor(piece.middle, piece.foot, furthest=6.5)
        y = min(y, wall_y - 0.02 if bend == _SHARP_BEND else wall_y + 0.2)
        # Pieces in one plane would flicker through one another.
        y -= _apart(scene, piece)
        x, base = camera.at_depth(piece.middle, piece.foot, y)[0], 0.0
    width = piece.width * camera.width_at(y)
    height = max(camera.at_depth(piece.middle, piece.top, y)[1] - base, 0.05)
    return [
        Solid(part.mesh.moved(x, y, base), material(look, scene.setting, part.slot, roles), number)
        for part in built(piece.kind, width, height, piece.variant)
    ]


def _apart(scene: SetScene, piece: Piece) -> float:
    """How much nearer a piece stands than the one before it."""
    alike = [each for each in scene.pieces if (each.kind in SHEETS) == (piece.kind in SHEETS)]
    return (0.22 if piece.kind in SHEETS else 0.02) * alike.index(piece)


def _product(
    scene: SetScene, look: Look, parts: Sequence[Part], rng: random.Random
) -> tuple[list[Solid], Art | None]:
    rgb = PRODUCT_COLOURS[scene.colour]
    tones = _tones(scene, linear(rgb))
    solids, printed = list[Solid](), list[Mesh]()
    for index, part in enumerate(parts):
        if part.tone is Tone.ART:
            printed.append(part.mesh)
        else:
            solids.append(Solid(part.mesh, tones[part.tone], PRODUCT + index))
    if not printed:
        return solids, None
    picture = label_art(look, scene.product, rgb, rng)
    rough = 0.3 if scene.finish in ("gloss", "metal") else 0.65
    return solids, Art(meshes.joined(printed), picture, rough, PRODUCT + len(parts))


def _tones(scene: SetScene, body: Rgb) -> Mapping[Tone, Material]:
    """Every tone of the product, cap and label chosen to stand out from the body."""
    rough, metal = _FINISHES[scene.finish]
    lightness = sum(body) / 3
    cap = linear("#2C2C36") if lightness > 0.06 else linear("#C9A05A")
    cap_metal = 0.0 if lightness > 0.06 else 0.9
    if scene.product == "jar" and scene.colour not in ("yellow", "orange", "brown"):
        cap, cap_metal = linear("#D8AC5C"), 0.9
    sole = linear("#FAFAF8") if lightness < 0.75 else linear("#B8BAC2")
    return {
        Tone.BODY: Material(body, rough, metal),
        Tone.SHADE: Material(blend(body, (0.02, 0.02, 0.03), 0.45), rough, metal),
        Tone.CAP: Material(cap, 0.32, cap_metal),
        Tone.METAL: Material(linear("#D8DADF"), 0.22, 0.95),
        Tone.GOLD: Material(linear("#E6BE62"), 0.25, 0.95),
        Tone.LABEL: Material(linear("#FCF8F0") if lightness < 0.8 else linear("#E9B95A"), 0.6),
        Tone.SOLE: Material(sole, 0.7),
        Tone.COFFEE: Material(linear("#4A2E20"), 0.25),
    }


def _lamps(scene: SetScene, camera: Camera, wall_y: float) -> tuple[Lamp, Lamp]:
    """The key light on its side, and a weak rim light across from it."""
    half, radiance = _SOFT if scene.light.softness == "soft" else _HARD
    if scene.setting == "window":
        half, radiance = _WINDOW
    level = _LEVELS.get(scene.setting, _DAY)[0]
    tone = _TONES[scene.light.tone]
    target = (0.0, 0.2, 0.6)
    above = camera.at_depth(0.5, 0.0, wall_y)[1] + 0.5
    side = -1 if scene.light.side == "left" else 1
    if scene.light.side == "behind":
        side = 1 if scene.seed % 2 else -1
        place = (side * 1.6, min(wall_y - 0.3, 2.6), max(5.2, above + half))
        level *= 0.95
    else:
        place = (side * 4.3, -2.9, 4.7) if scene.setting != "window" else (side * 5.5, -4.3, 4.4)
    if scene.setting == "night":
        place = (place[0] * 0.8, max(place[1], -0.5), place[2])
    key = tuple(radiance * level * channel for channel in tone)
    rim_level = (7.0 if scene.setting == "night" else 2.4) * level
    rim = Lamp(
        (-side * 4.2, min(wall_y - 0.2, 1.6), max(3.6, above * 0.8 + 0.8)),
        (0.0, 0.0, 0.8),
        0.8,
        (rim_level, rim_level, rim_level * 1.06),
    )
    return Lamp(place, target, half, (key[0], key[1], key[2])), rim


def _sky(scene: SetScene, roles: Roles) -> np.ndarray:
    """Light from everywhere, tinted a little by the wall, with pale panels for metal to mirror."""
    level = _LEVELS.get(scene.setting, _DAY)[1]
    wall = np.array(colour(roles, "wall", 0))
    tint = 0.75 + 0.25 * wall / max(float(wall.mean()), 1e-3)
    tint = np.clip(tint, 0.5, 1.6) * np.array(_TONES[scene.light.tone]) ** 0.5
    if scene.light.side == "behind":
        level *= 1.35
    sky = np.ones((16, 32, 3), np.float32) * level * tint
    sky[:5] *= 1.35
    sky[9:] *= 0.6
    for column in (3, 11, 19, 27):
        sky[4:9, column : column + 3] += 1.5 * level
    return sky


def _gobo(scene: SetScene, rng: random.Random) -> list[Solid]:
    """What stands between the window's light and the wall: blinds, bars or leaves."""
    side = -1 if scene.light.side == "left" else 1
    dark = Material((0.02, 0.02, 0.02), 1.0)
    kind = rng.choice(("blinds", "bars", "leaves"))
    if kind == "blinds":
        gap = rng.uniform(0.2, 0.27)
        slats = [meshes.box(2.2, 0.02, gap * 0.5, 0.004).moved(z=1.4 + i * gap) for i in range(11)]
        screen = meshes.joined(slats)
    elif kind == "bars":
        upright = [
            meshes.box(0.1, 0.04, 2.6, 0.01).moved(x=x, z=1.4) for x in (-0.9, -0.3, 0.3, 0.9)
        ]
        across = [meshes.box(1.9, 0.04, 0.1, 0.01).moved(z=z) for z in (1.4, 2.0, 2.6, 3.2, 3.8)]
        screen = meshes.joined([*upright, *across])
    else:
        blades = list[Mesh]()
        for index in range(26):
            blade = meshes.blade(rng.uniform(0.6, 1.0), 0.2, 0.15).rolled(rng.uniform(-80, 80))
            blades.append(blade.moved(rng.uniform(-0.9, 0.9), 0, 1.6 + 0.07 * index))
        screen = meshes.joined(blades)
    return [Solid(screen.turned(side * 50).moved(side * 3.0, -2.2, 0), dark, NOTHING)]
