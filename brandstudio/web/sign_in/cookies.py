"""The session cookie, and the cookie of an OpenID Connect sign-in under way."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import Site

_ELSEWHERE = "bs_elsewhere"
_MINUTES_ELSEWHERE = 10


def signed_in(studio: Studio, site: Site, token: str, target: str) -> Response:
    """The answer that signs a browser in and leads it on."""
    response = RedirectResponse(target, status_code=303)
    response.set_cookie(
        site.cookie,
        token,
        max_age=studio.settings.session_hours * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=site.is_https,
    )
    return response


def forget_session(response: Response, site: Site) -> None:
    """Have the browser drop its session's cookie."""
    response.delete_cookie(
        site.cookie, path="/", httponly=True, samesite="lax", secure=site.is_https
    )


def begin_oidc(response: Response, site: Site, packed: str) -> None:
    """Have the browser remember what it needs when it comes back from the identity provider."""
    response.set_cookie(
        _oidc_cookie(site),
        packed,
        max_age=_MINUTES_ELSEWHERE * 60,
        path="/",
        httponly=True,
        samesite="lax",
        secure=site.is_https,
    )


def oidc_state_of(request: Request, site: Site) -> str:
    """What the browser remembered; an empty text when it did not leave from here."""
    return request.cookies.get(_oidc_cookie(site), "")


def end_oidc(response: Response, site: Site) -> None:
    """Have the browser forget it: it works once."""
    response.delete_cookie(
        _oidc_cookie(site), path="/", httponly=True, samesite="lax", secure=site.is_https
    )


def _oidc_cookie(site: Site) -> str:
    return f"__Host-{_ELSEWHERE}" if site.is_https else _ELSEWHERE
