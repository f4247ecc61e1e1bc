"""The way to the identity provider and back."""

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from brandstudio.domain.access import Beyond, needs
from brandstudio.errors import StudioError
from brandstudio.services import identities
from brandstudio.services.studio import Studio
from brandstudio.web.addresses import local_path
from brandstudio.web.auth import MAX_TYPED, end_session, origin_of
from brandstudio.web.cookies import signed_in
from brandstudio.web.failures import Failure, status_of
from brandstudio.web.gate import Site
from brandstudio.web.html import render
from brandstudio.web.oidc import Asked, Provider

log = logging.getLogger(__name__)
RETURN = "/sign-in/returned"
_MINUTES = 10


def router(studio: Studio, site: Site, link_base: str) -> APIRouter:
    """The two routes of single sign-on."""
    routes = APIRouter(include_in_schema=False)
    base = (studio.settings.public_url or link_base).rstrip("/")
    provider = Provider(studio.settings, f"{base}{RETURN}", studio.now)
    cookie = f"{'__Host-' if site.is_https else ''}bs_elsewhere"

    @routes.get("/sign-in/elsewhere")
    @needs(Beyond.NO_SIGN_IN)
    def leave(
        wanted: Annotated[str, Query(alias="next")] = "",
        link: Annotated[str, Query(max_length=MAX_TYPED)] = "",
    ) -> Response:
        secret = studio.draw_token()
        try:
            target = provider.authorization_url(Asked(secret))
        except StudioError as error:
            return _refused(error)
        response = RedirectResponse(target, status_code=303)
        response.set_cookie(
            cookie,
            _packed([secret, local_path(wanted)[:1000], link]),
            max_age=_MINUTES * 60,
            path="/",
            httponly=True,
            samesite="lax",
            secure=site.is_https,
        )
        return response

    @routes.get(RETURN)
    @needs(Beyond.NO_SIGN_IN)
    def come_back(request: Request) -> Response:
        """Sign in whom the provider vouches for; the cookie of the way works once."""
        secret, wanted, link = _unpacked(request.cookies.get(cookie, ""))
        try:
            found = provider.identity(Asked(secret or studio.draw_token()), request.query_params)
            token = identities.sign_in(
                studio, found.key, found.names, invitation=link, origin=origin_of(request)
            )
        except StudioError as error:
            response = _refused(error)
        else:
            end_session(studio, request)
            response = signed_in(studio, site, token, local_path(wanted))
        response.delete_cookie(
            cookie, path="/", httponly=True, samesite="lax", secure=site.is_https
        )
        return response

    return routes


def _refused(error: StudioError) -> Response:
    """A page with a reference; nothing that the provider said is shown."""
    cause = type(error.__cause__).__name__ if error.__cause__ else "no cause"
    log.warning("single sign-on refused: %s (%s)", error, cause)
    told = Failure(kind="sign_in", message=error.told, hint=error.hint)
    return render("error.html", status=max(status_of(error), 401), failure=told)


def _packed(parts: list[str]) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _unpacked(packed: str) -> tuple[str, str, str]:
    """Secret, wanted page and invitation; empty for what is no cookie of ours."""
    try:
        parts: Any = json.loads(urlsafe_b64decode(packed.encode()))
        secret, wanted, link = (str(part) for part in parts)
    except (ValueError, TypeError):
        return "", "", ""
    return secret, wanted, link
