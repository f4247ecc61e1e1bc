"""A studio that lives through many deaths: its processes, its people, the look at its end."""

import os
import signal
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import uvicorn

from brandstudio.domain.people import ALL_SCOPES, EVERY_BRAND, Role
from brandstudio.services.people import tokens, users
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, work
from brandstudio.services.work.workers import present, worker_name
from brandstudio.storage.blobs import LocalBlobs
from brandstudio.web.server import without_pages
from campaigns.faults import lives, soundness
from campaigns.faults.crowd import Crowd, Memory
from campaigns.faults.fuses import (
    Fuse,
    FusedApp,
    FusedDisk,
    FusedGenerator,
    FusedScorer,
    FusedUpscaler,
    fuse_database,
)
from campaigns.faults.lives import Fate, Life
from campaigns.faults.soundness import Expected
from tests import small_studio
from tests.small_studio import Parts

POINTS: dict[str, tuple[str, ...]] = {
    "worker": (
        "step", "drawn", "make_folder", "create", "write", "half written", "sync", "rename",
        "sync_folder", "touch", "upscaling", "in the transaction", "after the commit", "scoring",
        "scored",
    ),
    "web": (
        "asked", "row of runs", "row of variants", "row of decisions", "in the transaction",
        "after the commit", "head of the answer", "body of the answer", "answered",
    ),
}  # fmt: skip

WORKERS = 2
_SEEDS = tuple(range(0, 240, 10))
_END_S = 180.0


@dataclass
class Stage:
    """What all epochs share: the loaded model and the images it draws when nothing happens."""

    folder: Path
    parts: Parts = field(init=False)
    _expected: dict[int, Expected] = field(default_factory=dict[int, Expected])

    def __post_init__(self) -> None:
        studio = small_studio.small_studio(self.folder / "first")
        self.parts = small_studio.loaded(studio)
        studio.database.close()
        self.expected(1, [_SEEDS[0]])  # loads every weight, for all who are forked from here

    def expected(self, batch_size: int, seeds: list[int]) -> Expected:
        """The undisturbed images of these seeds, drawn now unless they were before."""
        folder = self.folder / f"undisturbed-{batch_size}"
        if batch_size not in self._expected:
            studio = small_studio.small_studio(folder, batch_size=batch_size)
            self._expected[batch_size] = Expected({}, studio, self.parts, batch_size)
        known = self._expected[batch_size]
        known.images.update(small_studio.undisturbed(known.studio, self.parts, seeds))
        known.studio.database.close()
        return known


