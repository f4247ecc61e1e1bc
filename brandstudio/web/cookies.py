"""The cookies there are: one for the session, and one while someone signs in elsewhere."""

from starlette.responses import RedirectResponse, Response

from brandstudio.services.studio import Studio
from brandstudio.web.gate import Site

ELSEWHERE = "bs_elsewhere"


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
