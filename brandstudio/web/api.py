"""The REST API: the same services as the pages, for programs and for the pages' own elements."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.responses import FileResponse, Response

from brandstudio.domain.brief import read_form
from brandstudio.domain.people import Person
from brandstudio.domain.review import OUTCOME, Verdict
from brandstudio.domain.run import RunRecord, RunStatus, VariantRecord
from brandstudio.errors import StudioError
from brandstudio.services import packs, reviews, runs
from brandstudio.services.studio import Studio
from brandstudio.web import events
from brandstudio.web.api_answers import (
    catalogue_body,
    decision_body,
    pack_body,
    plan_body,
    run_body,
    variant_bodies,
)
from brandstudio.web.api_models import (
    BriefContent,
    CatalogueBody,
    Decided,
    DecisionsBody,
    DecisionsRequest,
    HistoryBody,
    PackBody,
    PackRequest,
    PacksBody,
    PlanBody,
    Refused,
    RunBody,
    RunCreated,
    RunsBody,
    VariantsBody,
)
from brandstudio.web.assets import download
from brandstudio.web.failures import FailureBody
from brandstudio.web.gate import person_of

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
    routes.include_router(_runs(studio))
    routes.include_router(events.router(studio))
    routes.include_router(_review(studio))
    routes.include_router(_packs(studio))
    return routes


def _planning(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Planning"])

    @routes.get("/catalogue")
    def catalogue() -> CatalogueBody:
        """Brands, templates with their questions, layouts, placements and the base model."""
        return catalogue_body(studio.catalogue, studio.settings.base_model)

    @routes.post("/plans")
    def plan(brief: BriefContent) -> PlanBody:
        """The variants a brief would give, with prompts and an estimate; nothing is stored."""
        return plan_body(runs.preview(studio, read_form(brief)))

    return routes


def _runs(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Runs"])

    @routes.post("/runs", status_code=201)
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
    def one(run_id: Number, person: Asking) -> RunBody:
        """One run with its progress."""
        return run_body(runs.get(studio, run_id, person=person), studio.now())

    @routes.post("/runs/{run_id}/cancel")
    def cancel(run_id: Number, person: Asking) -> RunBody:
        """Stop a run; what is drawn stays."""
        runs.cancel(studio, run_id, person=person)
        return one(run_id, person)

    @routes.post("/runs/{run_id}/retry")
    def retry(run_id: Number, person: Asking) -> RunBody:
        """Queue a failed or cancelled run again; only what is missing is drawn."""
        runs.retry(studio, run_id, person=person)
        return one(run_id, person)

    @routes.get("/runs/{run_id}/variants")
    def variants(run_id: Number, person: Asking) -> VariantsBody:
        """The variants of a run, best rank first."""
        return _shown(studio, runs.variants(studio, run_id, person=person), person)

    return routes


def _review(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Review"])

    @routes.get("/review")
    def pending(person: Asking, brand: Annotated[str, Query(max_length=64)] = "") -> VariantsBody:
        """What waits for a decision over all runs: oldest run first, best rank first."""
        return _shown(studio, reviews.queue(studio, person=person, brand=brand), person)

    @routes.get("/variants/{variant_id}/decisions")
    def history(variant_id: Number, person: Asking) -> HistoryBody:
        """Everything that was said about a variant, oldest first."""
        said = reviews.history(studio, variant_id, person=person)
        return HistoryBody(decisions=[decision_body(decision) for decision in said])

    @routes.post("/decisions")
    def decide(asked: DecisionsRequest, person: Asking) -> DecisionsBody:
        """Give one verdict on each variant; each is recorded, or refused with a reason, alone."""
        answers = [
            _decide(studio, variant, asked.verdict, asked.comment, person)
            for variant in dict.fromkeys(asked.variants)
        ]
        return DecisionsBody(
            decided=[answer for answer in answers if isinstance(answer, Decided)],
            refused=[answer for answer in answers if isinstance(answer, Refused)],
        )

    return routes


def _packs(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Packs"])

    @routes.get("/assets")
    def assets(
        person: Asking,
        brand: Annotated[str, Query(max_length=64)] = "",
        run: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    ) -> VariantsBody:
        """Approved variants."""
        return _shown(studio, packs.assets(studio, person=person, brand=brand, run_id=run), person)

    @routes.get("/packs")
    def recent(person: Asking, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> PacksBody:
        """Packs, newest first."""
        found = packs.recent(studio, person=person, limit=limit)
        return PacksBody(packs=[pack_body(pack) for pack in found])

    @routes.post("/packs", status_code=201)
    def build(asked: PackRequest, person: Asking) -> PackBody:
        """Make every rendition of the variants for the placements and put them into a ZIP."""
        made = packs.build(studio, asked.variants, asked.placements, person=person, name=asked.name)
        return pack_body(made)

    @routes.get("/packs/{pack_id}")
    def one(pack_id: Number, person: Asking) -> PackBody:
        """One pack."""
        return pack_body(packs.get(studio, pack_id, person=person))

    @routes.get("/packs/{pack_id}/download", response_class=FileResponse)
    def fetch(pack_id: Number, request: Request, person: Asking) -> Response:
        """The ZIP; its ETag is the sha256 of its bytes."""
        pack = packs.get(studio, pack_id, person=person)
        file = packs.open_file(studio, pack_id, person=person)
        return download(request, file, "application/zip", pack.sha256, name=pack.file_name)

    return routes


def _decide(
    studio: Studio, variant_id: int, verdict: Verdict, comment: str, person: Person
) -> Decided | Refused:
    """One verdict; a refusal is an answer here, so that the other variants get theirs."""
    try:
        reviews.decide(studio, variant_id, verdict, person=person, comment=comment)
    except StudioError as error:
        return Refused(variant=variant_id, error=str(error), hint=error.hint)
    review = next(after for (_, said), after in OUTCOME.items() if said is verdict)
    return Decided(variant=variant_id, review=review)


def _shown(studio: Studio, variants: Iterable[VariantRecord], person: Person) -> VariantsBody:
    variants = tuple(variants)
    load = partial(runs.get, studio, person=person)
    known: dict[int, RunRecord] = {
        run_id: load(run_id) for run_id in {variant.run_id for variant in variants}
    }
    return variant_bodies(variants, known, studio.catalogue, person)
