"""Disks that fail, stop or forget, for the store's tests."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from brandstudio.storage.disk import DiskSpace, RealDisk


class Logged(RealDisk):
    """The real disk, which keeps a list of what it was asked to do before it does it."""

    log: list[tuple[str, Path]]

    def before(self, name: str, path: Path) -> None:
        self.log.append((name, path))

    def make_folder(self, folder: Path) -> None:
        self.before("make_folder", folder)
        super().make_folder(folder)

    def create(self, path: Path) -> int:
        self.before("create", path)
        return super().create(path)

    def reopen(self, path: Path) -> int:
        self.before("reopen", path)
        return super().reopen(path)

    def write(self, handle: int, content: bytes) -> None:
        self.before("write", _named(handle))
        super().write(handle, content)

    def sync(self, handle: int) -> None:
        self.before("sync", _named(handle))
        super().sync(handle)

    def rename(self, path: Path, target: Path) -> None:
        self.before("rename", path)
        super().rename(path, target)

    def sync_folder(self, folder: Path) -> None:
        self.before("sync_folder", folder)
        super().sync_folder(folder)

    def touch(self, path: Path) -> None:
        self.before("touch", path)
        super().touch(path)

    def remove(self, path: Path) -> None:
        self.before("remove", path)
        super().remove(path)


@dataclass
class Failing(Logged):
    """Fails once, at the step of that number, counting what can run out of something."""

    step: int
    number: int
    log: list[tuple[str, Path]] = field(default_factory=list)
    CAN_FAIL = frozenset(
        {"make_folder", "create", "reopen", "write", "sync", "rename", "sync_folder"}
    )

    def before(self, name: str, path: Path) -> None:
        super().before(name, path)
        if name in self.CAN_FAIL:
            self.step -= 1
            if self.step == 0:
                raise OSError(self.number, os.strerror(self.number))

    def write(self, handle: int, content: bytes) -> None:
        try:
            super().write(handle, content)
        except OSError:
            os.write(handle, content[: len(content) // 2])  # a full disk takes the first half
            raise


@dataclass
class Faulty(Logged):
    """Fails the first time it is asked for a certain operation."""

    operation: str
    number: int
    free_files: int | None = None
    log: list[tuple[str, Path]] = field(default_factory=list)
    failed: bool = False

    def before(self, name: str, path: Path) -> None:
        super().before(name, path)
        if name == self.operation and not self.failed:
            self.failed = True
            raise OSError(self.number, os.strerror(self.number))

    def free_space(self, folder: Path) -> DiskSpace:
        found = super().free_space(folder)
        return found if self.free_files is None else replace(found, free_files=self.free_files)


@dataclass(frozen=True)
class Small(RealDisk):
    """A disk with so much room as the test says; its files lie on the real one."""

    free_bytes: int
    total_bytes: int = 100_000_000_000

    def free_space(self, folder: Path) -> DiskSpace:
        return DiskSpace(self.free_bytes, self.total_bytes, free_files=None)


class NoWait(RealDisk):
    """The real disk without its fsyncs, for tests that store thousands of files."""

    def sync(self, handle: int) -> None:
        """Trust that no power cut comes in a test."""

    def sync_folder(self, folder: Path) -> None:
        """As above."""


def _named(handle: int) -> Path:
    return Path(f"/proc/self/fd/{handle}").readlink()
