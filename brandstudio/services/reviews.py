"""What people do in review: submit, approve, reject with a reason, request changes, undo."""

import re
from collections.abc import Sequence
from dataclasses import replace

from brandstudio.domain.access import Action, Thing, require, require_known, require_scope
from brandstudio.domain.people import Person, Role
from brandstudio.domain.review import (
    BY_MAKER,
    MAX_COMMENT,
    OUTCOME,
    Ask,
    Decision,
    ReviewStatus,
    Verdict,
    closed,
    next_status,
)
from brandstudio.domain.run import VariantRecord
from brandstudio.domain.text import comment_refusal
from brandstudio.errors import BriefError, ConnectionLostError, Problem, RequestReusedError
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import acting
from brandstudio.storage.decisions import reviews
from brandstudio.storage.decisions.reviews import UnderReview
from brandstudio.storage.work import runs

MAX_REQUEST_ID = 120
_SUBJECT = "drawn variant"


def decide(
    studio: Studio,
    variant_id: int,
    verdict: Verdict,
    *,
    person: Person,
    comment: str = "",
    request_id: str = "",
    expected_version: int | None = None,
) -> Decision:
    """Record a verdict on the bytes that were seen and move the variant, or change nothing."""
    ask = Ask(variant_id, verdict, person, comment, request_id, expected_version)
    return answer(studio, ask)


def answer(studio: Studio, ask: Ask) -> Decision:
    """Record what is asked for, or change nothing.

    The same request id with the same content gives the same decision, however often it comes.
    """
    _check(ask.comment, ask.request_id)
    if not ask.request_id:
        ask = replace(ask, request_id=studio.draw_token())
    try:
        return _answer(studio, ask)
    except ConnectionLostError:
        # It may have been stored before the connection broke: the request id tells.
        return _answer(studio, ask)


def refuse_reused(studio: Studio, asks: Sequence[Ask], *, person: Person) -> None:
    """Do nothing, or RequestReusedError before the first of them is decided.

    What others asked for of another brand is no business of the person's.
    """
    ids, brands = [ask.request_id for ask in asks], person.brands
    with studio.database.reading() as session:
        answers = reviews.all_answered(session, ids, brands)
    for ask in asks:
        if ask.request_id in answers:
            _again(ask, answers[ask.request_id])


def queue(
    studio: Studio, *, person: Person, brand: str = "", limit: int = 200
) -> tuple[VariantRecord, ...]:
    """What waits for a decision: oldest run first, best rank first."""
    require_scope(person, Action.VIEW)
    with studio.database.reading() as session:
        return reviews.with_status(
            session, ReviewStatus.PENDING, brands=person.brands, brand=brand, limit=limit
        )


def waiting(studio: Studio, *, person: Person) -> int:
    """How many variants wait for a decision."""
    require_scope(person, Action.VIEW)
    with studio.database.reading() as session:
        return reviews.count(session, ReviewStatus.PENDING, person.brands)


def history(studio: Studio, variant_id: int, *, person: Person) -> tuple[Decision, ...]:
    """Everything that was ever said about a variant, oldest first."""
    with studio.database.reading() as session:
        brand = runs.brand_of_variant(session, variant_id)
        require(person, Action.VIEW, Thing("variant", variant_id, brand))
        return reviews.decisions_of(session, variant_id)


def _answer(studio: Studio, ask: Ask) -> Decision:
    with acting(studio, ask.person) as act:
        ask = replace(ask, person=act.person)
        _require_known(ask, runs.brand_of_variant(act.session, ask.variant_id, called=_SUBJECT))
        subject = reviews.under_review(act.session, ask.variant_id)
        brand = runs.brand_of(act.session, subject.run_id)
        # Before anything is said of the request: nobody learns from its answer what others decided.
        role = _role(ask, subject, allow_self_review=brand.allow_self_review)
        earlier = reviews.answered(act.session, ask.request_id)
        if earlier:
            return _again(ask, earlier)
        at = studio.now()
        if not _is_open(ask, subject):
            last = reviews.last_on(act.session, ask.variant_id)
            raise closed(ask.variant_id, subject.status, last, at)
        status = next_status(ask.variant_id, subject.status, ask.verdict, ask.comment)
        if not reviews.move(act.session, subject, status):
            last = reviews.last_on(act.session, ask.variant_id)
            raise closed(ask.variant_id, subject.status, last, at)
        return reviews.append(act.session, ask, subject, role, at)


def _require_known(ask: Ask, brand: str) -> None:
    require_known(ask.person, Thing(_SUBJECT, ask.variant_id, brand))


def _again(ask: Ask, known: Decision) -> Decision:
    if not ask.was_answered_by(known):
        raise RequestReusedError(ask.request_id)
    return known


def _is_open(ask: Ask, subject: UnderReview) -> bool:
    seen = ask.expected_version in (None, subject.version)
    return seen and (subject.status, ask.verdict) in OUTCOME


def _role(ask: Ask, subject: UnderReview, *, allow_self_review: bool) -> Role | None:
    """In which role the person may say this, or why not."""
    thing = Thing(
        _SUBJECT,
        ask.variant_id,
        subject.brand,
        subject.makers,
        allow_self_review=allow_self_review,
    )
    action = Action.SUBMIT_FOR_REVIEW if ask.verdict in BY_MAKER else Action.DECIDE
    return require(ask.person, action, thing)


def _check(comment: str, request_id: str) -> None:
    reason = comment_refusal(comment, max_length=MAX_COMMENT)
    if reason:
        raise BriefError([Problem("comment", reason)])
    if not re.fullmatch(rf"[\w.:-]{{0,{MAX_REQUEST_ID}}}", request_id, re.ASCII):
        said = f"is letters, digits and '-_.:', at most {MAX_REQUEST_ID} of them"
        raise BriefError([Problem("request_id", said)])
