"""What an ID token must be to be believed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

pytest.importorskip("joserfc")

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from brandstudio.web.sign_in.oidc_client import AuthorizationRequest, ProviderError, identity_of

KEY = RSAKey.generate_key(2048, parameters={"kid": "ours"})
KEYS: Any = KeySet([KEY]).as_dict()
MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "iss": "https://login.example",
    "aud": "studio",
    "sub": "mina-1",
    "nonce": "n",
    "iat": MOMENT.timestamp(),
    "exp": MOMENT.timestamp() + 300,
}


def read(token: str) -> Any:
    return identity_of(
        token, KEYS, issuer="https://login.example", client_id="studio", nonce="n", now=MOMENT
    )


def signed(**changes: Any) -> str:
    claims = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "ours"}, claims, KEY)


def test_a_good_token_says_who_it_is():
    assert read(signed(preferred_username="mina")).key == "https://login.example mina-1"
    assert read(signed(name=" Mina ", email=7)).names == ["Mina"]
    assert read(signed(aud=["studio", "other"], azp="studio"))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another program"},
        {"aud": ["studio", "other"]},
        {"aud": ["studio", "other"], "azp": "other"},
        {"azp": "other"},
        {"iss": "https://evil.example"},
        {"exp": MOMENT.timestamp() - 300},
        {"exp": None},
        {"iat": MOMENT.timestamp() + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_here_and_now_is_refused(changes: dict[str, Any]):
    with pytest.raises(ProviderError):
        read(signed(**changes))


def test_a_token_that_the_provider_did_not_sign_is_refused():
    stranger = RSAKey.generate_key(2048, parameters={"kid": "ours"})
    forged = jwt.encode({"alg": "RS256", "kid": "ours"}, GOOD, stranger)
    # The public key as a shared secret: an old trick.
    public = OctKey.import_key(json.dumps(KEYS["keys"][0]))
    confused = jwt.encode({"alg": "HS256", "kid": "ours"}, GOOD, public)
    _, body, signature = signed().split(".")
    none = f"eyJhbGciOiJub25lIiwia2lkIjoib3VycyJ9.{body}."
    for token in (forged, confused, none, f"{none}{signature}", "", "a.b.c"):
        with pytest.raises(ProviderError):
            read(token)


def test_what_is_asked_comes_from_the_secret_and_does_not_tell_it():
    one, two = AuthorizationRequest("a secret"), AuthorizationRequest("another")
    parts = {one.state, one.nonce, one.verifier, one.challenge, two.state, two.nonce}
    assert len(parts) == 6
    assert "secret" not in str(parts)
