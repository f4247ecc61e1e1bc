"""What it costs that a power cut takes nothing: the full protocol against a plain write."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median, quantiles

from brandstudio.storage.blobs import LocalBlobs
from campaigns.report import RESULT, Options

DEFAULT = 80
SIZES = {"256_px": 110_000, "1024_px": 2_200_000}
"""Bytes of a PNG as the house model and as a big model draw it."""
MAIN_JOB = RESULT.with_name("main-job.json")


def measure(options: Options) -> dict[str, object]:
    """Both ways turn about, so that a busy machine is equally busy for both."""
    count, dice = options.count or DEFAULT, Random(options.seed)
    drawing_ms = _drawing_ms()
    figures: dict[str, object] = {"images": count, "drawing_ms": drawing_ms}
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        for name, size in SIZES.items():
            place = Path(folder) / name
            place.mkdir()
            figures[name] = _compared(place, size, count, dice, drawing_ms)
    return figures


def _compared(
    folder: Path, size: int, count: int, dice: Random, drawing_ms: float
) -> dict[str, float]:
    blobs = LocalBlobs(folder / "blobs")
    plain: list[float] = []
    full: list[float] = []
    for number in range(count):
        content = dice.randbytes(size)
        file = folder / f"{number}.png"
        plain.append(_timed_ms(lambda file=file, content=content: file.write_bytes(content)))
        full.append(_timed_ms(lambda content=content: blobs.put(content, "png")))
    extra = median(full) - median(plain)
    return {
        "plain_p50_ms": round(median(plain), 2),
        "plain_p95_ms": round(quantiles(plain, n=20)[-1], 2),
        "full_p50_ms": round(median(full), 2),
        "full_p95_ms": round(quantiles(full, n=20)[-1], 2),
        "extra_p50_ms": round(extra, 2),
        "extra_percent_of_drawing": round(100 * extra / drawing_ms, 2),
    }


def _drawing_ms() -> float:
    """One image of the main job on this machine, from `make bench`."""
    return json.loads(MAIN_JOB.read_text())["run_of_8_s"] / 8 * 1000


def _timed_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
