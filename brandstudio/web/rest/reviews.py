"""Reviews over REST: what waits for a decision, decisions, and their history."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import Person
from brandstudio.domain.review import MAX_COMMENT, Ask, Decision, ReviewStatus, Verdict
from brandstudio.errors import (
    BriefError,
    CommentNeededError,
    ForbiddenError,
    NotFoundError,
    ReviewClosedError,
)
from brandstudio.services import reviews
from brandstudio.services.studio import Studio
from brandstudio.web.failures import failure_of
from brandstudio.web.rest.body import Body, RequestBody
from brandstudio.web.rest.parameters import BrandFilter, CurrentPerson, PathId
from brandstudio.web.rest.part import part
from brandstudio.web.rest.variants import VariantsBody, variants_body

MAX_DECISIONS = 500
VariantId = Annotated[int, Field(ge=1, lt=2**63)]
# What stands against one variant alone; a database that is away stands against the whole request.
_AGAINST_ONE = (BriefError, CommentNeededError, ForbiddenError, NotFoundError, ReviewClosedError)


class DecisionsRequest(RequestBody):
    """One verdict on one or more variants."""

    variants: list[VariantId] = Field(min_length=1, max_length=MAX_DECISIONS)
    verdict: Verdict
    comment: str = Field(default="", max_length=MAX_COMMENT)
    request_id: str = Field(
        default="",
        max_length=64,
        pattern=r"^[A-Za-z0-9_.-]*$",
        description="Drawn anew for each click; sent again, the same request decides nothing twice",
    )
    versions: dict[VariantId, Annotated[int, Field(ge=0, lt=2**31)]] = Field(
        default={},
        max_length=MAX_DECISIONS,
        description="The version of each variant as it was seen; if it moved since, it is refused",
    )


class DecisionBody(Body):
    """The record of one verdict."""

    id: int
    variant: int
    verdict: Verdict
    reviewer: str
    role: str
    comment: str
    sha256: str
    own_work: bool = Field(description="Whether the reviewer had made it; some brands allow that")
    decided_at: datetime
    supersedes: int | None = Field(description="The decision that this one takes back")
    hash: str = Field(description="Seals this decision and, through the one before, all others")


class HistoryBody(Body):
    """Everything that was said about a variant, oldest first."""

    decisions: list[DecisionBody]


class Decided(Body):
    """A variant whose review moved."""

    variant: int
    review: ReviewStatus
    version: int


class Refused(Body):
    """A variant whose review did not move, and why."""

    variant: int
    kind: str
    error: str
    hint: str


class DecisionsBody(Body):
    """What became of each variant of a request."""

    decided: list[Decided]
    refused: list[Refused]


def router(studio: Studio) -> APIRouter:
    """The queue of reviews, and decisions."""
    routes = part("Review")

    @routes.get("/review")
    @needs(Action.VIEW)
    def pending(person: CurrentPerson, brand: BrandFilter = "") -> VariantsBody:
        """What waits for a decision over all runs: oldest run first, best rank first."""
        return variants_body(studio, reviews.queue(studio, person=person, brand=brand), person)

    @routes.get("/variants/{variant_id}/decisions")
    @needs(Action.VIEW)
    def history(variant_id: PathId, person: CurrentPerson) -> HistoryBody:
        """Everything that was said about a variant, oldest first."""
        decisions = reviews.history(studio, variant_id, person=person)
        return HistoryBody(decisions=[decision_body(decision) for decision in decisions])

    @routes.post("/decisions")
    @needs(Action.DECIDE)
    def decide(request: DecisionsRequest, person: CurrentPerson) -> DecisionsBody:
        """Give one verdict on each variant; each is recorded, or refused with a reason, alone.

        Send it again with the same `request_id` when no answer came: nothing is decided twice.
        A `request_id` that stands for something else is answered with 409.
        """
        asks = [_ask(request, variant, person) for variant in dict.fromkeys(request.variants)]
        reviews.refuse_reused(studio, asks, person=person)
        answers = [_answer(studio, ask) for ask in asks]
        return DecisionsBody(
            decided=[answer for answer in answers if isinstance(answer, Decided)],
            refused=[answer for answer in answers if isinstance(answer, Refused)],
        )

    return routes


def decision_body(decision: Decision) -> DecisionBody:
    """A decision as JSON."""
    return DecisionBody.of(
        decision,
        variant=decision.variant_id,
        role=decision.reviewer_role,
        supersedes=decision.supersedes_id,
    )


def _ask(request: DecisionsRequest, variant_id: int, person: Person) -> Ask:
    request_id = request.request_id and f"{request.request_id}:{variant_id}"
    version = request.versions.get(variant_id)
    return Ask(variant_id, request.verdict, person, request.comment, request_id, version)


def _answer(studio: Studio, ask: Ask) -> Decided | Refused:
    """One verdict; a refusal is an answer here, so that the other variants get theirs."""
    try:
        outcome = reviews.answer(studio, ask)
    except _AGAINST_ONE as error:
        failure = failure_of(error)
        return Refused.of(failure, variant=ask.variant_id, error=failure.message)
    return Decided.of(outcome, variant=ask.variant_id)
