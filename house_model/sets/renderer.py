"""Shots to pixels, by Mitsuba 3 and Open Image Denoise.

Every shot is three meshes, two lamps and a sky, whatever it shows: colours and finishes are
attributes of the vertices. So Mitsuba compiles its kernel once and keeps it for all shots.
"""

import ctypes.util
import gc
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from brandstudio.errors import StudioError
from house_model.sets import meshes
from house_model.sets.camera import Camera
from house_model.sets.meshes import Mesh
from house_model.sets.solids import (
    NOTHING,
    PODIUM,
    PRODUCT,
    Art,
    Lamp,
    Material,
    Shot,
    Solid,
)

log = logging.getLogger(__name__)

FAST, SLOW = "llvm_ad_rgb", "scalar_rgb"
_DEPTH = 5
# From this roughness on a surface is taken as perfectly matt.
_MATT = 0.8
# Rays to a side of a pixel of the part map, from which the product's alpha follows.
_SUB = 3
_LIBRARY = "DRJIT_LIBLLVM_PATH"
# Versions that know today's processors; older ones fail with "Cannot select".
_LLVM = ("20", "19", "18")


class RendererError(StudioError):
    """Mitsuba or what it needs is missing."""

    hint = "Install them with: pip install 'brandstudio[house-model]' and apt-get install libllvm19"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a camera sees.

    beauty: (height, width, 3) uint8 sRGB; alpha: (height, width) uint8, the product;
    depth: (height, width) float16 from the camera; normal: (height, width, 3) int8;
    parts: (height, width) int16, the part at each pixel's middle.
    """

    beauty: np.ndarray
    alpha: np.ndarray
    depth: np.ndarray
    normal: np.ndarray
    parts: np.ndarray


def engine(variant: str = FAST, threads: int = 2) -> ModuleType:
    """Mitsuba, ready to render. Raises RendererError where it or LLVM is missing."""
    if variant == FAST:
        os.environ.setdefault(_LIBRARY, str(llvm_library()))
    mi = _modules()
    if mi.variant() != variant:
        mi.set_variant(variant)
        mi.set_log_level(mi.LogLevel.Error)
        _limit(threads)
    return mi


@cache
def _modules() -> ModuleType:
    try:
        import mitsuba as mi  # noqa: PLC0415
        import pyoidn  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport] - is it there?
    except ImportError as error:
        raise RendererError(f"The renderer is not installed: {error}") from error
    return mi


def _limit(threads: int) -> None:
    import drjit  # noqa: PLC0415

    drjit.set_thread_count(threads)


def llvm_library() -> Path:
    """The LLVM that Mitsuba compiles with; the variable DRJIT_LIBLLVM_PATH chooses another."""
    chosen = os.environ.get(_LIBRARY)
    if chosen:
        return Path(chosen)
    for version in _LLVM:
        found = ctypes.util.find_library(f"LLVM-{version}")
        for folder in Path("/usr/lib").glob("*-linux-gnu"):
            for name in (found, f"libLLVM-{version}.so", f"libLLVM.so.{version}.1"):
                if name and (folder / name).exists():
                    return folder / name
    raise RendererError(
        "LLVM 19 is missing: apt-get install libllvm19 (or render slowly with --variant scalar_rgb)"
    )


def render(shot: Shot, *, samples: int, seed: int, variant: str = FAST) -> Picture:
    """Take the picture; equal shots, samples and seeds give equal pictures."""
    mi = engine(variant)
    layers = np.array(mi.render(_opaque(mi, _scene(mi, shot)), spp=samples, seed=seed))
    layers = _filled(layers.astype(np.float32))
    colour, albedo, normal = (
        np.ascontiguousarray(layers[..., a:b]) for a, b in ((0, 3), (-7, -4), (-4, -1))
    )
    faces = _face_map(mi, shot, seed)
    colour = _denoised(colour, albedo, normal) + _glow(shot, faces)
    parts = _part_numbers(shot)[faces]
    return Picture(
        beauty=developed(colour),
        alpha=_alpha(parts),
        depth=layers[..., -1].clip(0, 1000).astype(np.float16),
        normal=(normal.clip(-1, 1) * 127).round().astype(np.int8),
        parts=parts[_SUB // 2 :: _SUB, _SUB // 2 :: _SUB],
    )


def beauty(shot: Shot, *, samples: int, seed: int, variant: str = FAST) -> np.ndarray:
    """The picture alone: (height, width, 3) uint8."""
    return render(shot, samples=samples, seed=seed, variant=variant).beauty


def developed(colour: np.ndarray) -> np.ndarray:
    """Linear light → uint8 sRGB; highlights roll off instead of clipping."""
    knee = 0.72
    over = np.maximum(colour - knee, 0)
    colour = np.where(colour > knee, knee + (1 - knee) * over / (over + 1 - knee), colour)
    colour = colour.clip(0, 1)
    srgb = np.where(colour <= 0.0031308, colour * 12.92, 1.055 * colour ** (1 / 2.4) - 0.055)
    return (srgb * 255 + 0.5).astype(np.uint8)


def release() -> None:
    """Give memory back that Dr.Jit keeps for shots of other sizes; without it hours fill it up."""
    import drjit  # noqa: PLC0415

    gc.collect()
    drjit.flush_malloc_cache()


def _scene(mi: ModuleType, shot: Shot) -> Any:
    art = shot.art or _no_art()
    return mi.load_dict(
        {
            "type": "scene",
            "integrator": {
                "type": "aov",
                "aovs": "albedo:albedo,normal:sh_normal,depth:depth",
                "path": {"type": "path", "max_depth": _DEPTH},
            },
            "camera": _sensor(mi, shot.camera, shot.focus, shot.aperture),
            **_solid_meshes(mi, shot),
            "art": _art_mesh(mi, art),
            "key": _lamp(mi, shot.lamps[0]),
            "rim": _lamp(mi, shot.lamps[1]),
            "sky": {
                "type": "envmap",
                "bitmap": mi.Bitmap(shot.sky.astype(np.float32)),
                "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
            },
        }
    )


def _filled(layers: np.ndarray) -> np.ndarray:
    """Pixels that are no number, as a ray along an edge gives, take their neighbours' mean."""
    holes = np.logical_not(np.isfinite(layers).all(axis=-1))
    for y, x in np.argwhere(holes):
        rows = slice(max(y - 1, 0), y + 2), slice(max(x - 1, 0), x + 2)
        around = layers[rows][~holes[rows]]
        layers[y, x] = around.mean(0) if len(around) else 0
    return layers


