"""Signing in and out: plain pages without script, and one cookie."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from brandstudio.domain.access import Action, Beyond, needs
from brandstudio.domain.accounts import LinkKind, Origin, SignInLink
from brandstudio.domain.passwords import MIN_PASSWORD
from brandstudio.domain.people import Role
from brandstudio.errors import (
    BriefError,
    Problem,
    SignInError,
    StudioError,
    TooManyAttemptsError,
)
from brandstudio.services.people import links, sessions
from brandstudio.services.studio import Studio
from brandstudio.web.gate.addresses import local_path
from brandstudio.web.gate.credentials import Credential, CredentialKind
from brandstudio.web.gate.middleware import Site
from brandstudio.web.gradio.views.words import at_time
from brandstudio.web.html import render
from brandstudio.web.routing import joined
from brandstudio.web.sign_in.cookies import forget_session, signed_in

MAX_TYPED = 256


class FormBody(BaseModel):
    """What a form sends: a field that it does not have is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class SignInForm(FormBody):
    """Name and password, and the page that somebody wanted to see."""

    name: str = ""
    password: str = ""
    next: str = ""


class WelcomeForm(FormBody):
    """What the holder of a link chose."""

    token: str = ""
    name: str = ""
    password: str = ""
    again: str = ""


def router(studio: Studio, site: Site) -> APIRouter:
    """The sign-in, welcome and sign-out routes."""
    door = _Door(studio)
    return joined(
        _sign_in(studio, site, door), _welcome(studio, site, door), _sign_out(studio, site)
    )


def _sign_in(studio: Studio, site: Site, door: "_Door") -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sign-in")
    @needs(Beyond.NO_SIGN_IN)
    def sign_in_page(
        request: Request, wanted: Annotated[str, Query(alias="next")] = ""
    ) -> Response:
        if request.state.person is not None:
            return RedirectResponse(local_path(wanted), status_code=303)
        return door.sign_in_page(request, wanted=wanted)

    @routes.post("/sign-in")
    @needs(Beyond.NO_SIGN_IN)
    def sign_in(request: Request, typed: Annotated[SignInForm, Form()]) -> Response:
        name, wanted = typed.name.strip(), typed.next
        try:
            origin = origin_of(request)
            token = sessions.sign_in(studio, name[:MAX_TYPED], typed.password, origin)
        except TooManyAttemptsError as error:
            page = door.sign_in_page(request, wanted=wanted, name=name, error=error, status=429)
            page.headers["Retry-After"] = str(error.wait_s)
            return page
        except StudioError as error:
            status = error.status
            return door.sign_in_page(request, wanted=wanted, name=name, error=error, status=status)
        end_session(studio, request)
        return signed_in(studio, site, token, local_path(wanted))

    return routes


def _welcome(studio: Studio, site: Site, door: "_Door") -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/welcome")
    @needs(Beyond.NO_SIGN_IN)
    def welcome_page(token: Annotated[str, Query(max_length=MAX_TYPED)] = "") -> Response:
        link = links.find(studio, token)
        return door.welcome_page(link, token) if link else _link_is_closed()

    @routes.post("/welcome")
    @needs(Beyond.NO_SIGN_IN)
    def welcome(request: Request, typed: Annotated[WelcomeForm, Form()]) -> Response:
        """Do what the link is for; it is used up only when the form is right."""
        token, name = typed.token[:MAX_TYPED], typed.name.strip()[:MAX_TYPED]
        link = links.find(studio, token)
        if link is None:
            return _link_is_closed()
        try:
            _check_same(typed.password, typed.again)
            session = links.use(
                studio, token, name=name, password=typed.password, origin=origin_of(request)
            )
        except BriefError as error:
            return door.welcome_page(link, token, name=name, error=error)
        except SignInError:
            return _link_is_closed()
        end_session(studio, request)
        return signed_in(studio, site, session, "/studio/")

    return routes


def _sign_out(studio: Studio, site: Site) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.post("/sign-out")
    @needs(Action.SIGNED_IN)
    def sign_out(request: Request) -> Response:
        end_session(studio, request)
        response = RedirectResponse("/sign-in", status_code=303)
        forget_session(response, site)
        # A shared computer keeps nothing of what was seen.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return routes


def origin_of(request: Request) -> Origin:
    """Where a request comes from, for limits and for the person's own list of sessions."""
    address = request.client.host if request.client else "unknown"
    return Origin(address, request.headers.get("user-agent", ""))


def end_session(studio: Studio, request: Request) -> None:
    """End the session that the browser came with: it was given up, or another takes its place."""
    credential: Credential | None = request.state.credential
    if credential is not None and credential.kind is CredentialKind.COOKIE:
        sessions.sign_out(studio, credential.secret)


class _Door:
    """The pages in front of the studio, with the ways in that this one has."""

    def __init__(self, studio: Studio) -> None:
        self.studio, settings = studio, studio.settings
        self.elsewhere = settings.oidc_name if settings.oidc_issuer else ""
        self.has_proxy = bool(settings.proxy_header)

    def sign_in_page(
        self,
        request: Request,
        *,
        wanted: str,
        name: str = "",
        error: StudioError | None = None,
        status: int = 200,
    ) -> Response:
        target = local_path(wanted)
        return render(
            "sign_in.html",
            status=status,
            wanted=target,
            name=name,
            error=error,
            elsewhere=self.elsewhere,
            elsewhere_url=f"/sign-in/elsewhere?{urlencode({'next': target})}",
            has_proxy=self.has_proxy,
            stranger=_proxy_name(request),
        )

    def welcome_page(
        self, link: SignInLink, token: str, *, name: str = "", error: BriefError | None = None
    ) -> Response:
        problems = {problem.place: problem.message for problem in error.problems} if error else {}
        # The first administrator must not depend on a provider that may be set up wrongly.
        elsewhere = "" if link.kind is LinkKind.FIRST_ADMINISTRATOR else self.elsewhere
        return render(
            "welcome.html",
            status=422 if error else 200,
            link=link,
            kinds=LinkKind,
            token=token,
            name=link.name or name,
            problems=problems,
            least=MIN_PASSWORD,
            elsewhere=elsewhere,
            elsewhere_url=f"/sign-in/elsewhere?{urlencode({'link': token})}",
            role_words=_in_words(self.studio, link),
            until=at_time(link.expires_at),
        )


def _proxy_name(request: Request) -> str:
    """The name that a proxy gave someone whom nobody here knows, or an empty text."""
    credential: Credential | None = request.state.credential
    is_vouched = credential is not None and credential.kind is CredentialKind.PROXY
    return credential.secret if credential and is_vouched else ""


def _in_words(studio: Studio, link: SignInLink) -> str:
    """`creator of Voltra and reviewer of Solenne`; `administrator` needs no brand."""
    brands = studio.catalogue.brands
    words = [
        role.in_words
        if role is Role.ADMINISTRATOR
        else f"{role.in_words} of {brands[slug].name if slug in brands else 'every brand'}"
        for slug, role in link.roles.items()
    ]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _link_is_closed() -> Response:
    return render("link_closed.html", status=410)


def _check_same(password: str, again: str) -> None:
    if password != again:
        raise BriefError([Problem("again", "type the same password twice")])
