"""What must be true of a studio after any number of deaths, and how often it is not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
from sqlalchemy import func, select

from brandstudio.domain.lease import MAX_DEATHS
from brandstudio.domain.run import RunStatus
from brandstudio.services.operations import decision_chain, upkeep
from brandstudio.services.operations.store_listing import take_stock
from brandstudio.services.studio import Studio
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.runs import RunRow, VariantRow
from brandstudio.storage.work.leases import STOPPED_THRICE
from campaigns.faults.crowd import Memory
from tests.small_studio import Image, Parts

ROUNDING = 1
"""Levels of 255 by which an image may differ that was drawn in a batch of another size."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The images that must have come out, the studio that drew them undisturbed, and its parts."""

    images: dict[str, Image]
    studio: Studio
    parts: Parts
    batch_size: int


def after_start_up(studio: Studio) -> Counter[str]:
    """Start as after a crash, with no grace, and count what is left that should not be."""
    later = replace(studio, now=lambda: datetime.now(UTC) + timedelta(hours=2))
    swept = upkeep.at_start(later, grace=timedelta(0))
    stock = take_stock(later)
    parts = list((studio.settings.data_dir / "blobs").glob("*.part"))
    return Counter(
        swept_parts=swept.parts_removed,
        swept_orphans=swept.orphans_removed,
        orphans=len(stock.orphans),
        parts=len(parts),
        missing_files=len(stock.lost),
    )


def of_database(studio: Studio) -> Counter[str]:
    """Pages and references of a SQLite file, and what `of_log` counts."""
    with studio.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return Counter(unsound=int(pages != ["ok"]) + len(strays)) + of_log(studio)


def of_log(studio: Studio) -> Counter[str]:
    """The chain of decisions, and what is derived from it."""
    return Counter(
        chain_faults=int(decision_chain.verify(studio).fault is not None),
        drifted=len(list(decision_chain.drift(studio))),
    )


def of_promises(studio: Studio, memory: Memory) -> Counter[str]:
    """Whether everything that was answered is there, and nothing twice."""
    with studio.database.reading() as session:
        keys = {row.idempotency_key: row.id for row in session.scalars(select(RunRow))}
        runs = session.scalar(select(func.count()).select_from(RunRow)) or 0
        said = {
            row.request_id: (row.variant_id, row.expected_version + 1, row.verdict.value)
            for row in session.execute(
                select(
                    DecisionRow.request_id,
                    DecisionRow.variant_id,
                    DecisionRow.expected_version,
                    DecisionRow.verdict,
                )
            )
        }
    told = {request: tuple(rest) for request, *rest in memory.decided}
    return Counter(
        lost_runs=sum(keys.get(key) != run for key, run in memory.runs.items()),
        doubled_runs=runs - len(memory.runs),
        lost_decisions=sum(said.get(request) != rest for request, rest in told.items()),
        # Everybody asked until there was an answer: nothing may be there that nobody was told of.
        untold_decisions=len(said.keys() - told.keys()),
        refused_but_stored=sum(request in said for request, _ in memory.refused),
    )


def of_variants(studio: Studio, expected: Expected, per_run: int) -> Counter[str]:
    """Whether every variant is there once, with the image it has without any death."""
    with studio.database.reading() as session:
        rows = session.execute(
            select(
                VariantRow.run_id,
                VariantRow.index,
                VariantRow.status,
                VariantRow.fingerprint,
                VariantRow.sha256,
                VariantRow.enlarged,
                VariantRow.rank,
            )
        ).all()
        runs = session.scalars(select(RunRow.id)).all()
        unfinished = session.scalar(
            select(func.count()).select_from(RunRow).where(RunRow.status != RunStatus.SUCCEEDED)
        )
    found = Counter((row.run_id, row.index) for row in rows)
    wanted = {(run, index) for run in runs for index in range(per_run)}
    drawn = [row for row in rows if row.status is RunStatus.SUCCEEDED]
    images = Counter[str]()
    for row in drawn:
        copy = row.enlarged and row.enlarged["sha256"]
        images += _compared(studio, expected, expected.images[row.fingerprint], row.sha256, copy)
    return Counter(
        runs=len(runs),
        variants=len(rows),
        unfinished_runs=unfinished or 0,
        missing_variants=len(wanted - found.keys()) + len(rows) - len(drawn),
        doubled_variants=sum(found.values()) - len(found),
        unranked=sum(row.rank is None for row in drawn),
        **images,
    )


def unexplained(failures: Iterable[tuple[int, str]], held: Iterable[tuple[int, str]]) -> int:
    """How many failures of runs have no cause in the deaths of those who held something of them.

    A run fails once three workers died with the same piece of it: that is meant. `failures` names
    run and kind, `held` the run and the piece that one dead worker held, once for each death.
    """
    deaths = Counter(held)
    meant: Counter[int] = Counter()
    for (run, _), count in deaths.items():
        meant[run] += count // MAX_DEATHS
    failed = Counter(run for run, kind in failures if kind == STOPPED_THRICE.kind)
    others = sum(kind != STOPPED_THRICE.kind for _, kind in failures)
    return others + sum(max(0, count - meant[run]) for run, count in failed.items())


def _compared(
    studio: Studio, expected: Expected, wanted: Image, sha256: str | None, upscaled: str | None
) -> Counter[str]:
    """How many of a variant's two files are equal, and how the others are not."""
    missing = sum(not (name and studio.blobs.verify(name, "png")) for name in (sha256, upscaled))
    if missing or sha256 is None or upscaled is None:
        return Counter(missing_files=missing)
    equal = (sha256 == wanted.sha256) + (upscaled == wanted.upscaled)
    rounded = expected.batch_size > 1 and _is_rounded(studio, expected, wanted, sha256, upscaled)
    return Counter(
        {"equal_files": equal, "rounded_files" if rounded else "unequal_files": 2 - equal}
    )


def _is_rounded(
    studio: Studio, expected: Expected, wanted: Image, sha256: str, upscaled: str
) -> bool:
    """Whether the image differs by no more than rounding, and the upscaled copy is its own."""
    pixels = _pixels(studio, sha256)
    apart = np.abs(pixels - _pixels(expected.studio, wanted.sha256)).max()
    upscaler = studio.base_model.upscaler
    if apart > ROUNDING or upscaler is None:
        return False
    image = PIL.Image.fromarray(pixels.astype(np.uint8))
    own = np.asarray(expected.parts.upscaler.upscale(upscaler, image), dtype=np.int16)
    return bool((own == _pixels(studio, upscaled)).all())


def _pixels(studio: Studio, sha256: str) -> np.ndarray[Any, np.dtype[np.int16]]:
    with PIL.Image.open(BytesIO(studio.blobs.get(sha256, "png")), formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)
