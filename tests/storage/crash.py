"""A model of a disk that may lose whatever was not synced: every state a power cut can leave.

Harsher than any real file system: what is not synced may be lost, half written or there, each
change of a folder by itself and in any order; a rename may show both names, either, or none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from tests.storage.disks import Logged

ROOT = Path()


@dataclass(frozen=True)
class Event:
    """One thing that happened to the disk, or to the database: `commit` is durable at once."""

    what: str
    path: Path = ROOT
    target: Path = ROOT
    inode: int = 0
    content: bytes = b""


class KilledError(BaseException):
    """The process ends here, with nothing of it running any more."""


@dataclass
class Recorder(Logged):
    """The real disk; what happens to it is kept as events, until the process is killed."""

    folder: Path
    events: list[Event] = field(default_factory=list)
    kill_before: int = -1
    log: list[tuple[str, Path]] = field(default_factory=list)
    inodes: dict[Path, int] = field(default_factory=dict)
    handles: dict[int, int] = field(default_factory=dict)
    dead: bool = False

    def before(self, name: str, path: Path) -> None:
        self.kill_before -= 1
        if self.kill_before == 0:
            self.dead = True
        if self.dead:
            raise KilledError

    def make_folder(self, folder: Path) -> None:
        is_new = not folder.is_dir()
        super().make_folder(folder)
        if is_new:
            self._note("mkdir", folder)

    def create(self, path: Path) -> int:
        handle = super().create(path)
        self.inodes[path] = self.handles[handle] = len(self.inodes) + 1
        self._note("create", path, inode=self.inodes[path])
        return handle

    def reopen(self, path: Path) -> int:
        handle = super().reopen(path)
        self.handles[handle] = self.inodes[path]
        # Whoever wrote it before did so past this disk and synced nothing.
        self._note("write", inode=self.inodes[path], content=path.read_bytes())
        return handle

    def write(self, handle: int, content: bytes) -> None:
        super().write(handle, content)
        if content:
            self._note("write", inode=self.handles[handle], content=content)

    def sync(self, handle: int) -> None:
        super().sync(handle)
        self._note("sync", inode=self.handles[handle])

    def rename(self, path: Path, target: Path) -> None:
        super().rename(path, target)
        self.inodes[target] = self.inodes[path]
        self._note("rename", path, target, self.inodes[path])

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self._note("sync_folder", folder)

    def remove(self, path: Path) -> None:
        super().remove(path)
        self._note("remove", path)

    def commit(self, name: str) -> None:
        """A row that speaks of this file is durable from here on."""
        self._note("commit", self.folder / name)

    def _note(self, what: str, path: Path = ROOT, target: Path = ROOT, *more: int, **facts) -> None:
        inode = more[0] if more else facts.get("inode", 0)
        self.events.append(
            Event(what, self._own(path), self._own(target), inode, facts.get("content", b""))
        )

    def _own(self, path: Path) -> Path:
        return path.relative_to(self.folder.parent) if path != ROOT else path


@dataclass(frozen=True)
class Change:
    """A change of one folder that is not synced yet: a name is set to an inode, or goes."""

    path: Path
    inode: int | None


FOLDER = -1
Tree = dict[Path, bytes]


@dataclass(frozen=True)
class Crash:
    """The files after a power cut, and which rows the database holds."""

    files: Tree
    folders: frozenset[Path]
    committed: frozenset[Path]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for states that cannot be told apart."""
        return frozenset(self.files.items()), self.folders, self.committed


def crashes(events: list[Event]) -> Iterator[Crash]:
    """Every state after every prefix of the events."""
    for length in range(len(events) + 1):
        yield from _after(events[:length])


def _after(events: list[Event]) -> Iterator[Crash]:
    durable: dict[Path, int] = {}
    pending: list[Change] = []
    synced: dict[int, bytes] = {}
    written: dict[int, bytes] = {}
    committed: set[Path] = set()
    for event in events:
        match event.what:
            case "mkdir":
                pending.append(Change(event.path, FOLDER))
            case "create":
                pending.append(Change(event.path, event.inode))
            case "write":
                written[event.inode] = event.content
            case "sync":
                synced[event.inode] = written.pop(event.inode, synced.get(event.inode, b""))
            case "rename":
                pending += [Change(event.target, event.inode), Change(event.path, None)]
            case "remove":
                pending.append(Change(event.path, None))
            case "sync_folder":
                own = [change for change in pending if change.path.parent == event.path]
                pending = [change for change in pending if change.path.parent != event.path]
                for change in own:
                    _apply(durable, change)
            case "commit":
                committed.add(event.path)
    for chosen in product((False, True), repeat=len(pending)):
        names = dict(durable)
        for change, happened in zip(pending, chosen, strict=True):
            if happened:
                _apply(names, change)
        yield from _with_content(names, synced, written, frozenset(committed))


def _apply(names: dict[Path, int], change: Change) -> None:
    if change.inode is None:
        names.pop(change.path, None)
    else:
        names[change.path] = change.inode


def _with_content(
    names: dict[Path, int],
    synced: dict[int, bytes],
    written: dict[int, bytes],
    committed: frozenset[Path],
) -> Iterator[Crash]:
    folders = frozenset(path for path, inode in names.items() if inode == FOLDER)
    reachable = {
        path: inode
        for path, inode in names.items()
        if inode != FOLDER and all(p == ROOT or p in folders for p in path.parents)
    }
    unsure = sorted({inode for inode in reachable.values() if inode in written})
    options = [_contents(synced.get(inode, b""), written[inode]) for inode in unsure]
    for contents in product(*options):
        held = synced | dict(zip(unsure, contents, strict=True))
        files = {path: held.get(inode, b"") for path, inode in reachable.items()}
        yield Crash(files, folders, committed)


def _contents(before: bytes, after: bytes) -> tuple[bytes, ...]:
    """What a file may hold whose last write was not synced."""
    half = after[: len(after) // 2]
    return tuple({before, half, half + bytes(len(after) - len(half)), after})


def lay_out(crash: Crash, folder: Path) -> None:
    """Make the state on a real disk, for the studio to recover from."""
    for path in sorted(crash.folders):
        (folder / path).mkdir(parents=True, exist_ok=True)
    for path, content in crash.files.items():
        (folder / path).write_bytes(content)
