"""What a worker does with a task it holds: draw a batch, or score and rank a whole run."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

from brandstudio.domain.brand import Brand
from brandstudio.domain.ranking import rank
from brandstudio.domain.run import RunFailure, UpscaledImage, VariantRecord
from brandstudio.errors import RunCancelledError
from brandstudio.export.encode import png_with_provenance
from brandstudio.services.ports import Exhibit, Generator, OnStep, Scorer, Upscaler
from brandstudio.services.studio import Studio
from brandstudio.storage.engine.clocks import Clock, lease_clock
from brandstudio.storage.work import leases, outcomes, queue, workers
from brandstudio.storage.work.leases import VariantLease
from brandstudio.storage.work.outcomes import DrawnImage
from brandstudio.storage.work.queue import Batch, Ranking

log = logging.getLogger(__name__)

_REPORT_S = 0.25

OnProgress = Callable[[int, int], None]
"""Called with (steps done, steps in all) of the run."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that draws: its name on the rows it holds, its clock, and its graphics card."""

    studio: Studio
    generator: Generator
    scorer: Scorer
    upscaler: Upscaler
    name: str
    device: str = ""
    clock: Clock = lease_clock
    stop: threading.Event = field(default_factory=threading.Event)


class StoppedError(Exception):
    """The worker was told to end between two steps; never seen by a person."""


class LeaseLostError(Exception):
    """Another worker holds the whole batch now; never seen by a person."""


def draw(worker: Worker, batch: Batch, on_progress: OnProgress) -> None:
    """Draw a batch and keep each image at once, unless its lease was lost meanwhile.

    A variant of which no picture came fails alone; the others of its batch are kept.
    """
    started_s = time.perf_counter()
    params = [variant.params for variant in batch.variants]
    images = worker.generator.generate(params, on_step=_on_step(worker, batch, on_progress))
    described = worker.generator.describe(params[0])
    for variant, hold, image in zip(batch.variants, batch.holds, images, strict=True):
        if isinstance(image, RunFailure):
            _give_up(worker, variant, hold, image)
            continue
        description = described | _drawn_with(image)
        sha256 = _stored(worker, variant, image, description)
        upscaled = _upscaled(worker, variant, image, description)
        each_s = (time.perf_counter() - started_s) / len(images)
        _keep(
            worker,
            variant,
            hold,
            DrawnImage(sha256, description, upscaled, variant.params.steps, each_s),
        )
    log.info("run %s: a batch of %d is done", batch.run_id, len(images))


def score_and_rank(worker: Worker, ranking: Ranking) -> None:
    """Score and rank the variants of a run, unless its lease was lost meanwhile."""
    variants = ranking.variants
    exhibits = [_exhibit(worker.studio, variant, ranking.brand) for variant in variants]
    results = worker.scorer.score(variants[0].params.base_model, exhibits)
    scores = {v.id: _finite(values) for v, values in zip(variants, results, strict=True)}
    ranked = rank(scores, ranking.brand.score_weights)
    with worker.studio.database.claiming() as session:
        at = worker.studio.now()
        if outcomes.keep_ranking(session, ranking, scores, ranked, at):
            log.info("run %s is finished", ranking.run_id)


def _finite(scores: Mapping[str, float]) -> dict[str, float]:
    """The scores without NaN and infinities, which have no rank and no place in PostgreSQL."""
    return {name: value for name, value in scores.items() if math.isfinite(value)}


def _on_step(worker: Worker, batch: Batch, on_progress: OnProgress) -> OnStep:
    with worker.studio.database.reading() as session:
        before, total = queue.progress(session, batch.run_id)
    planned = batch.variants[0].params.steps
    reported_s = 0.0

    def on_step(step: int, steps: int) -> None:
        nonlocal reported_s
        if worker.stop.is_set():
            raise StoppedError
        done = planned * step // steps  # of each image: a batch drawn in parts takes more steps
        now_s = time.monotonic()
        # Quick steps are not all written down: each report is a transaction of its own.
        if step in {1, steps} or now_s - reported_s >= _REPORT_S:
            reported_s = now_s
            _report(worker, batch, done, is_last=step == steps)
        on_progress(before + done * len(batch.variants), total)

    return on_step


def _report(worker: Worker, batch: Batch, steps: int, *, is_last: bool) -> None:
    settings = worker.studio.settings
    # After the last step come decoding, encoding and upscaling, which have no steps to count.
    patience_s = settings.load_timeout_s if is_last else settings.step_timeout_s
    with worker.studio.database.claiming() as session:
        moment, at = worker.clock(session), worker.studio.now()
        held = leases.step(session, batch.run_id, batch.holds, steps, moment, at)
        workers.moved(session, worker.name, moment, patience_s)
        cancelled = queue.is_cancelled(session, batch.run_id)
    if cancelled:
        raise RunCancelledError(f"Run {batch.run_id} was cancelled")
    if not held:
        raise LeaseLostError(f"run {batch.run_id} is drawn by another worker")


def _drawn_with(image: Image.Image) -> dict[str, str]:
    """The fallback that the image was drawn by, if any."""
    said = image.info.get("drawn_with")
    return {"drawn_with": str(said)} if said else {}


def _stored(
    worker: Worker, variant: VariantRecord, image: Image.Image, described: Mapping[str, str]
) -> str:
    return worker.studio.blobs.put(png_with_provenance(image, variant.params, described), "png")


def _upscaled(
    worker: Worker, variant: VariantRecord, image: Image.Image, described: Mapping[str, str]
) -> UpscaledImage | None:
    """An upscaled copy for finished renditions; the variant itself stays as it was drawn."""
    profile = worker.studio.catalogue.base_model(variant.params.base_model).upscaler
    if profile is None:
        return None
    upscaled = worker.upscaler.upscale(profile, image)
    sha256 = _stored(worker, variant, upscaled, described)
    return UpscaledImage(sha256, profile.file, profile.sha256, profile.scale)


def _keep(worker: Worker, variant: VariantRecord, hold: VariantLease, drawn: DrawnImage) -> None:
    studio = worker.studio
    with studio.database.claiming() as session:
        moment = worker.clock(session)
        is_stored = outcomes.keep(session, variant.run_id, hold, drawn, studio.now())
        workers.moved(session, worker.name, moment, studio.settings.load_timeout_s)
    if not is_stored:
        # Its file is an orphan now, which is swept.
        log.warning("run %s: variant %s was drawn too late", variant.run_id, variant.id)


def _give_up(
    worker: Worker, variant: VariantRecord, hold: VariantLease, failure: RunFailure
) -> None:
    log.warning("run %s: variant %s: %s", variant.run_id, variant.id, failure.message)
    studio = worker.studio
    with studio.database.claiming() as session:
        outcomes.give_up(session, variant.run_id, hold, failure, variant.params.steps, studio.now())


def _exhibit(studio: Studio, variant: VariantRecord, brand: Brand) -> Exhibit:
    png = studio.blobs.get(variant.sha256 or "", "png")
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        return Exhibit(
            image=image.convert("RGB"),
            prompt=variant.params.prompt,
            palette=tuple(swatch.hex for swatch in brand.palette),
            copy_space=studio.catalogue.layout(variant.layout).copy_space,
        )
