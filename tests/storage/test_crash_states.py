"""Every state a power cut can leave, one by one: the rows have their files, and nothing is half."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from brandstudio.storage.blobs import BlobKind, LocalBlobs
from tests.storage.crash import Crash, Event, KilledError, Recorder, crashes, lay_out

ALWAYS = datetime.max.replace(tzinfo=UTC)
FIRST, SECOND, THIRD = b"the first image", b"another image", b"nobody needs this one"
Story = tuple[Callable[[Recorder, LocalBlobs], None], ...]


class WithoutAnySync(Recorder):
    """As the real one, but no fsync reaches the disk."""

    def sync(self, handle: int) -> None:
        self.before("sync", self.folder)

    def sync_folder(self, folder: Path) -> None:
        self.before("sync_folder", folder)


class WithoutFolderSync(Recorder):
    def sync_folder(self, folder: Path) -> None:
        self.before("sync_folder", folder)


class WithoutFileSync(Recorder):
    def sync(self, handle: int) -> None:
        self.before("sync", self.folder)


def place(content: bytes, suffix: str) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{suffix}"


def put_and_commit(disk: Recorder, blobs: LocalBlobs, content: bytes) -> None:
    blobs.put(content, "png")
    disk.commit(place(content, "png"))


def draw(disk: Recorder, blobs: LocalBlobs) -> None:
    put_and_commit(disk, blobs, FIRST)


def draw_another(disk: Recorder, blobs: LocalBlobs) -> None:
    put_and_commit(disk, blobs, SECOND)


def pack(disk: Recorder, blobs: LocalBlobs) -> None:
    with blobs.incoming("zip") as part:
        part.write_bytes(SECOND)
        blobs.adopt(part, "zip")
        disk.commit(place(SECOND, "zip"))


def store_without_a_row(_disk: Recorder, blobs: LocalBlobs) -> None:
    blobs.put(THIRD, "png")


def sweep(disk: Recorder, blobs: LocalBlobs) -> None:
    row = place(THIRD, "png").rsplit("/", 1)[-1]
    if not any(event.what == "commit" and event.path.name == row for event in disk.events):
        blobs.delete(hashlib.sha256(THIRD).hexdigest(), "png", older_than=ALWAYS)


def remove_and_draw_again(disk: Recorder, blobs: LocalBlobs) -> None:
    sha256 = blobs.put(THIRD, "png")
    blobs.mark(sha256, "png", BlobKind.REMOVED)
    put_and_commit(disk, blobs, THIRD)


def restart(_disk: Recorder, blobs: LocalBlobs) -> None:
    blobs.remove_parts(ALWAYS)


ACTIONS = (draw, draw_another, pack, store_without_a_row, sweep, remove_and_draw_again, restart)


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: tens of thousands of small trees are made in it."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        yield Path(folder)


def recorded(story: Story, folder: Path, kind: type[Recorder] = Recorder) -> list[Event]:
    disk = kind(folder / "blobs")
    folder.mkdir(parents=True)
    blobs = LocalBlobs(folder / "blobs", disk=disk)
    for act in story:
        act(disk, blobs)
    return disk.events


def killed_and_done_again(folder: Path, step: int) -> list[Event] | None:
    """A process dies before that step of a put; the next one stores the same bytes and its row."""
    folder.mkdir()
    disk = Recorder(folder / "blobs", kill_before=step)
    try:
        LocalBlobs(folder / "blobs", disk=disk).put(FIRST, "png")
    except KilledError:
        disk.dead, disk.kill_before = False, -1
        put_and_commit(disk, LocalBlobs(folder / "blobs", disk=disk), FIRST)
        return disk.events
    return None


def faults_of(crash: Crash, folder: Path) -> list[str]:
    """What is wrong after the studio has recovered from this state."""
    lay_out(crash, folder)
    blobs = LocalBlobs(folder / "blobs")
    blobs.remove_parts(ALWAYS)
    rows = {path.relative_to("blobs").as_posix() for path in crash.committed}
    wrong = []
    for found in list(blobs.survey()):
        if found.kind is BlobKind.WHOLE and not blobs.verify(*found.key):
            wrong.append(f"half under its final name: {found.place}")
        if found.kind is BlobKind.WHOLE and found.place not in rows:
            blobs.delete(*found.key, older_than=ALWAYS)
    left = {found.place for found in blobs.survey() if found.kind is BlobKind.WHOLE}
    told = {f.place.removesuffix(".removed") for f in blobs.survey() if f.kind is BlobKind.REMOVED}
    wrong += [f"a row lost its file: {row}" for row in rows - left - told]
    wrong += [f"an orphan stayed: {name}" for name in left - rows]
    return wrong


def check(events: list[Event], memory: Path) -> tuple[int, int, list[str]]:
    """States in all, those that differ, and the faults of all of them."""
    seen: set[object] = set()
    count, faults = 0, []
    for crash in crashes(events):
        count += 1
        if crash.key in seen:
            continue
        seen.add(crash.key)
        folder = memory / str(len(seen))
        faults += faults_of(crash, folder)
        shutil.rmtree(folder, ignore_errors=True)
    return count, len(seen), faults


@pytest.mark.parametrize("first", ACTIONS, ids=lambda act: act.__name__)
def test_after_every_power_cut_rows_have_their_files_and_nothing_is_half(first, memory, tmp_path):
    stories = [(first, second) for second in ACTIONS]
    assert all_recover(stories, memory, tmp_path) > 200


@pytest.mark.slow
@pytest.mark.parametrize("first", ACTIONS, ids=lambda act: act.__name__)
def test_after_every_power_cut_in_longer_stories_too(first, memory, tmp_path):
    """More than 50,000 states in all."""
    stories = [(first, *rest) for rest in product(ACTIONS, repeat=2)]
    assert all_recover(stories, memory, tmp_path) > 4_000


def all_recover(stories: list[Story], memory: Path, tmp_path: Path) -> int:
    """The number of states that were looked at, all of them without a fault."""
    states = different = 0
    for number, story in enumerate(stories):
        counted, distinct, faults = check(recorded(story, tmp_path / f"{number}"), memory)
        assert faults == [], [act.__name__ for act in story]
        states, different = states + counted, different + distinct
    print(f"{states} states, {different} different")  # noqa: T201
    return states


def test_a_kill_in_one_process_and_a_power_cut_in_the_next_lose_nothing(memory, tmp_path):
    count, step = 0, 1
    while (events := killed_and_done_again(tmp_path / f"{step}", step)) is not None:
        states, _, faults = check(events, memory / f"{step}")
        assert faults == [], f"killed before step {step}"
        count, step = count + states, step + 1
    print(f"kill, then power cut: {count} states over {step - 1} kill points")  # noqa: T201
    assert step > 10


@pytest.mark.parametrize("kind", [WithoutAnySync, WithoutFolderSync, WithoutFileSync])
def test_the_harness_finds_a_protocol_that_leaves_an_fsync_out(kind, memory, tmp_path):
    events = recorded((draw, draw_another), tmp_path / "disk", kind)
    _, _, faults = check(events, memory)
    assert faults != []
