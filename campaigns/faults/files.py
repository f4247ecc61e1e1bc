"""kill -9 at random and named points of a process that stores files and commits their rows.

After each kill the studio starts, with no grace, and must find: every acknowledged row, every row's
file whole, no orphan, no part, a sound database.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from brandstudio.services.operations import upkeep
from brandstudio.services.operations.store_listing import take_stock
from brandstudio.services.people.users import operator
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import Settings
from brandstudio.storage import packs
from brandstudio.storage.blobs import LocalBlobs
from brandstudio.storage.engine.database import open_database
from brandstudio.storage.packs import NewPack
from campaigns.faults.fuses import Fuse, FusedDisk
from campaigns.report import Options

DEFAULT = 1000
POINTS = (
    "make_folder", "create", "write", "half written", "sync", "rename", "sync_folder", "touch",
    "remove", "before the row", "in the transaction", "after the commit",
)  # fmt: skip
"""Where the process ends by itself; at every second kill it is ended from outside instead."""


def measure(options: Options) -> dict[str, object]:
    """Kill so often; figures of what was lost (nothing), and where it was killed."""
    dice, tally, killed_at = Random(options.seed), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        studio = build_studio(Settings(data_dir=Path(folder) / "data"))
        maker = operator(studio).id
        known, verified = set[str](), set[str]()
        for number in range(options.count or DEFAULT):
            point = dice.choice(POINTS) if number % 2 else "from outside"
            acknowledged = _one_life(studio, maker, point, dice)
            tally.update(_after(studio, acknowledged, verified))
            known |= acknowledged
            killed_at[point] += 1
        tally["missing"] += len(known - _rows(studio))
        studio.database.close()
    return {
        "kills": sum(killed_at.values()),
        "acknowledged": len(known),
        **{name: tally[name] for name in ("missing", "corrupt", "orphans", "parts", "unsound")},
        "swept_orphans": tally["swept_orphans"],
        "swept_parts": tally["swept_parts"],
        "killed_at": dict(sorted(killed_at.items())),
    }


def _one_life(studio: Studio, maker: int, point: str, dice: Random) -> set[str]:
    """Fork a process that stores until it dies; returns what it said was stored."""
    studio.database.close()  # no connection may be shared over a fork
    seed, life_s, skip = dice.getrandbits(32), dice.uniform(0.005, 0.08), dice.randrange(4)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _store(studio, maker, Fuse(point, skip), Random(seed), writer)
        finally:
            os._exit(1)
    os.close(writer)
    if point == "from outside":
        time.sleep(life_s)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reader) as said:
        acknowledged = said.read().split("\n")[:-1]
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise RuntimeError(f"the process did not live until '{point}'")
    return set(acknowledged)


def _store(studio: Studio, maker: int, fuse: Fuse, dice: Random, writer: int) -> None:
    """Put and commit until killed: new bytes, bytes of the same again, and adopted files."""
    database = open_database(studio.settings.database)
    blobs = LocalBlobs(studio.settings.data_dir / "blobs", disk=FusedDisk(fuse=fuse))
    content = b""
    while True:
        if not content or dice.random() < 0.7:
            content = dice.randbytes(dice.randrange(1, 16_000))
        sha256 = _adopted(blobs, content) if dice.random() < 0.3 else blobs.put(content, "zip")
        fuse.at("before the row")
        with database.writing() as session:
            packs.add(session, _pack(maker, sha256, studio.now()))
            fuse.at("in the transaction")
        fuse.at("after the commit")
        os.write(writer, f"{sha256}\n".encode())


def _adopted(blobs: LocalBlobs, content: bytes) -> str:
    with blobs.incoming("zip") as part:
        part.write_bytes(content)
        return blobs.adopt(part, "zip")


def _after(studio: Studio, acknowledged: set[str], verified: set[str]) -> dict[str, int]:
    """Start up as after a crash, and count what is not as it must be; adds to `verified`."""
    now = replace(studio, now=lambda: datetime.now(UTC) + timedelta(hours=2))
    with _quietly():
        report = upkeep.at_start(now, grace=timedelta(0))
    stock = take_stock(now)
    parts = list((studio.settings.data_dir / "blobs").glob("*.part"))
    rows = _rows(studio)
    corrupt = [name for name in rows - verified if not studio.blobs.verify(name, "zip")]
    verified |= rows
    return {
        "missing": len(acknowledged - rows) + len(stock.lost),
        "corrupt": len(corrupt),
        "orphans": len(stock.orphans),
        "parts": len(parts),
        "unsound": int(not _is_sound(studio)),
        "swept_orphans": report.orphans_removed,
        "swept_parts": report.parts_removed,
    }


def _rows(studio: Studio) -> set[str]:
    with studio.database.reading() as session:
        return {pack.sha256 for pack in packs.recent(session, 10_000_000, None)}


def _is_sound(studio: Studio) -> bool:
    with studio.database.engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def _pack(maker: int, sha256: str, at: datetime) -> NewPack:
    return NewPack(
        creator_id=maker,
        creator="operator",
        name="a pack",
        brand="voltra",
        created_at=at,
        variant_ids=(),
        placements=(),
        file_name="a.zip",
        sha256=sha256,
        size_bytes=1,
        rendition_count=0,
        problems=(),
    )


@contextmanager
def _quietly() -> Generator[None]:
    upkeep.log.disabled = True
    try:
        yield
    finally:
        upkeep.log.disabled = False


if __name__ == "__main__":
    # For the test suite: a few kills, and nothing is written into the results.
    json.dump(measure(Options.of(count=int(sys.argv[1]), seed=int(sys.argv[2]))), sys.stdout)