def _opaque(mi: ModuleType, scene: Any) -> Any:
    """The scene with its numbers in memory instead of in the kernel, which then serves the next."""
    import drjit  # noqa: PLC0415

    values = mi.traverse(scene)
    for name in list(values.keys()):
        value = values[name]
        if drjit.is_jit_v(value):
            drjit.make_opaque(value)
            values[name] = value
    values.update()
    return scene


def _no_art() -> Art:
    """A speck far below the floor: a shot without art compiles to the same kernel as others."""
    speck = Mesh(np.array([[0, 0, -50.0], [0.01, 0, -50], [0, 0.01, -50]]), np.array([[0, 1, 2]]))
    speck = replace(speck, uv=np.zeros((3, 2)))
    return Art(speck, np.zeros((8, 8, 3), np.uint8), 0.5, NOTHING)


def _sensor(mi: ModuleType, camera: Camera, focus: float, aperture: float) -> dict[str, Any]:
    target = camera.place + camera.forward
    return {
        "type": "thinlens",
        "fov": camera.fov_degrees,
        "fov_axis": "y",
        "aperture_radius": aperture,
        "focus_distance": focus,
        "to_world": mi.ScalarTransform4f().look_at(list(camera.place), list(target), [0, 0, 1]),
        "film": _film(camera.width_px, camera.height_px),
        "sampler": {"type": "multijitter"},
    }


def _film(width_px: int, height_px: int) -> dict[str, Any]:
    return {
        "type": "hdrfilm",
        "width": width_px,
        "height": height_px,
        "pixel_format": "rgb",
        "rfilter": {"type": "box"},
    }