@dataclass
class Epoch:
    """One studio from its first day until everything that was asked for is there."""

    stage: Stage
    number: int
    batch_size: int
    dice: Random
    studio: Studio = field(init=False)
    died: Counter[str] = field(default_factory=Counter[str])
    tally: Counter[str] = field(default_factory=Counter[str])
    held: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    taken_over_s: list[float] = field(default_factory=list[float])
    _all: list[Life] = field(default_factory=list[Life])
    _left: dict[str, int] = field(default_factory=dict[str, int])
    _pending: dict[str, float] = field(default_factory=dict[str, float])

    def lived(self, kills: int) -> "Epoch":
        """Live through so many deaths, half of them the server's, and count what is wrong."""
        folder = self.stage.folder / f"epoch-{self.number}"
        self.studio = small_studio.small_studio(folder, batch_size=self.batch_size)
        tokens = _people(self.studio)
        self.studio.database.close()
        self._left = {"web": kills // 2, "worker": kills - kills // 2}
        self._port, told = _free_port(), folder / "told.json"
        crowd = Crowd(self._port, _SEEDS, Random(self.dice.getrandbits(32)))
        people = self._started("crowd", Fate(), lambda _fuse: crowd.work(tokens, told))
        try:
            self._begin()
            self._until(lambda: sum(self.died.values()) >= kills)
            os.kill(people.pid, signal.SIGTERM)
            self._until(lambda: people not in self._all)
        finally:
            for life in self._all:
                life.kill()
                lives.bury(life)
        self._check(Memory.read(told))
        return self

    def _begin(self) -> None:
        """Let the first decisions come in peace, so that there is something to lose; then kill."""
        left, self._left = self._left, dict.fromkeys(self._left, 0)
        for kind in ("web", *["worker"] * WORKERS):
            self._replace(kind)
        self._until(lambda: self._asked("SELECT count(*) FROM decisions")[0][0] > 0)
        self._left = left
        for life in [one for one in self._all if one.kind in left and left[one.kind] > 0]:
            self._left[life.kind] -= 1
            life.kill()

    def _until(self, happened: Callable[[], bool]) -> None:
        """Let processes die and be replaced until then."""
        quiet_since_s = time.monotonic()
        while not happened():
            life = lives.next_death(self._all, patience_s=0.05 if self._pending else 0.5)
            self._look_for_takeovers()
            if life is not None:
                quiet_since_s = time.monotonic()
                self._mourn(life)
            elif time.monotonic() - quiet_since_s > _END_S:
                raise TimeoutError(f"nothing goes on; see {self._log}")

    def _mourn(self, life: Life) -> None:
        # Looked at before it is buried: until then nobody else takes over what it held.
        held = self._held_by(worker_name(life.pid)) if life.kind == "worker" else []
        code = lives.bury(life)
        self._all.remove(life)
        self.held += held
        if life.kind == "crowd":
            self.tally["crashed"] += code != 0
            return
        self.tally["crashed"] += code != -signal.SIGKILL
        self.died[f"{life.kind}: {life.died_at}"] += 1
        if held:
            self._pending[worker_name(life.pid)] = time.monotonic()
        self._replace(life.kind)

    def _replace(self, kind: str) -> None:
        fate = Fate.drawn(POINTS[kind], self.dice) if self._left[kind] > 0 else Fate()
        self._left[kind] -= fate.is_death
        works = {"web": self._serve, "worker": self._draw}
        self._started(kind, fate, works[kind])

    def _started(self, kind: str, fate: Fate, work: Callable[[Fuse], None]) -> Life:
        life = lives.start(kind, fate, work, self._log)
        self._all.append(life)
        return life

    def _draw(self, fuse: Fuse) -> None:
        blobs = LocalBlobs(self.studio.settings.data_dir / "blobs", disk=FusedDisk(fuse=fuse))
        studio, name = small_studio.reopened(self.studio, blobs), worker_name()
        fuse_database(studio.database.engine, fuse)
        parts = self.stage.parts
        worker = Worker(
            studio=studio,
            generator=FusedGenerator(parts.generator, fuse),
            scorer=FusedScorer(parts.scorer, fuse),
            upscaler=FusedUpscaler(parts.upscaler, fuse),
            name=name,
        )
        with present(studio, name):
            work(worker)

    def _serve(self, fuse: Fuse) -> None:
        studio = small_studio.reopened(self.studio)
        fuse_database(studio.database.engine, fuse)
        app = without_pages(studio, link_base=f"http://127.0.0.1:{self._port}")
        uvicorn.run(
            FusedApp(app, fuse),
            host="127.0.0.1",
            port=self._port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            ws="none",
        )

    def _check(self, memory: Memory) -> None:
        seeds = sorted(set(memory.seeds.values()))
        expected = self.stage.expected(self.batch_size, seeds)
        studio = small_studio.reopened(self.studio)
        with closing(studio.database):
            self.tally += soundness.after_start_up(studio)
            self.tally += soundness.of_database(studio)
            self.tally += soundness.of_promises(studio, memory)
            self.tally += soundness.of_variants(studio, expected, small_studio.PER_RUN)
        self.tally["unexplained_failures"] = soundness.unexplained(memory.failures, self.held)
        self.tally["failures_meant"] = len(memory.failures) - self.tally["unexplained_failures"]
        self.tally["errors_of_the_server"] = sum(
            said.startswith("500") for said in memory.failed_answers
        )
        self.tally["acknowledged_runs"] = len(memory.runs)
        self.tally["acknowledged_decisions"] = len(memory.decided)
        self.tally["asked_again"] = memory.resent

    def _held_by(self, name: str) -> list[tuple[int, str]]:
        """What a worker has on a lease: (run, piece of it)."""
        asked = (
            "SELECT run_id, 'variant ' || id FROM variants WHERE worker = ? AND status = 'running'"
            " UNION ALL SELECT id, 'ranking' FROM runs WHERE worker = ? AND status = 'running'"
        )
        return self._asked(asked, name, name)

    def _asked(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._database, timeout=30)) as connection:
            return connection.execute(question, values).fetchall()

    def _look_for_takeovers(self) -> None:
        for name, died_s in list(self._pending.items()):
            if not self._held_by(name):
                self.taken_over_s.append(time.monotonic() - died_s)
                del self._pending[name]

    @property
    def _database(self) -> Path:
        return self.studio.settings.data_dir / "studio.db"

    @property
    def _log(self) -> Path:
        return self.studio.settings.data_dir / "processes.log"


def _people(studio: Studio) -> tuple[str, ...]:
    """One who creates and two who review, each with a token for the API."""
    operator = users.operator(studio)
    roles = {"carla": Role.CREATOR, "rita": Role.REVIEWER, "rob": Role.REVIEWER}
    added = [
        users.add(studio, n, {EVERY_BRAND: role}, "a long password", by=operator)
        for n, role in roles.items()
    ]
    return tuple(
        tokens.create(studio, person=who, name="crowd", scopes=ALL_SCOPES) for who in added
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
