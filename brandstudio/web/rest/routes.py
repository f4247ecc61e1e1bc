"""The REST API: the same services as the pages, for programs and for the pages' own elements."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query

from brandstudio.domain.access import Action, needs
from brandstudio.domain.brief import read_form
from brandstudio.domain.people import Person
from brandstudio.domain.review import Ask
from brandstudio.domain.run import RunRecord, RunStatus, VariantRecord
from brandstudio.errors import (
    BriefError,
    CommentNeededError,
    ForbiddenError,
    NotFoundError,
    ReviewClosedError,
)
from brandstudio.services import brands, packs, reviews, runs
from brandstudio.services.studio import Studio
from brandstudio.services.work import workers
from brandstudio.services.work.redraw import redraw as redraw_lost
from brandstudio.web.failures import FailureBody, failure_of
from brandstudio.web.gate.middleware import person_of
from brandstudio.web.rest import account, administration, run_events, uploads
from brandstudio.web.rest import packs as pack_routes
from brandstudio.web.rest.answers import (
    catalogue_body,
    decision_body,
    plan_body,
    run_body,
    variant_bodies,
)
from brandstudio.web.rest.models import (
    BriefContent,
    CatalogueBody,
    Decided,
    DecisionsBody,
    DecisionsRequest,
    HistoryBody,
    PlanBody,
    Refused,
    RunBody,
    RunCreated,
    RunsBody,
    VariantsBody,
    WorkerBody,
    WorkersBody,
)

PREFIX = "/api/v1"
Number = Annotated[int, Path(ge=1, lt=2**63)]
Asking = Annotated[Person, Depends(person_of)]
_FAILURES: dict[int | str, dict[str, object]] = {
    status: {"model": FailureBody} for status in (400, 401, 403, 404, 409, 413, 422, 507)
}


def router(studio: Studio) -> APIRouter:
    """All routes below /api/v1."""
    routes = APIRouter(prefix=PREFIX, responses=_FAILURES)
    routes.include_router(_planning(studio))
    routes.include_router(uploads.router(studio))
    routes.include_router(_runs(studio))
    routes.include_router(run_events.router(studio))
    routes.include_router(_review(studio))
    routes.include_router(_assets(studio))
    routes.include_router(pack_routes.router(studio))
    routes.include_router(_operations(studio))
    routes.include_router(account.router())
    routes.include_router(administration.router(studio))
    return routes


def _planning(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Planning"])

    @routes.get("/catalogue")
    @needs(Action.VIEW)
    def catalogue(person: Asking) -> CatalogueBody:
        """Your brands, templates with their questions, layouts, placements and the base model."""
        return catalogue_body(brands.catalogue(studio, person=person), studio.settings.base_model)

    @routes.post("/plans")
    @needs(Action.CREATE_RUN)
    def plan(brief: BriefContent, person: Asking) -> PlanBody:
        """The variants a brief would give, with prompts and an estimate; nothing is stored."""
        return plan_body(runs.preview(studio, read_form(brief), person=person))

    return routes


def _runs(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Runs"])

    @routes.post("/runs", status_code=201)
    @needs(Action.CREATE_RUN)
    def submit(
        brief: BriefContent,
        person: Asking,
        idempotency_key: Annotated[str, Header(max_length=80)] = "",
    ) -> RunCreated:
        """Start a run. The same Idempotency-Key from the same person never starts a second one."""
        form = read_form(brief)
        run = runs.submit(studio, form, person=person, idempotency_key=idempotency_key)
        return RunCreated(run=run)

    @routes.get("/runs")
    @needs(Action.VIEW)
    def recent(
        person: Asking,
        brand: Annotated[str, Query(max_length=64)] = "",
        status: RunStatus | None = None,
        before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
        limit: Annotated[int, Query(ge=1, le=runs.MAX_PAGE)] = 50,
    ) -> RunsBody:
        """Runs, newest first; `before` is the `next_before` of the page before."""
        found = runs.recent(
            studio, person=person, brand=brand, status=status, before=before, limit=limit
        )
        return RunsBody(
            runs=[run_body(run, studio.now()) for run in found],
            next_before=found[-1].id if len(found) == limit else None,
        )

    @routes.get("/runs/{run_id}")
    @needs(Action.VIEW)
    def one(run_id: Number, person: Asking) -> RunBody:
        """One run with its progress."""
        return run_body(runs.get(studio, run_id, person=person), studio.now())

    def left(run_id: int, person: Person, after: Action) -> RunBody:
        return run_body(runs.get(studio, run_id, person=person, after=after), studio.now())

    @routes.post("/runs/{run_id}/cancel")
    @needs(Action.CANCEL_RUN)
    def cancel(run_id: Number, person: Asking) -> RunBody:
        """Stop a run; what is drawn stays."""
        runs.cancel(studio, run_id, person=person)
        return left(run_id, person, Action.CANCEL_RUN)

    @routes.post("/runs/{run_id}/pause")
    @needs(Action.PAUSE_RUN)
    def pause(run_id: Number, person: Asking) -> RunBody:
        """Start no further image of a run; those being drawn are finished."""
        runs.pause(studio, run_id, person=person)
        return left(run_id, person, Action.PAUSE_RUN)

    @routes.post("/runs/{run_id}/resume")
    @needs(Action.PAUSE_RUN)
    def resume(run_id: Number, person: Asking) -> RunBody:
        """Let a paused run go on."""
        runs.resume(studio, run_id, person=person)
        return left(run_id, person, Action.PAUSE_RUN)

    @routes.post("/runs/{run_id}/retry")
    @needs(Action.RETRY_RUN)
    def retry(run_id: Number, person: Asking) -> RunBody:
        """Queue a failed or cancelled run again; only what is missing is drawn."""
        runs.retry(studio, run_id, person=person)
        return left(run_id, person, Action.RETRY_RUN)

    @routes.post("/runs/{run_id}/redraw")
    @needs(Action.RETRY_RUN)
    def redraw(run_id: Number, person: Asking) -> RunBody:
        """Draw those images of a finished run again that are missing, damaged or empty."""
        redraw_lost(studio, run_id, person=person)
        return left(run_id, person, Action.RETRY_RUN)

    @routes.get("/runs/{run_id}/variants")
    @needs(Action.VIEW)
    def variants(run_id: Number, person: Asking) -> VariantsBody:
        """The variants of a run, best rank first."""
        return _shown(studio, runs.variants(studio, run_id, person=person), person)

    return routes


def _operations(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Operations"])

    @routes.get("/workers")
    @needs(Action.SEE_WORKERS)
    def every_worker(person: Asking) -> WorkersBody:
        """The processes that draw and how they fare; for administrators."""
        known = workers.every(studio, person=person)
        return WorkersBody(
            workers=[WorkerBody.model_validate(worker, from_attributes=True) for worker in known],
            said=workers.said_of_the_generator(studio),
        )

    return routes


def _review(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Review"])

    @routes.get("/review")
    @needs(Action.VIEW)
    def pending(person: Asking, brand: Annotated[str, Query(max_length=64)] = "") -> VariantsBody:
        """What waits for a decision over all runs: oldest run first, best rank first."""
        return _shown(studio, reviews.queue(studio, person=person, brand=brand), person)

    @routes.get("/variants/{variant_id}/decisions")
    @needs(Action.VIEW)
    def history(variant_id: Number, person: Asking) -> HistoryBody:
        """Everything that was said about a variant, oldest first."""
        said = reviews.history(studio, variant_id, person=person)
        return HistoryBody(decisions=[decision_body(decision) for decision in said])

    @routes.post("/decisions")
    @needs(Action.DECIDE)
    def decide(asked: DecisionsRequest, person: Asking) -> DecisionsBody:
        """Give one verdict on each variant; each is recorded, or refused with a reason, alone.

        Send it again with the same `request_id` when no answer came: nothing is decided twice.
        A `request_id` that stands for something else is answered with 409.
        """
        asks = [_ask(asked, variant, person) for variant in dict.fromkeys(asked.variants)]
        reviews.refuse_reused(studio, asks, person=person)
        answers = [_answer(studio, ask) for ask in asks]
        return DecisionsBody(
            decided=[answer for answer in answers if isinstance(answer, Decided)],
            refused=[answer for answer in answers if isinstance(answer, Refused)],
        )

    return routes


def _assets(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Packs"])

    @routes.get("/assets")
    @needs(Action.VIEW)
    def assets(
        person: Asking,
        brand: Annotated[str, Query(max_length=64)] = "",
        run: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    ) -> VariantsBody:
        """Approved variants."""
        return _shown(studio, packs.assets(studio, person=person, brand=brand, run_id=run), person)

    return routes


# What stands against one variant alone; a database that is away stands against the whole request.
_AGAINST_ONE = (BriefError, CommentNeededError, ForbiddenError, NotFoundError, ReviewClosedError)


def _ask(asked: DecisionsRequest, variant_id: int, person: Person) -> Ask:
    request_id = asked.request_id and f"{asked.request_id}:{variant_id}"
    version = asked.versions.get(variant_id)
    return Ask(variant_id, asked.verdict, person, asked.comment, request_id, version)


def _answer(studio: Studio, ask: Ask) -> Decided | Refused:
    """One verdict; a refusal is an answer here, so that the other variants get theirs."""
    try:
        said = reviews.answer(studio, ask)
    except _AGAINST_ONE as error:
        what = failure_of(error)
        return Refused(variant=ask.variant_id, kind=what.kind, error=what.message, hint=what.hint)
    return Decided(variant=ask.variant_id, review=said.review, version=said.version)


def _shown(studio: Studio, variants: Iterable[VariantRecord], person: Person) -> VariantsBody:
    variants = tuple(variants)
    load = partial(runs.get, studio, person=person)
    known: dict[int, RunRecord] = {
        run_id: load(run_id) for run_id in {variant.run_id for variant in variants}
    }
    return variant_bodies(variants, known, studio.catalogue, person)