def _solid_meshes(mi: ModuleType, shot: Shot) -> dict[str, Any]:
    """All solids as two meshes: what is matt, and what mirrors a little; most rays need the first.

    Colours and finishes are attributes of the vertices.
    """
    matt = [solid for solid in shot.solids if _is_matt(solid)]
    rest = [solid for solid in shot.solids if not _is_matt(solid)]
    colour = {"type": "mesh_attribute", "name": "vertex_colour"}
    finish = {
        name: {"type": "mesh_attribute", "name": f"vertex_{name}"} for name in ("rough", "metal")
    }
    diffuse = {"type": "twosided", "surface": {"type": "diffuse", "reflectance": colour}}
    return {
        "matt": _attributed(mi, matt, diffuse),
        "glossy": _attributed(mi, rest, _principled(colour, finish["rough"], finish["metal"])),
    }


def _is_matt(solid: Solid) -> bool:
    return solid.material.rough >= _MATT and not solid.material.metal


def _attributed(mi: ModuleType, solids: Sequence[Solid], bsdf: dict[str, Any]) -> Any:
    """Solids as one mesh; a speck stands in where there are none."""
    chosen = solids or [Solid(_no_art().mesh, Material((0.5, 0.5, 0.5)))]
    columns: dict[str, list[np.ndarray]] = {"colour": [], "rough": [], "metal": []}
    for solid in chosen:
        count, material = len(solid.mesh.vertices), solid.material
        tint = solid.mesh.tint
        columns["colour"].append(np.tile(material.colour, (count, 1)) if tint is None else tint)
        columns["rough"].append(np.full((count, 1), material.rough))
        columns["metal"].append(np.full((count, 1), material.metal))
    mesh = _mesh(mi, meshes.joined([replace(solid.mesh, uv=None) for solid in chosen]), bsdf)
    for name, values in columns.items():
        stacked = np.concatenate(values).astype(np.float32)
        mesh.add_attribute(f"vertex_{name}", stacked.shape[1], stacked.ravel())
    return mesh


def _art_mesh(mi: ModuleType, art: Art) -> Any:
    picture = {
        "type": "bitmap",
        "bitmap": mi.Bitmap(np.ascontiguousarray(art.picture)),
        "filter_type": "bilinear",
        "wrap_mode": "clamp",
    }
    rough = {"type": "mesh_attribute", "name": "vertex_rough"}
    mesh = _mesh(mi, art.mesh, _principled(picture, rough, 0.0))
    mesh.add_attribute("vertex_rough", 1, np.full(len(art.mesh.vertices), art.rough, np.float32))
    return mesh


def _principled(colour: Any, rough: Any, metal: Any) -> dict[str, Any]:
    return {
        "type": "twosided",
        "surface": {
            "type": "principled",
            "base_color": colour,
            "roughness": rough,
            "metallic": metal,
            "specular": 0.45,
        },
    }


