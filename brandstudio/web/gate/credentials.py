"""What a request proves itself with, and whose it is right now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from brandstudio.domain.people import Person
from brandstudio.services.people import sessions, tokens, users
from brandstudio.services.studio import Studio

_LONGEST = 256
_BEARER_PREFIXES = (
    *("/api/v1/", "/images/", "/uploads/", "/brands/", "/renditions/"),
    *("/readyz", "/metrics"),
)


class CredentialKind(Enum):
    """What a request proves itself with."""

    COOKIE = auto()
    API_TOKEN = auto()
    PROXY = auto()
    """A name that a trusted proxy vouches for; no secret."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A request's proof of who asks."""

    secret: str
    kind: CredentialKind = CredentialKind.COOKIE

    @property
    def is_token(self) -> bool:
        """Whether a program asks, which no other site can make do so."""
        return self.kind is CredentialKind.API_TOKEN


def identify(studio: Studio, credential: Credential | None) -> Person | None:
    """Whose credential this is right now, or None. Roles are read fresh each time."""
    return PERSON_OF[credential.kind](studio, credential.secret) if credential else None


def holds(studio: Studio, credential: Credential) -> bool:
    """Whether somebody is still signed in with this; looking does not count as using it."""
    if credential.kind is CredentialKind.COOKIE:
        return sessions.is_open(studio, credential.secret)
    return identify(studio, credential) is not None


def credential_of(
    headers: Headers, path: str, cookie_name: str, vouched: str = ""
) -> Credential | None:
    """A request's API token, else whom a proxy vouches for, else its session cookie, else None."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and path.startswith(_BEARER_PREFIXES):
        return Credential(token.strip()[:_LONGEST], CredentialKind.API_TOKEN)
    if vouched:
        return Credential(vouched, CredentialKind.PROXY)
    cookies = HTTPConnection({"type": "http", "headers": headers.raw}).cookies
    cookie = cookies.get(cookie_name)
    return Credential(cookie[:_LONGEST]) if cookie else None


def _by_cookie(studio: Studio, secret: str) -> Person | None:
    return sessions.person_of_session(studio, secret)


PERSON_OF: Mapping[CredentialKind, Callable[[Studio, str], Person | None]] = {
    CredentialKind.COOKIE: _by_cookie,
    CredentialKind.API_TOKEN: tokens.person_of_api_token,
    CredentialKind.PROXY: users.found,
}
