"""The worker: takes runs from the queue, draws, scores and ranks; keeps every image at once."""

import logging
import os
import socket
import threading
import traceback
from collections import abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from itertools import groupby

from PIL import Image

from brandstudio.domain.brand import Brand
from brandstudio.domain.ranking import rank
from brandstudio.domain.run import Enlarged, Failure, RunStatus, VariantRecord
from brandstudio.errors import RunCancelledError, StudioError
from brandstudio.export.encode import png_with_provenance
from brandstudio.services.ports import Enlarger, Exhibit, Generator, Scorer
from brandstudio.services.studio import Studio
from brandstudio.storage import queue, runs

log = logging.getLogger(__name__)

_HEARTBEAT_S = 10.0
_STALE_AFTER = timedelta(seconds=60)
_IDLE_S = 0.5
_MAX_ATTEMPTS = 3

OnProgress = Callable[[int, int], None]
"""Called with (steps done, steps in all) of the run."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that draws: its name on the rows it holds, and its graphics card."""

    studio: Studio
    generator: Generator
    scorer: Scorer
    enlarger: Enlarger
    name: str
    stop: threading.Event = field(default_factory=threading.Event)


def worker_name() -> str:
    """What this process is called on the rows it holds."""
    return f"{_host()}:{os.getpid()}"


def work(worker: Worker) -> None:
    """Carry out runs, oldest first, until told to stop; a run then goes back to the queue."""
    worker.studio.blobs.sweep()
    take_over_from_the_dead(worker)
    while not worker.stop.is_set():
        run_id = take(worker)
        if run_id is None:
            worker.stop.wait(_IDLE_S)
        else:
            carry_out(worker, run_id)


def take_over_from_the_dead(worker: Worker) -> None:
    """Let runs wait again whose worker on this machine is gone, without waiting for its lease."""
    with worker.studio.database.writing() as session:
        for run_id, name in queue.held(session):
            if not _lives(name):
                log.warning("run %s was left by %s", run_id, name)
                queue.let_go(session, run_id, name)


def take(worker: Worker) -> int | None:
    """Hold the next run, or None when nothing waits."""
    now = worker.studio.now()
    with worker.studio.database.writing() as session:
        return queue.claim(session, worker.name, now, now - _STALE_AFTER)


def take_this(worker: Worker, run_id: int) -> bool:
    """Hold one certain run if nobody else does."""
    with worker.studio.database.writing() as session:
        return queue.claim_this(session, run_id, worker.name, worker.studio.now())


def carry_out(
    worker: Worker, run_id: int, on_progress: OnProgress = lambda _done, _all: None
) -> None:
    """Draw what is missing of a held run, score and rank it; a failure is recorded, not raised."""
    with _beating(worker, run_id):
        try:
            _draw_and_rank(worker, run_id, on_progress)
            _finish(worker, run_id, RunStatus.SUCCEEDED)
        except RunCancelledError:
            _finish(worker, run_id, RunStatus.CANCELLED)
        except _StoppedError:
            with worker.studio.database.writing() as session:
                queue.release(session, run_id, worker.name)
        except StudioError as error:
            _fail(worker, run_id, Failure(type(error).__name__, str(error), error.hint))
        except Exception as error:  # the outermost loop: one bad run never stops the next
            log.exception("run %s failed", run_id)
            _fail(worker, run_id, _unexpected(error), traceback.format_exc())


def _draw_and_rank(worker: Worker, run_id: int, on_progress: OnProgress) -> None:
    studio = worker.studio
    with studio.database.reading() as session:
        held, attempts = queue.claimed(session, run_id), queue.attempts(session, run_id)
    if attempts > _MAX_ATTEMPTS:
        raise WorkerDiedError(f"Run {run_id} stopped the worker {_MAX_ATTEMPTS} times")
    batch_size = studio.catalogue.base_model(held.base_model).batch_size
    total = sum(variant.params.steps for variant in held.variants)
    done = sum(v.params.steps for v in held.variants if v.sha256)
    missing = sorted((v for v in held.variants if v.sha256 is None), key=lambda v: v.index)
    for batch in batches(missing, batch_size):
        on_step = _steps_from(worker, run_id, done, len(batch), total, on_progress)
        _draw(worker, run_id, batch, on_step)
        done += sum(variant.params.steps for variant in batch)
        on_progress(done, total)
    _score(worker, run_id, held.brand)


def batches(variants: Sequence[VariantRecord], size: int) -> Iterator[list[VariantRecord]]:
    """Groups of at most that many variants that one forward pass can draw, in plan order."""
    ordered = sorted(variants, key=lambda v: (v.params.batch_key, v.index))
    for _, alike in groupby(ordered, key=lambda v: v.params.batch_key):
        group = list(alike)
        for start in range(0, len(group), size):
            yield group[start : start + size]


