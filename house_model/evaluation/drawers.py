"""Several processes that draw side by side and keep what they drew, so that a restart is cheap."""

import logging
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import Self

import diffusers.utils.logging as diffusers_logging
import numpy as np
import torch
import transformers.utils.logging as transformers_logging

from brandstudio.imaging.library_noise import expected_warnings_hidden
from house_model.evaluation.drawing import Style, drawn, name_of
from house_model.evaluation.held_out import Task

log = logging.getLogger(__name__)

_AT_ONCE = 8
_REPORT_EVERY_S = 20.0


class Drawers:
    """Processes of one thread each: two threads in one process wait for each other."""

    def __init__(self, folder: Path, processes: int) -> None:
        self._folder, self._processes = folder, processes
        self._pool: ProcessPoolExecutor | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def draw(self, style: Style, tasks: Sequence[Task], label: str) -> list[np.ndarray]:
        """One (height, width, 3) uint8 picture per task; those drawn earlier are only read."""
        groups = _of_one_size(tasks)
        files = [self._file(style, [tasks[index] for index in group]) for group in groups]
        missing = [
            (file, [tasks[index] for index in group])
            for file, group in zip(files, groups, strict=True)
            if not file.exists()
        ]
        log.info("%s: %d of %d batches are still to be drawn", label, len(missing), len(groups))
        self._draw_missing(style, missing, label)
        pictures: dict[int, np.ndarray] = {}
        for file, group in zip(files, groups, strict=True):
            pictures.update(zip(group, np.load(file), strict=True))
        return [pictures[index] for index in range(len(tasks))]

    def _file(self, style: Style, tasks: Sequence[Task]) -> Path:
        return self._folder / f"{name_of(style, tasks)}.npy"

    def _draw_missing(
        self, style: Style, missing: Sequence[tuple[Path, Sequence[Task]]], label: str
    ) -> None:
        progress = _Progress(label, sum(len(tasks) for _, tasks in missing))
        if self._processes == 1:
            for file, tasks in missing:
                _draw_file(style, tasks, file)
                progress.add(len(tasks))
            return
        pool = self._started_pool()
        sizes = {pool.submit(_draw_file, style, tasks, file): len(tasks) for file, tasks in missing}
        for done in as_completed(sizes):
            done.result()
            progress.add(sizes[done])

    def _started_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, mp_context=spawn, initializer=_begin)
        return self._pool


class _Progress:
    """Says now and then how many pictures of how many, and how long the rest will take."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done = label, total, 0
        self._started = self._said = time.monotonic()

    def add(self, number: int) -> None:
        self._done += number
        now = time.monotonic()
        if now - self._said < _REPORT_EVERY_S and self._done < self._total:
            return
        self._said = now
        each_s = (now - self._started) / self._done
        left = each_s * (self._total - self._done) / 60
        log.info(
            "%s: %d of %d pictures, %.2f s each, %.1f minutes left",
            self._label, self._done, self._total, each_s, left,
        )  # fmt: skip


def _of_one_size(tasks: Sequence[Task]) -> list[list[int]]:
    """The tasks' places in batches of one size each."""
    by_size: dict[str, list[int]] = defaultdict(list)
    for index, task in enumerate(tasks):
        by_size[task.scene.size].append(index)
    return [
        places[start : start + _AT_ONCE]
        for places in by_size.values()
        for start in range(0, len(places), _AT_ONCE)
    ]


def _begin() -> None:
    """Prepare a process: one thread, and no warnings that its parent gave already."""
    torch.set_num_threads(1)
    diffusers_logging.set_verbosity_error()
    transformers_logging.set_verbosity_error()


def _draw_file(style: Style, tasks: Sequence[Task], file: Path) -> None:
    with expected_warnings_hidden():
        pictures = drawn(style, tasks)
    draft = file.with_suffix(".draft.npy")
    np.save(draft, pictures)
    draft.replace(file)
