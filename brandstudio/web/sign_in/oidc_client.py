"""OpenID Connect client: authorization code flow with PKCE.

Loaded only where BRANDSTUDIO_OIDC_ISSUER is set. What a browser proves when it comes back is all
made from one secret in its own cookie, so nothing is kept here meanwhile.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from brandstudio.errors import StudioError
from brandstudio.settings import LOOPBACK, Settings

ALGORITHMS = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
]  # fmt: skip
"""Signatures that only the provider can make; never `none`, never a shared secret."""
_TIMEOUT_S = 10.0
_CLOCKS_DIFFER_S = 120
_LONGEST_SUBJECT = 255
_NAMES = ("preferred_username", "name", "email")


class ProviderError(StudioError):
    """The identity provider did not answer as it must, or not to this browser."""

    hint = "Start again from the sign-in page; if it happens twice, tell whoever runs this studio."


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What was asked of the provider in the name of one browser, all from that browser's secret."""

    secret: str

    @property
    def state(self) -> str:
        """The OAuth `state`: comes back in the address, and proves that this browser began."""
        return self._part("state")

    @property
    def nonce(self) -> str:
        """The OpenID `nonce`: comes back in the ID token, and proves it is for this browser."""
        return self._part("nonce")

    @property
    def verifier(self) -> str:
        """The PKCE verifier: redeems the code; the provider saw only its hash."""
        return self._part("verifier")

    @property
    def challenge(self) -> str:
        """The hash of the verifier."""
        return _base64(hashlib.sha256(self.verifier.encode()).digest())

    def _part(self, of: str) -> str:
        return _base64(hashlib.sha256(f"{of} {self.secret}".encode()).digest())


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for, and what it calls them."""

    issuer: str
    subject: str
    names: Sequence[str]

    @property
    def key(self) -> str:
        """As it is kept with a person."""
        return f"{self.issuer} {self.subject}"


@dataclass(slots=True)
class Provider:
    """The provider at an issuer's address; its endpoints are read once."""

    settings: Settings
    redirect_uri: str
    now: Callable[[], datetime]
    open_client: Callable[[], httpx.Client] = field(
        default=lambda: httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False)
    )
    _metadata: Mapping[str, str] | None = None

    def authorization_url(self, request: AuthorizationRequest) -> str:
        """Where the browser goes to sign in."""
        query = {
            "response_type": "code",
            "client_id": self.settings.oidc_client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": request.challenge,
            "code_challenge_method": "S256",
        }
        address = self._endpoint("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    def identity(self, request: AuthorizationRequest, returned: Mapping[str, str]) -> Identity:
        """Whom the provider vouches for, from the address it sent the browser back to."""
        if not compare_digest(returned.get("state", "").encode(), request.state.encode()):
            raise ProviderError("This sign-in was not begun in this browser")
        if "iss" in returned and returned["iss"].rstrip("/") != self.settings.oidc_issuer:
            raise ProviderError("Another provider answered than was asked")
        if not returned.get("code"):
            raise ProviderError("The provider did not sign you in")
        token = self._redeem(returned["code"], request)
        keys = self._json("GET", self._endpoint("jwks_uri"))
        return identity_of(
            token,
            keys,
            issuer=self._endpoint("issuer"),
            client_id=self.settings.oidc_client_id,
            nonce=request.nonce,
            now=self.now(),
        )

    def _redeem(self, code: str, request: AuthorizationRequest) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": request.verifier,
        }
        client_id = self.settings.oidc_client_id
        secret = self.settings.oidc_client_secret.get_secret_value()
        basic = httpx.BasicAuth(client_id, secret) if secret else None
        answer = self._json(
            "POST",
            self._endpoint("token_endpoint"),
            data=form if basic else form | {"client_id": client_id},
            auth=basic,
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("The provider sent no identity")
        return token

    def _endpoint(self, name: str) -> str:
        if self._metadata is None:
            address = f"{self.settings.oidc_issuer}/.well-known/openid-configuration"
            metadata = self._json("GET", address)
            if str(metadata.get("issuer", "")).rstrip("/") != self.settings.oidc_issuer:
                raise ProviderError("The provider says that it is another one")
            self._metadata = metadata
        address = str(self._metadata.get(name, ""))
        there = urlsplit(address)
        if there.scheme != "https" and there.hostname not in LOOPBACK:
            raise ProviderError("The provider names an address that is not safe")
        return address

    def _json(self, method: str, address: str, **more: Any) -> Mapping[str, Any]:
        try:
            with self.open_client() as client:
                answer = client.request(method, address, **more)
            content: Any = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError("The identity provider does not answer") from error
        if not isinstance(content, dict):
            raise ProviderError("The identity provider refused")
        return cast(Mapping[str, Any], content)


def identity_of(
    token: str,
    keys: Mapping[str, Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    now: datetime,
) -> Identity:
    """Whom an ID token vouches for, or ProviderError when it is not meant for us, here and now."""
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_CLOCKS_DIFFER_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
    )
    try:
        claims = jwt.decode(token, KeySet.import_key_set(cast(Any, keys)), ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderError("The provider's word for who you are does not hold") from error
    audience = claims["aud"]
    is_for_several = isinstance(audience, list) and len(cast(list[object], audience)) > 1
    if claims.get("azp", None if is_for_several else client_id) != client_id:
        raise ProviderError("The provider's word for who you are was given to another program")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_SUBJECT:
        raise ProviderError("The provider does not say who you are")
    names = [claims.get(name) for name in _NAMES]
    return Identity(issuer, subject, [name.strip() for name in names if isinstance(name, str)])


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
