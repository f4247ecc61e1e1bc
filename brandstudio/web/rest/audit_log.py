"""The audit log over REST: pages of it, and all of it as a file."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from brandstudio.domain.access import Action, needs
from brandstudio.domain.audit_log.entries import (
    MAX_SOUGHT,
    Kind,
    LogFormat,
    Sought,
    Source,
    sentence,
)
from brandstudio.errors import BriefError, Problem
from brandstudio.services import audit_log
from brandstudio.services.studio import Studio
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import CurrentPerson
from brandstudio.web.rest.part import ADMINISTRATION, part

Word = Annotated[str, Query(max_length=64)]


PARAMETERS = frozenset(
    {"brand", "person", "kind", "since", "until", "text", "before", "limit", "format"}
)
"""What may stand behind the `?`: a filter that is misspelt would show more than was meant."""


class LogEntryBody(Body):
    """One thing that happened."""

    source: Source
    number: int = Field(description="Its place among what happened, or among the decisions")
    at: datetime
    event: str
    kind: Kind
    actor: str
    subject: str
    brand: str = Field(description="Empty for what concerns no brand, or several")
    detail: dict[str, str]
    sentence: str = Field(description="What happened, as one would tell it")


class LogBody(Body):
    """Some of the audit log, newest first; `next_before` asks for the page after it."""

    entries: list[LogEntryBody]
    next_before: str


def filter_of(
    request: Request,
    brand: Word = "",
    person: Word = "",
    kind: Kind | None = None,
    since: Annotated[
        datetime | None, Query(description="From then on; a day alone begins at 00:00 UTC")
    ] = None,
    until: Annotated[datetime | None, Query(description="Up to then, without it")] = None,
    text: Annotated[
        str, Query(max_length=MAX_SOUGHT, description="Part of what was acted on, or of a comment")
    ] = "",
) -> Sought:
    """The filters of an address, or BriefError naming one that there is not."""
    if unknown := sorted(set(request.query_params) - PARAMETERS):
        raise BriefError([Problem(name[:64], "is no filter of the log") for name in unknown[:20]])
    return Sought(brand, person, kind, _aware(since, "since"), _aware(until, "until"), text.strip())


LogFilter = Annotated[Sought, Depends(filter_of)]


def router(studio: Studio) -> APIRouter:
    """The log's routes, below /api/v1/administration."""
    routes = part("Audit log", ADMINISTRATION)

    @routes.get("/log")
    @needs(Action.SEE_ACTIVITY)
    def log(
        log_filter: LogFilter,
        person: CurrentPerson,
        before: Annotated[str, Query(max_length=40)] = "",
        limit: Annotated[int, Query(ge=1, le=audit_log.MAX_PAGE)] = 50,
    ) -> LogBody:
        """What happened and what was decided, newest first, in the brands that you answer for."""
        page = audit_log.log(studio, log_filter, person=person, before=before, limit=limit)
        names = audit_log.brand_names(studio)
        return LogBody(
            entries=[
                LogEntryBody.of(entry, sentence=sentence(entry, names)) for entry in page.entries
            ],
            next_before=page.next_before,
        )

    @routes.get("/log/export", response_class=StreamingResponse)
    @needs(Action.SEE_ACTIVITY)
    def export(
        log_filter: LogFilter,
        person: CurrentPerson,
        form: Annotated[LogFormat, Query(alias="format")] = LogFormat.CSV,
    ) -> StreamingResponse:
        """All that the filters show, as a file; that it was taken out is noted in the log."""
        pieces = audit_log.export(studio, log_filter, form, person=person)
        name = f"audit-log-{studio.now():%Y-%m-%d}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(pieces, media_type=form.media_type, headers=headers)

    return routes


def _aware(moment: datetime | None, place: str) -> datetime | None:
    """The moment in UTC, or BriefError for one that UTC's calendar has no day for."""
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BriefError([Problem(place, "is a day that no calendar has")]) from error
