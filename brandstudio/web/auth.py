"""Signing in and out: plain pages without script, and one cookie."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from brandstudio.domain.access import Action, Beyond, needs
from brandstudio.domain.accounts import Origin
from brandstudio.errors import BriefError, Problem, StudioError, TooManyAttemptsError
from brandstudio.services import links, sessions
from brandstudio.services.passwords import MIN_PASSWORD
from brandstudio.services.studio import Studio
from brandstudio.web.failures import status_of
from brandstudio.web.gate import SESSION_COOKIE, Site, local_path
from brandstudio.web.html import render

MAX_TYPED = 256
Typed = Annotated[str, Form()]


def router(studio: Studio, site: Site) -> APIRouter:
    """The sign-in, welcome and sign-out routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    @needs(Beyond.NO_SIGN_IN)
    def sign_in_page(
        request: Request, wanted: Annotated[str, Query(alias="next")] = ""
    ) -> Response:
        if request.state.person is not None:
            return RedirectResponse(local_path(wanted), status_code=303)
        return _sign_in_page(wanted=wanted)

    @routes.post("/sign-in")
    @needs(Beyond.NO_SIGN_IN)
    def sign_in(
        request: Request,
        name: Typed = "",
        password: Typed = "",
        wanted: Annotated[str, Form(alias="next")] = "",
    ) -> Response:
        name = name.strip()
        try:
            token = sessions.sign_in(studio, name[:MAX_TYPED], password, origin_of(request))
        except TooManyAttemptsError as error:
            page = _sign_in_page(wanted=wanted, name=name, error=error, status=429)
            page.headers["Retry-After"] = str(error.wait_s)
            return page
        except StudioError as error:
            return _sign_in_page(wanted=wanted, name=name, error=error, status=status_of(error))
        return _signed_in(studio, site, token, local_path(wanted))

    @routes.get("/welcome")
    @needs(Beyond.NO_SIGN_IN)
    def welcome_page(token: Annotated[str, Query(max_length=MAX_TYPED)] = "") -> Response:
        if links.find(studio, token) is None:
            return _link_is_closed()
        return render("welcome.html", token=token, name="", problems={}, least=MIN_PASSWORD)

    @routes.post("/welcome")
    @needs(Beyond.NO_SIGN_IN)
    def welcome(
        request: Request,
        token: Typed = "",
        name: Typed = "",
        password: Typed = "",
        again: Typed = "",
    ) -> Response:
        """Make the first administrator; the link is used up only when the form is right."""
        if links.find(studio, token[:MAX_TYPED]) is None:
            return _link_is_closed()
        name = name.strip()[:MAX_TYPED]
        try:
            _check_same(password, again)
            session = links.use(
                studio,
                token[:MAX_TYPED],
                name=name,
                password=password,
                origin=origin_of(request),
            )
        except BriefError as error:
            return _welcome_again(token, name, error)
        except StudioError:
            return _link_is_closed()
        return _signed_in(studio, site, session, "/studio/")

    @routes.post("/sign-out")
    @needs(Action.OWN_ACCOUNT)
    def sign_out(request: Request) -> Response:
        credential = request.state.credential
        if credential is not None and not credential.is_token:
            sessions.sign_out(studio, credential.secret)
        response = RedirectResponse("/sign-in", status_code=303)
        response.delete_cookie(
            SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=site.is_https
        )
        # A shared computer keeps nothing of what was seen.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return routes


def _sign_in_page(
    *, wanted: str, name: str = "", error: StudioError | None = None, status: int = 200
) -> Response:
    return render("sign_in.html", status=status, wanted=local_path(wanted), name=name, error=error)


def _welcome_again(token: str, name: str, error: BriefError) -> Response:
    problems = {problem.place: problem.message for problem in error.problems}
    return render(
        "welcome.html",
        status=422,
        token=token,
        name=name,
        problems=problems,
        least=MIN_PASSWORD,
    )


def _link_is_closed() -> Response:
    return render("link_closed.html", status=410)


def _signed_in(studio: Studio, site: Site, token: str, target: str) -> Response:
    response = RedirectResponse(target, status_code=303)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=studio.settings.session_hours * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=site.is_https,
    )
    return response


def _check_same(password: str, again: str) -> None:
    if password != again:
        raise BriefError([Problem("again", "type the same password twice")])


def origin_of(request: Request) -> Origin:
    """Where a request comes from, for limits and for the person's own list of sessions."""
    address = request.client.host if request.client else "unknown"
    return Origin(address, request.headers.get("user-agent", ""))