class _StoppedError(Exception):
    """The worker was told to end between two steps; never seen by a person."""


class WorkerDiedError(StudioError):
    """A run was started several times and the worker died each time."""

    hint = "Try fewer variants at once, or ask the administrator to look at the worker's log."


def _steps_from(
    worker: Worker, run_id: int, done: int, width: int, total: int, on_progress: OnProgress
) -> Callable[[int, int], None]:
    def on_step(step: int, _steps: int) -> None:
        if worker.stop.is_set():
            raise _StoppedError
        steps_done = done + step * width
        with worker.studio.database.writing() as session:
            now = worker.studio.now()
            mine = queue.beat(session, run_id, worker.name, now, steps_done)
        if not mine:
            raise RunCancelledError(f"Run {run_id} was cancelled")
        on_progress(steps_done, total)

    return on_step


def _draw(
    worker: Worker,
    run_id: int,
    batch: Sequence[VariantRecord],
    on_step: Callable[[int, int], None],
) -> None:
    studio = worker.studio
    params = [variant.params for variant in batch]
    images = worker.generator.generate(params, on_step=on_step)
    described = worker.generator.describe(params[0])
    for variant, image in zip(batch, images, strict=True):
        png = png_with_provenance(image, variant.params, described)
        sha256 = studio.blobs.put(png, "png")
        enlarged = _enlarged(worker, variant, image, described)
        with studio.database.writing() as session:
            queue.keep_image(session, variant.id, sha256, described, enlarged, studio.now())
    log.info("run %s: %d images drawn", run_id, len(images))


def _enlarged(
    worker: Worker, variant: VariantRecord, image: Image.Image, described: Mapping[str, str]
) -> Enlarged | None:
    """A larger copy for finished renditions; the variant itself stays as it was drawn."""
    profile = worker.studio.catalogue.base_model(variant.params.base_model).upscaler
    if profile is None:
        return None
    larger = worker.enlarger.enlarge(profile, image)
    sha256 = worker.studio.blobs.put(png_with_provenance(larger, variant.params, described), "png")
    return Enlarged(sha256, profile.file, profile.sha256, profile.scale)


def _score(worker: Worker, run_id: int, brand: Brand) -> None:
    studio = worker.studio
    with studio.database.reading() as session:
        variants = runs.variants_of(session, run_id)
    exhibits = [_exhibit(studio, variant, brand) for variant in variants]
    found = worker.scorer.score(variants[0].params.base_model, exhibits)
    scores = {variant.id: own for variant, own in zip(variants, found, strict=True)}
    with studio.database.writing() as session:
        queue.keep_scores(session, scores, rank(scores, brand.score_weights))


def _exhibit(studio: Studio, variant: VariantRecord, brand: Brand) -> Exhibit:
    png = studio.blobs.get(variant.sha256 or "", "png")
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        return Exhibit(
            image=image.convert("RGB"),
            prompt=variant.params.prompt,
            palette=tuple(swatch.hex for swatch in brand.palette),
            copy_space=studio.catalogue.layout(variant.layout).copy_space,
        )


@contextmanager
def _beating(worker: Worker, run_id: int) -> abc.Generator[None, None, None]:
    """Beat in a thread of its own: a step of a big model may take longer than a lease."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(_HEARTBEAT_S):
            try:
                with worker.studio.database.writing() as session:
                    queue.beat(session, run_id, worker.name, worker.studio.now(), None)
            except StudioError as error:
                log.warning("run %s: no heartbeat: %s", run_id, error)

    thread = threading.Thread(target=beat, name=f"heartbeat of run {run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _finish(worker: Worker, run_id: int, status: RunStatus) -> None:
    with worker.studio.database.writing() as session:
        queue.finish(session, run_id, status, worker.studio.now(), worker=worker.name)
    log.info("run %s %s", run_id, status)


def _fail(worker: Worker, run_id: int, failure: Failure, trace: str | None = None) -> None:
    with worker.studio.database.writing() as session:
        now = worker.studio.now()
        queue.finish(session, run_id, RunStatus.FAILED, now, failure, trace, worker=worker.name)
    log.info("run %s failed: %s", run_id, failure.message)


def _lives(name: str) -> bool:
    """Whether the worker of that name may still be at work; on another machine nobody can tell."""
    host, _, pid = name.rpartition(":")
    if host != _host() or not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _host() -> str:
    return socket.gethostname()[:40]


def _unexpected(error: Exception) -> Failure:
    return Failure(
        type(error).__name__,
        "Something unexpected went wrong while drawing",
        "Start the run again; if it fails again, show the administrator the worker's log.",
    )
