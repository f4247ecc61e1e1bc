"""A real OpenID provider in a process of its own, and browsers that go there and come back."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from brandstudio.domain.people import Role
from brandstudio.services.people import links
from brandstudio.services.studio import Studio
from brandstudio.web.server import without_pages
from tests.conftest import People

ORIGIN = "http://127.0.0.1:7860"
MINA = {"sub": "mina-1", "name": "Mina Okafor", "email": "mina@corp.example"}
Browser = Callable[..., TestClient]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider in a process of its own that knows Mina and lets in whoever is named."""
    if find_spec("oidc_provider_mock") is None or find_spec("joserfc") is None:
        pytest.skip("no OpenID provider to sign in at")
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    command += ["--require-nonce", "true", "--user-claims", json.dumps(MINA)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def browser(studio: Studio, people: People, issuer: str) -> Browser:  # noqa: ARG001 - who sign in
    """A browser in front of a studio that knows the provider."""

    def make(**settings: Any) -> TestClient:
        changes = {
            "oidc_issuer": issuer,
            "oidc_client_id": "studio",
            "oidc_client_secret": SecretStr("provider-secret"),
            "oidc_name": "Corp",
        }
        chosen = studio.settings.model_copy(update=changes | settings)
        now = replace(studio, settings=chosen, now=lambda: datetime.now(UTC))
        return TestClient(
            without_pages(now, link_base=ORIGIN),
            base_url=ORIGIN,
            follow_redirects=False,
            headers={"Origin": ORIGIN, "Accept": "text/html"},
        )

    return make


@dataclass
class Way:
    """A browser's way to the provider and back."""

    client: TestClient
    subject: str = "mina-1"
    query: str = ""

    def to_the_provider(self) -> str:
        answer = self.client.get(f"/sign-in/elsewhere{self.query}")
        assert answer.status_code == 303
        return answer.headers["location"]

    def back(self) -> str:
        """The address to which the provider sends the browser."""
        answer = httpx.post(self.to_the_provider(), data={"sub": self.subject})
        assert answer.status_code == 302
        return answer.headers["location"].removeprefix(ORIGIN)


def invited(studio: Studio, people: People, name: str = "") -> str:
    now = replace(studio, now=lambda: datetime.now(UTC))
    return links.invite(now, name, {"voltra": Role.CREATOR}, person=people.ada)
