"""Variants over REST: how they were planned, how they scored, what may be done to them."""

from collections.abc import Iterable
from dataclasses import replace

from fastapi import APIRouter
from pydantic import Field

from brandstudio.domain.access import Action, may, needs
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.people import Person
from brandstudio.domain.ranking import reason
from brandstudio.domain.review import OUTCOME, ReviewStatus, Verdict
from brandstudio.domain.run import UNFINISHED, RunRecord, RunStatus, VariantRecord
from brandstudio.services import runs
from brandstudio.services.studio import Studio
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import CurrentPerson, PathId
from brandstudio.web.rest.part import part


class FailureReason(Body):
    """Why a run, or one variant of it, failed."""

    kind: str
    message: str
    hint: str


class Can(Body):
    """What the asking person may do to a variant now."""

    submit: bool
    withdraw: bool
    decide: bool
    reopen: bool
    redraw: bool


class VariantBody(Body):
    """One variant: how it was planned, how it scored, where its review stands."""

    id: int
    run: int
    index: int
    arm: str
    levels: dict[str, str]
    seed: int
    layout: str
    status: RunStatus
    review: ReviewStatus
    version: int = Field(description="How many decisions there were on it")
    rank: int | None
    scores: dict[str, float]
    parts: dict[str, float]
    reason: str
    prompt: str
    negative_prompt: str
    width_px: int
    height_px: int
    fingerprint: str
    sha256: str | None
    image: str | None
    larger: str | None = Field(description="The upscaler's copy, which packs are made from")
    thumb: str | None
    failure: FailureReason | None = Field(description="Why this one alone could not be drawn")
    can: Can


class VariantsBody(Body):
    """Variants in the order people look at them."""

    variants: list[VariantBody]


def router(studio: Studio) -> APIRouter:
    """The variants of a run."""
    routes = part("Runs")

    @routes.get("/runs/{run_id}/variants")
    @needs(Action.VIEW)
    def variants(run_id: PathId, person: CurrentPerson) -> VariantsBody:
        """The variants of a run, best rank first."""
        return variants_body(studio, runs.variants(studio, run_id, person=person), person)

    return routes


def variants_body(
    studio: Studio, variants: Iterable[VariantRecord], person: Person
) -> VariantsBody:
    """Variants of any runs as JSON, with what the person may do to each."""
    variants = tuple(variants)
    run_of = {
        run_id: runs.get(studio, run_id, person=person)
        for run_id in {variant.run_id for variant in variants}
    }
    return VariantsBody(
        variants=[
            variant_body(variant, can(variant, run_of[variant.run_id], studio.catalogue, person))
            for variant in variants
        ]
    )


def variant_body(variant: VariantRecord, allowed: Can) -> VariantBody:
    """A variant as JSON."""
    larger = variant.upscaled.sha256 if variant.upscaled else None
    return VariantBody.of(
        variant,
        variant.params,
        run=variant.run_id,
        version=variant.review_version,
        reason=reason(variant.parts),
        image=variant.sha256 and f"/images/{variant.sha256}.png",
        larger=larger and f"/images/{larger}.png",
        thumb=thumb_url(larger or variant.sha256),
        can=allowed,
    )


def can(variant: VariantRecord, run: RunRecord, catalogue: Catalogue, person: Person) -> Can:
    """What the person may do to the variant now, by the rules of the domain."""
    brand = catalogue.brands.get(run.brief.brand)
    reviewed = replace(run.thing, allow_self_review=bool(brand and brand.allow_self_review))
    is_maker = may(person, Action.SUBMIT_FOR_REVIEW, run.thing)
    is_reviewer = may(person, Action.DECIDE, reviewed)
    is_open = {
        verdict: variant.sha256 is not None and (variant.review, verdict) in OUTCOME
        for verdict in Verdict
    }
    return Can(
        submit=is_maker and is_open[Verdict.SUBMIT],
        withdraw=is_maker and is_open[Verdict.WITHDRAW],
        decide=is_reviewer and is_open[Verdict.APPROVE],
        reopen=is_reviewer and is_open[Verdict.REOPEN],
        redraw=may(person, Action.RETRY_RUN, run.thing) and run.status not in UNFINISHED,
    )


def thumb_url(sha256: str | None) -> str | None:
    """Where the thumbnail of an image is."""
    return sha256 and f"/images/{sha256}/thumb?w=384"
