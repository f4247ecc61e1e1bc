"""OpenID Connect: redirect and callback."""

import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from brandstudio.domain.access import Beyond, needs
from brandstudio.errors import StudioError
from brandstudio.services.people import identities
from brandstudio.services.studio import Studio
from brandstudio.web.failures import Failure
from brandstudio.web.gate.addresses import local_path
from brandstudio.web.gate.middleware import Site
from brandstudio.web.html import render
from brandstudio.web.sign_in.cookies import begin_oidc, end_oidc, oidc_state_of, signed_in
from brandstudio.web.sign_in.oidc_client import (
    AuthorizationRequest,
    Identity,
    Provider,
    ProviderError,
)
from brandstudio.web.sign_in.password import MAX_TYPED, end_session, origin_of

log = logging.getLogger(__name__)
T = TypeVar("T")
RETURN = "/sign-in/returned"
AT_ONCE = 8
"""Requests to the provider at one time; more wait."""
_PATIENCE_S = 15.0


def router(studio: Studio, site: Site, link_base: str) -> APIRouter:
    """The two routes of single sign-on."""
    routes = APIRouter(include_in_schema=False)
    base = (studio.settings.public_url or link_base).rstrip("/")
    provider = Provider(studio.settings, f"{base}{RETURN}", studio.now)
    in_thread = _provider_threads()

    @routes.get("/sign-in/elsewhere")
    @needs(Beyond.NO_SIGN_IN)
    async def leave(
        request: Request,
        wanted: Annotated[str, Query(alias="next")] = "",
        link: Annotated[str, Query(max_length=MAX_TYPED)] = "",
    ) -> Response:
        if link and request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            # Who was led here by another page first reads what the link is for.
            return RedirectResponse(f"/welcome?{urlencode({'token': link})}", status_code=303)
        secret = studio.draw_token()
        try:
            target = await in_thread(
                partial(provider.authorization_url, AuthorizationRequest(secret))
            )
        except StudioError as error:
            return _refused(error)
        response = RedirectResponse(target, status_code=303)
        begin_oidc(response, site, _packed(secret, local_path(wanted)[:1000], link))
        return response

    @routes.get(RETURN)
    @needs(Beyond.NO_SIGN_IN)
    async def come_back(request: Request) -> Response:
        """Sign in whom the provider vouches for; the cookie works once."""
        secret, wanted, link = _unpacked(oidc_state_of(request, site))
        authorization = AuthorizationRequest(secret or studio.draw_token())
        try:
            ask = partial(provider.identity, authorization, request.query_params)
            identity = await in_thread(ask)
            token = await to_thread.run_sync(_open_session, studio, identity, link, request)
        except StudioError as error:
            response = _refused(error)
        else:
            response = signed_in(studio, site, token, local_path(wanted))
        end_oidc(response, site)
        return response

    return routes


def _provider_threads() -> Callable[[Callable[[], T]], Awaitable[T]]:
    """Asks the provider on a few threads of its own.

    Any stranger can have it asked, and one that is slow must not hold up everybody else.
    """
    limiter = CapacityLimiter(AT_ONCE)

    async def run(ask: Callable[[], T]) -> T:
        try:
            with fail_after(_PATIENCE_S):
                return await to_thread.run_sync(ask, limiter=limiter)
        except TimeoutError as error:
            raise ProviderError("The identity provider does not answer") from error

    return run


def _open_session(studio: Studio, identity: Identity, link: str, request: Request) -> str:
    """The token of a new session; the one that the browser had ends."""
    token = identities.sign_in(
        studio, identity.key, identity.names, invitation=link, origin=origin_of(request)
    )
    end_session(studio, request)
    return token


def _refused(error: StudioError) -> Response:
    """A page with a reference; nothing that the provider said is shown."""
    cause = type(error.__cause__).__name__ if error.__cause__ else "no cause"
    log.warning("single sign-on refused: %s (%s)", error, cause)
    failure = Failure(kind="sign_in", message=error.public_message, hint=error.hint)
    return render("error.html", status=max(error.status, 401), failure=failure)


def _packed(*parts: str) -> str:
    return ".".join(urlsafe_b64encode(part.encode()).decode() for part in parts)


def _unpacked(packed: str) -> tuple[str, str, str]:
    """Secret, wanted page and invitation; empty for what is no cookie of ours."""
    try:
        parts = [urlsafe_b64decode(part.encode()).decode() for part in packed.split(".")]
        secret, wanted, link = parts
    except ValueError:
        return "", "", ""
    return secret, wanted, link