def _mesh(
    mi: ModuleType, mesh: Mesh, bsdf: dict[str, Any], emitter: dict[str, Any] | None = None
) -> Any:
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(bsdf)
    if emitter:
        properties["emitter"] = mi.load_dict(emitter)
    made = mi.Mesh(
        "mesh",
        len(mesh.vertices),
        len(mesh.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=mesh.uv is not None,
        props=properties,
    )
    values = mi.traverse(made)
    values["vertex_positions"] = mesh.vertices.astype(np.float32).ravel()
    values["vertex_normals"] = meshes.normals(mesh).astype(np.float32).ravel()
    values["faces"] = mesh.faces.astype(np.uint32).ravel()
    if mesh.uv is not None:
        values["vertex_texcoords"] = mesh.uv.astype(np.float32).ravel()
    values.update()
    return made


def _lamp(mi: ModuleType, lamp: Lamp) -> Any:
    """The lamp as a mesh: a rectangle's area would be a number in the kernel."""
    place, target = np.array(lamp.place), np.array(lamp.target)
    ahead = (target - place) / np.linalg.norm(target - place)
    across = np.cross(ahead, (0, 0.01, 1))
    across /= np.linalg.norm(across)
    up = np.cross(across, ahead)
    corners = [place + lamp.half * (a * across + b * up) for a, b in _CORNERS]
    light = {"type": "area", "radiance": {"type": "rgb", "value": list(lamp.radiance)}}
    return _mesh(mi, Mesh(np.array(corners), _LAMP_FACES), {"type": "diffuse"}, light)


_CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
_LAMP_FACES = np.array([[0, 2, 1], [0, 3, 2]])


def _face_map(mi: ModuleType, shot: Shot, seed: int) -> np.ndarray:
    """Which face each of _SUB x _SUB rays a pixel meets first, without any blur: int32.

    Faces of the solids count from 1, those of the art follow on; 0 is the sky.
    """
    camera, art = shot.camera, shot.art or _no_art()
    bare = [Mesh(solid.mesh.vertices, solid.mesh.faces) for solid in shot.solids]
    whole = meshes.joined([*bare, Mesh(art.mesh.vertices, art.mesh.faces)])
    sensor = _sensor(mi, camera, shot.focus, 1e-4)
    sensor["sampler"] = {"type": "stratified", "jitter": False}
    sensor["film"] = _film(camera.width_px * _SUB, camera.height_px * _SUB)
    scene = {
        "type": "scene",
        "integrator": {"type": "aov", "aovs": "face:prim_index,depth:depth"},
        "camera": sensor,
        "mesh": _mesh(mi, whole, {"type": "diffuse"}),
    }
    layers = np.array(mi.render(mi.load_dict(scene), spp=1, seed=seed))
    return np.where(layers[..., -1] > 0, layers[..., -2].astype(np.int32) + 1, 0)


def _part_numbers(shot: Shot) -> np.ndarray:
    """The part of every face of the face map; its first is none."""
    parts = [np.array([NOTHING])]
    parts += [np.full(len(solid.mesh.faces), solid.part) for solid in shot.solids]
    art = shot.art or _no_art()
    return np.concatenate([*parts, np.full(len(art.mesh.faces), art.part)]).astype(np.int16)


def _glow(shot: Shot, faces: np.ndarray) -> np.ndarray:
    """(height, width, 3) light that surfaces give of themselves, with a soft bloom around them."""
    rows = [np.zeros((1, 3))]
    for solid in shot.solids:
        light = np.array(solid.material.colour) * solid.material.glow
        rows.append(np.tile(light, (len(solid.mesh.faces), 1)))
    art = shot.art or _no_art()
    table = np.concatenate([*rows, np.zeros((len(art.mesh.faces), 3))]).astype(np.float32)
    if not table.any():
        return np.zeros((shot.camera.height_px, shot.camera.width_px, 3), np.float32)
    light = _pooled(table[faces])
    scale = shot.camera.height_px / 256
    halo = _blurred(light, 7 * scale) * shot.bloom
    return _blurred(light, 0.7 * scale) + halo


def _pooled(values: np.ndarray) -> np.ndarray:
    """The mean over the rays of each pixel."""
    height, width = values.shape[0] // _SUB, values.shape[1] // _SUB
    return values.reshape(height, _SUB, width, _SUB, *values.shape[2:]).mean((1, 3))


def _alpha(parts: np.ndarray) -> np.ndarray:
    is_product = (parts >= PRODUCT) & (parts < PODIUM)
    return (_pooled(is_product.astype(np.float32)) * 255).round().astype(np.uint8)


def _blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur along both axes."""
    reach = max(1, round(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        pad = [(reach, reach) if a == axis else (0, 0) for a in range(3)]
        padded = np.pad(values, pad, mode="edge")
        size = values.shape[axis]
        shifted = [np.take(padded, range(i, i + size), axis=axis) for i in range(len(weights))]
        values = np.tensordot(weights, np.stack(shifted), axes=1)
    return values.astype(np.float32)


def _denoised(colour: np.ndarray, albedo: np.ndarray, normal: np.ndarray) -> np.ndarray:
    import pyoidn  # noqa: PLC0415

    return pyoidn.denoise(colour, albedo=albedo.clip(0, 1), normal=normal, hdr=True)
