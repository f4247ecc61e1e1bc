"""Rendered sets on disk: shards of one look and one size, each a file that is whole or missing."""

import io
import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from house_model.sets.captions import caption, mirrored_caption
from house_model.sets.control import control_map
from house_model.sets.looks import NATURAL, look_names
from house_model.sets.renderer import FAST, Picture, release, render
from house_model.sets.scene import SIZE_ODDS, SetScene, sample_scene
from house_model.sets.stage import build
from house_model.training.folders import write_whole

log = logging.getLogger(__name__)

# The version of the renderer: pictures of different versions lie in different folders.
VERSION = "v7"
CAPTIONS = 4
# Every second shard has no brand's look; the brands share the rest.
_NATURAL_SHARE = 0.52
_LARGE_SCALE = 4
# One shard in so many is never trained on; the first few of them are rendered before all others.
_HELD_OUT = 20
_HELD_OUT_FIRST = 7


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """What is rendered: so many scenes to a shard, from the first shard to before the last.

    `bare_share` is how many of the sets with a product are rendered without it too, and
    `large_share` how many pictures have a twin of four times the width.
    """

    folder: Path
    first: int = 0
    last: int = 1000
    scenes: int = 16
    samples: int = 6
    bare_share: float = 0.3
    large_share: float = 0.01
    variant: str = FAST
    version: str = VERSION


@dataclass(frozen=True, slots=True)
class Record:
    """One picture of a shard: its factors, what it is called, and where its twins lie."""

    scene: dict[str, Any]
    captions: tuple[str, ...]
    bare: int | None
    large: int | None


@dataclass(frozen=True, slots=True, eq=False)
class SetShard:
    """Pictures of one size.

    beauty, bare: (N, height, width, 3) uint8; alpha: (N, height, width) uint8; depth: float16;
    normal: int8; lines: (N, height * width / 8) uint8, one bit a pixel; large: WebP files.
    """

    beauty: np.ndarray
    alpha: np.ndarray
    depth: np.ndarray
    normal: np.ndarray
    lines: np.ndarray
    bare: np.ndarray
    records: tuple[Record, ...]
    large: tuple[bytes, ...]


def render_shards(order: RenderOrder) -> None:
    """Render what is missing, one shard after the other; may be killed and started again."""
    folder = order.folder / order.version
    folder.mkdir(parents=True, exist_ok=True)
    missing = [i for i in range(order.first, order.last) if not _file(folder, i).exists()]
    held_out = [index for index in missing if is_held_out(_file(folder, index))][:_HELD_OUT_FIRST]
    missing = [*held_out, *(index for index in missing if index not in held_out)]
    log.info("%s: %d of %d shards are missing", folder, len(missing), order.last - order.first)
    started, pictures = time.monotonic(), 0
    for done, index in enumerate(missing, start=1):
        shard = render_shard(order, index)
        write_whole(_file(folder, index), packed(shard))
        release()
        pictures += len(shard.beauty) + len(shard.bare) + len(shard.large)
        elapsed = time.monotonic() - started
        log.info(
            "shard %d: %d pictures, %.2f pictures/s, %.0f minutes left",
            index, pictures, pictures / elapsed, elapsed / done * (len(missing) - done) / 60,
        )  # fmt: skip


def render_shard(order: RenderOrder, index: int) -> SetShard:
    """The shard of that number: the same factors for the same version and number."""
    rng = random.Random(f"{order.version}/{index}")
    look = NATURAL if rng.random() < _NATURAL_SHARE else rng.choice(look_names()[1:])
    size = rng.choices(list(SIZE_ODDS), weights=list(SIZE_ODDS.values()))[0]
    scenes = [sample_scene(rng, look=look, size=size) for _ in range(order.scenes)]
    return _rendered(order, scenes, rng)


def _rendered(order: RenderOrder, scenes: Sequence[SetScene], rng: random.Random) -> SetShard:
    pictures, records = list[Picture](), list[Record]()
    lines, bare, large = list[np.ndarray](), list[np.ndarray](), list[bytes]()
    for scene in scenes:
        shot, seed = build(scene), rng.getrandbits(31)
        picture = render(shot, samples=order.samples, seed=seed, variant=order.variant)
        has_bare = not scene.is_empty and rng.random() < order.bare_share
        has_large = rng.random() < order.large_share
        records.append(
            Record(
                scene=scene.values,
                captions=tuple(caption(scene, rng) for _ in range(CAPTIONS)),
                bare=len(bare) if has_bare else None,
                large=len(large) if has_large else None,
            )
        )
        pictures.append(picture)
        lines.append(np.packbits(control_map(scene, picture)))
        if has_bare:
            empty = shot.without_product()
            bare.append(
                render(empty, samples=order.samples, seed=seed, variant=order.variant).beauty
            )
        if has_large:
            big = build(scene, scale=_LARGE_SCALE)
            large.append(_webp(render(big, samples=6, seed=seed, variant=order.variant).beauty))
    shape = pictures[0].beauty.shape
    return SetShard(
        beauty=np.stack([picture.beauty for picture in pictures]),
        alpha=np.stack([picture.alpha for picture in pictures]),
        depth=np.stack([picture.depth for picture in pictures]),
        normal=np.stack([picture.normal for picture in pictures]),
        lines=np.stack(lines),
        bare=np.stack(bare) if bare else np.zeros((0, *shape), np.uint8),
        records=tuple(records),
        large=tuple(large),
    )


_ARRAYS = ("beauty", "alpha", "depth", "normal", "lines", "bare")


def packed(shard: SetShard) -> bytes:
    """The shard as one compressed file."""
    records = [
        {"scene": r.scene, "captions": r.captions, "bare": r.bare, "large": r.large}
        for r in shard.records
    ]
    content = io.BytesIO()
    arrays = {name: getattr(shard, name) for name in _ARRAYS}
    arrays |= {f"large{i}": np.frombuffer(webp, np.uint8) for i, webp in enumerate(shard.large)}
    text = np.frombuffer(json.dumps(records).encode(), np.uint8)
    np.savez_compressed(content, records=text, **arrays)
    return content.getvalue()


def read_shard(file: Path) -> SetShard:
    """Read a shard back."""
    with np.load(file) as stored:
        values = json.loads(stored["records"].tobytes())
        records = tuple(
            Record(v["scene"], tuple(v["captions"]), v["bare"], v["large"]) for v in values
        )
        count = sum(record.large is not None for record in records)
        large = tuple(stored[f"large{i}"].tobytes() for i in range(count))
        return SetShard(**{name: stored[name] for name in _ARRAYS}, records=records, large=large)


def shard_files(folder: Path) -> list[Path]:
    """All shards of every version below the folder, in order."""
    return sorted(folder.glob("v*/shard-*.npz"))


def is_held_out(file: Path) -> bool:
    """Whether a shard is for measuring alone."""
    return int(file.stem.rsplit("-", 1)[-1]) % _HELD_OUT == _HELD_OUT - 1


def mirrored(picture: np.ndarray) -> np.ndarray:
    """The mirrored twin of an array whose second axis is the width."""
    return np.ascontiguousarray(picture[:, ::-1])


def mirrored_words(captions: Sequence[str]) -> Iterator[str]:
    """What the captions say of the mirrored twin."""
    return (mirrored_caption(text) for text in captions)


def _file(folder: Path, index: int) -> Path:
    return folder / f"shard-{index:05d}.npz"


def _webp(picture: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "WEBP", quality=95, method=2)
    return content.getvalue()
