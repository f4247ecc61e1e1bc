"""Where Gradio's events meet the services: who asks, and how an expected failure is told."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import Person
from brandstudio.errors import SignInError, StudioError
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from brandstudio.web.failures import log_details
from brandstudio.web.gate.middleware import SESSION_COOKIE

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


def event(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An event of a page that asks for this action; an expected failure becomes a toast.

    A bug reaches the log with its traceback.
    """

    def declare(handler: Callable[P, R]) -> Callable[P, R]:
        @needs(action)
        @wraps(handler)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return handler(*args, **kwargs)
            except StudioError as error:
                log.info("refused %s: %s", handler.__name__, type(error).__name__)
                log_details(error)
                raise gr.Error(
                    f"{error.public_message}. {error.hint}", print_exception=False
                ) from error

        return guarded

    return declare


def current_person(studio: Studio, request: gr.Request) -> Person:
    """Who sent this event: the name the gate gave to Gradio, never anything from a form."""
    person = users.found(studio, request.username or "")
    if person is None:  # disabled since the gate let this through
        raise SignInError("You are not signed in any more")
    return person


def session_token(request: gr.Request) -> str:
    """The secret of the browser's own session; empty for who came another way."""
    cookies: Any = getattr(request, "cookies", {})
    names = (f"__Host-{SESSION_COOKIE}", SESSION_COOKIE)
    return next((str(cookies[name]) for name in names if name in cookies), "")


def query_value(request: gr.Request, name: str) -> str:
    """A value from the page's address, or an empty text."""
    address: Any = request
    return str(address.query_params.get(name, ""))
