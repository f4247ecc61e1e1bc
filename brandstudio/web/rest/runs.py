"""Runs over REST: submitting them, seeing them, steering them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import Field

from brandstudio.domain.access import Action, needs
from brandstudio.domain.brief import Brief, read_form
from brandstudio.domain.people import Person
from brandstudio.domain.review import ReviewStatus
from brandstudio.domain.run import UNFINISHED, RunRecord, RunStatus
from brandstudio.services import runs
from brandstudio.services.studio import Studio
from brandstudio.services.work.redraw import redraw as redraw_lost
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import BrandFilter, CurrentPerson, PathId, QueryId
from brandstudio.web.rest.part import part
from brandstudio.web.rest.planning import BriefContent
from brandstudio.web.rest.uploads import UploadBody, upload_body
from brandstudio.web.rest.variants import FailureReason, thumb_url
from brandstudio.web.routing import joined


class RunCreated(Body):
    """The number of a run."""

    run: int


class Progress(Body):
    """How far a run is. `remaining_s` is null until it can be told."""

    status: RunStatus
    paused: bool
    drawn: int
    total: int
    steps_done: int
    steps_total: int
    queue_position: int
    remaining_s: float | None
    finished: bool
    generator: str = Field(description="Why nothing is drawn at the moment; empty when all is well")


class RunBody(Body):
    """One run with its progress."""

    id: int
    name: str
    status: RunStatus
    paused: bool
    brief: Brief
    brand_version: int
    base_model: str
    creator: str
    creator_id: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    variant_count: int
    drawn_count: int
    steps_done: int
    steps_total: int
    estimated_s: float
    remaining_s: float | None
    queue_position: int
    failure: FailureReason | None
    review_counts: dict[ReviewStatus, int]
    cover_sha256: str | None
    cover: str | None = Field(description="Where the thumbnail of the run's best image is")
    references: list[UploadBody] = Field(description="Images to look at beside the variants")


class RunsBody(Body):
    """Runs, newest first; `next_before` asks for the page after this one."""

    runs: list[RunBody]
    next_before: int | None


def router(studio: Studio) -> APIRouter:
    """Runs, and what their people do with them."""
    return joined(_submitting(studio), _reading(studio), _steering(studio))


def run_body(run: RunRecord, now: datetime) -> RunBody:
    """A run as JSON."""
    return RunBody.of(
        run,
        remaining_s=_remaining_s(run, now),
        cover=thumb_url(run.cover_sha256),
        references=[upload_body(upload) for upload in run.references],
    )


def progress_of(run: RunRecord, now: datetime, generator: str = "") -> Progress:
    """How far a run is; `generator` says why nothing is drawn at the moment."""
    return Progress.of(
        run,
        generator=generator,
        drawn=run.drawn_count,
        total=run.variant_count,
        remaining_s=_remaining_s(run, now),
        finished=run.status not in UNFINISHED,
    )


def _submitting(studio: Studio) -> APIRouter:
    routes = part("Runs")

    @routes.post("/runs", status_code=201)
    @needs(Action.CREATE_RUN)
    def submit(
        brief: BriefContent,
        person: CurrentPerson,
        idempotency_key: Annotated[str, Header(max_length=80)] = "",
    ) -> RunCreated:
        """Start a run. The same Idempotency-Key from the same person never starts a second one."""
        form = read_form(brief)
        run = runs.submit(studio, form, person=person, idempotency_key=idempotency_key)
        return RunCreated(run=run)

    return routes


def _reading(studio: Studio) -> APIRouter:
    routes = part("Runs")

    @routes.get("/runs")
    @needs(Action.VIEW)
    def recent(
        person: CurrentPerson,
        brand: BrandFilter = "",
        status: RunStatus | None = None,
        before: QueryId = None,
        limit: Annotated[int, Query(ge=1, le=runs.MAX_PAGE)] = 50,
    ) -> RunsBody:
        """Runs, newest first; `before` is the `next_before` of the page before."""
        page = runs.recent(
            studio, person=person, brand=brand, status=status, before=before, limit=limit
        )
        return RunsBody(
            runs=[run_body(run, studio.now()) for run in page],
            next_before=page[-1].id if len(page) == limit else None,
        )

    @routes.get("/runs/{run_id}")
    @needs(Action.VIEW)
    def one(run_id: PathId, person: CurrentPerson) -> RunBody:
        """One run with its progress."""
        return run_body(runs.get(studio, run_id, person=person), studio.now())

    return routes


def _steering(studio: Studio) -> APIRouter:
    routes = part("Runs")

    def run_after(action: Action, run_id: int, person: Person) -> RunBody:
        return run_body(runs.get(studio, run_id, person=person, after=action), studio.now())

    @routes.post("/runs/{run_id}/cancel")
    @needs(Action.CANCEL_RUN)
    def cancel(run_id: PathId, person: CurrentPerson) -> RunBody:
        """Stop a run; what is drawn stays."""
        runs.cancel(studio, run_id, person=person)
        return run_after(Action.CANCEL_RUN, run_id, person)

    @routes.post("/runs/{run_id}/pause")
    @needs(Action.PAUSE_RUN)
    def pause(run_id: PathId, person: CurrentPerson) -> RunBody:
        """Start no further image of a run; those being drawn are finished."""
        runs.pause(studio, run_id, person=person)
        return run_after(Action.PAUSE_RUN, run_id, person)

    @routes.post("/runs/{run_id}/resume")
    @needs(Action.PAUSE_RUN)
    def resume(run_id: PathId, person: CurrentPerson) -> RunBody:
        """Let a paused run go on."""
        runs.resume(studio, run_id, person=person)
        return run_after(Action.PAUSE_RUN, run_id, person)

    @routes.post("/runs/{run_id}/retry")
    @needs(Action.RETRY_RUN)
    def retry(run_id: PathId, person: CurrentPerson) -> RunBody:
        """Queue a failed or cancelled run again; only what is missing is drawn."""
        runs.retry(studio, run_id, person=person)
        return run_after(Action.RETRY_RUN, run_id, person)

    @routes.post("/runs/{run_id}/redraw")
    @needs(Action.RETRY_RUN)
    def redraw(run_id: PathId, person: CurrentPerson) -> RunBody:
        """Draw those images of a finished run again that are missing, damaged or empty."""
        redraw_lost(studio, run_id, person=person)
        return run_after(Action.RETRY_RUN, run_id, person)

    return routes


def _remaining_s(run: RunRecord, now: datetime) -> float | None:
    """What is left at the pace so far; the estimate before the first step is done."""
    if run.status not in UNFINISHED:
        return 0.0
    steps = run.steps_total - run.steps_done
    if run.started_at is None or run.steps_done == 0:
        return run.estimated_s if run.status is RunStatus.QUEUED or steps else None
    elapsed_s = max((now - run.started_at).total_seconds(), 0.0)
    return round(elapsed_s / run.steps_done * steps, 1)
