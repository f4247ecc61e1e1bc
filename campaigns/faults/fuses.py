"""Where a process ends by itself: at a named point, for the so-and-so-manieth time.

Everything here stands around the studio's own parts, at the places where they may be exchanged: the
disk of the store, the three ports of a worker, the transactions of the database, the server's
application. Nothing of the studio knows of it.
"""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL.Image import Image
from sqlalchemy import Engine, PoolProxiedConnection, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brandstudio.domain.base_model import UpscalerProfile
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.run import RunFailure
from brandstudio.services.ports import Exhibit, Generator, OnStep, Scorer, Upscaler
from brandstudio.storage.disk import RealDisk


@dataclass
class Fuse:
    """Kills this process when it comes to a point for the so-and-so-manieth time."""

    point: str
    skip: int

    def at(self, point: str) -> None:
        """Die here, or go on."""
        if point != self.point:
            return
        self.skip -= 1
        if self.skip < 0:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class FusedDisk(RealDisk):
    """The real disk, with a fuse before every operation."""

    fuse: Fuse = field(default_factory=lambda: Fuse("", 0))

    def make_folder(self, folder: Path) -> None:
        self.fuse.at("make_folder")
        super().make_folder(folder)

    def create(self, path: Path) -> int:
        self.fuse.at("create")
        return super().create(path)

    def write(self, handle: int, content: bytes) -> None:
        self.fuse.at("write")
        half = len(content) // 2
        super().write(handle, content[:half])
        self.fuse.at("half written")
        super().write(handle, content[half:])

    def sync(self, handle: int) -> None:
        self.fuse.at("sync")
        super().sync(handle)

    def rename(self, path: Path, target: Path) -> None:
        self.fuse.at("rename")
        super().rename(path, target)

    def sync_folder(self, folder: Path) -> None:
        self.fuse.at("sync_folder")
        super().sync_folder(folder)

    def touch(self, path: Path) -> None:
        self.fuse.at("touch")
        super().touch(path)

    def remove(self, path: Path) -> None:
        self.fuse.at("remove")
        super().remove(path)


@dataclass(frozen=True, slots=True)
class FusedGenerator:
    """A generator with a fuse between its steps, and after the last image."""

    own: Generator
    fuse: Fuse

    def generate(
        self, batch: Sequence[GenerationParams], *, on_step: OnStep
    ) -> Sequence[Image | RunFailure]:
        def step(done: int, steps: int) -> None:
            self.fuse.at("step")
            on_step(done, steps)

        images = self.own.generate(batch, on_step=step)
        self.fuse.at("drawn")
        return images

    def describe(self, params: GenerationParams) -> dict[str, str]:
        return self.own.describe(params)


@dataclass(frozen=True, slots=True)
class FusedUpscaler:
    """An upscaler with a fuse before each image."""

    own: Upscaler
    fuse: Fuse

    def upscale(self, profile: UpscalerProfile, image: Image) -> Image:
        self.fuse.at("upscaling")
        return self.own.upscale(profile, image)


@dataclass(frozen=True, slots=True)
class FusedScorer:
    """A scorer with a fuse before and after it scores a run."""

    own: Scorer
    fuse: Fuse

    def score(self, base_model: str, exhibits: Sequence[Exhibit]) -> list[dict[str, float]]:
        self.fuse.at("scoring")
        scores = self.own.score(base_model, exhibits)
        self.fuse.at("scored")
        return scores


INSERTS = {f"INSERT INTO {table}": f"row of {table}" for table in ("runs", "variants", "decisions")}


def fuse_database(engine: Engine, fuse: Fuse) -> None:
    """Put the fuse before rows are added, at the end of every transaction, and right after it."""

    def execute(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        for beginning, point in INSERTS.items():
            if statement.startswith(beginning):
                fuse.at(point)

    # The commit itself is the driver's: SQLAlchemy asks before it and says nothing after.
    plain = engine.dialect.do_commit

    def commit(dbapi_connection: PoolProxiedConnection) -> None:
        fuse.at("in the transaction")
        plain(dbapi_connection)
        fuse.at("after the commit")

    event.listen(engine, "before_cursor_execute", execute)
    engine.dialect.do_commit = commit


@dataclass(frozen=True, slots=True)
class FusedApp:
    """A web application with fuses before, in and after its answers to what changes something."""

    own: ASGIApp
    fuse: Fuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.own(scope, receive, send)
            return

        async def say(message: Message) -> None:
            self.fuse.at("head of the answer" if "status" in message else "body of the answer")
            await send(message)

        self.fuse.at("asked")
        await self.own(scope, receive, say)
        self.fuse.at("answered")
