"""Turns every failure into one shape of answer: status, message, hint."""

import logging
import re
import secrets
from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from brandstudio.errors import (
    BriefError,
    Problem,
    StudioError,
    without_places,
)
from brandstudio.logs import reference
from brandstudio.web.html import render

log = logging.getLogger(__name__)


class ProblemBody(BaseModel):
    """One thing wrong with one place."""

    place: str
    message: str


class Failure(BaseModel):
    """What went wrong, in words for a person, and a name for a program.

    Under the reference the log has the rest; it is the request's X-Request-Id, too.
    """

    kind: str
    message: str
    hint: str = ""
    reference: str = Field(default_factory=reference)
    problems: list[ProblemBody] = []


class FailureBody(BaseModel):
    """Every answer that is not a success looks like this."""

    error: Failure


HTTP_FAILURES = {
    400: ("malformed", "This request cannot be read", "Send valid JSON."),
    401: ("sign_in", "You are not signed in", "Sign in, or send a valid API token."),
    403: ("forbidden", "This is not allowed", "Ask an administrator."),
    404: ("not_found", "There is nothing at this address", "Check the address."),
    405: ("method", "This address does not take that method", "See the API page."),
    408: ("too_slow", "The request took too long to arrive", "Send it again."),
    413: ("too_large", "The request is larger than 1 MB", "Send less text; nothing was stored."),
    415: ("media_type", "This kind of content cannot be read", "Send application/json."),
    422: ("malformed", "Some values are not what they must be", "Correct what is listed."),
    429: ("too_many", "Too many attempts", "Wait a while, then try again."),
}


def failure(status: int, *, message: str = "", hint: str = "") -> Failure:
    """The failure for a bare HTTP status; `message` and `hint` replace the usual words."""
    usual = HTTP_FAILURES.get(status, ("failed", HTTPStatus(status).phrase, StudioError.hint))
    return Failure(kind=usual[0], message=message or usual[1], hint=hint or usual[2])


def kind_of(kind: type[StudioError]) -> str:
    """What programs know a kind of failure by: `queue_full`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__.removesuffix("Error")).lower()


def failure_of(error: StudioError) -> Failure:
    """An expected failure as JSON shows it."""
    # Those of a preset are for whoever can open its file.
    problems: Sequence[Problem] = error.problems if isinstance(error, BriefError) else ()
    return Failure(
        kind=kind_of(type(error)),
        message=error.public_message,
        hint=error.hint,
        problems=[ProblemBody(place=p.place, message=without_places(p.message)) for p in problems],
    )


def refusal(scope: Scope, error: StudioError) -> Response:
    """The answer to an expected failure; one that says how long to wait says so in a header too."""
    log_details(error)
    wait_s = getattr(error, "wait_s", None)
    headers = {} if wait_s is None else {"retry_after": str(wait_s)}
    return answer(scope, error.status, failure_of(error), **headers)


def log_details(error: StudioError) -> None:
    """Log what a browser is not shown of an expected failure; never what people typed."""
    if str(error) != error.public_message and not isinstance(error, BriefError):
        log.warning("%s: %s", type(error).__name__, error)


def unexpected(error: Exception, scope: Scope) -> Failure:
    """A bug in answering a request."""
    return log_bug(error, f"{scope['method']} {_path(scope)}")


def log_bug(error: Exception, doing: str) -> Failure:
    """Log a bug under a reference; people see that and nothing of the inside."""
    number = reference() or secrets.token_hex(6)
    log.error("request failed, reference %s: %s", number, doing, exc_info=error)
    return Failure(
        kind="unexpected",
        message=f"Something went wrong on our side (reference {number})",
        hint="Try again; if it happens twice, give the reference to whoever runs this studio.",
        reference=number,
    )


def answer(scope: Scope, status: int, what: Failure, **headers: str) -> Response:
    """The failure as a page for a browser that asked for a page, as JSON for everyone else."""
    _note(scope, status, what)
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    if wants_page(scope):
        page = render("error.html", status=status, failure=what)
        page.status_code = status
        page.headers.update(extra)
        return page
    body = FailureBody(error=what).model_dump()
    if scope["path"].startswith("/studio/gradio_api/"):
        # What Gradio's own pages show.
        body["detail"] = f"{what.message}. {what.hint} Reference {what.reference}."
    return JSONResponse(body, status_code=status, headers=extra)


def _note(scope: Scope, status: int, what: Failure) -> None:
    """One line in the log, so that a reference somebody quotes leads somewhere.

    Strangers who are sent to sign in, or told to wait, could fill it.
    """
    is_stranger = scope.get("state", {}).get("person") is None
    if not (is_stranger and status in {401, 429}):
        log.info("answered %s %s with %d: %s", scope["method"], _path(scope), status, what.kind)


def _path(scope: Scope) -> str:
    return scope["path"].encode("unicode_escape").decode()


def wants_page(scope: Scope) -> bool:
    """Whether a person looks at this in a browser window."""
    accept = next((v for k, v in scope["headers"] if k == b"accept"), b"")
    path: str = scope["path"]
    is_program = path.startswith(("/api/v1/", "/images/", "/studio/gradio_api/"))
    return b"text/html" in accept and (not is_program or path == "/api/v1/docs")


def install(app: FastAPI) -> None:
    """Make every failure of the app's routes leave in that shape."""
    app.add_exception_handler(StudioError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, StudioError)
    return refusal(request.scope, error)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return answer(request.scope, 400, failure(400))
    what = failure(422)
    what.problems = [
        ProblemBody(
            place=".".join(str(part) for part in fault["loc"] if part != "body") or "body",
            message=fault["msg"].removeprefix("Value error, "),
        )
        for fault in faults[:50]
    ]
    return answer(request.scope, 422, what)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = answer(request.scope, error.status_code, failure(error.status_code))
    response.headers.update(error.headers or {})
    return response
