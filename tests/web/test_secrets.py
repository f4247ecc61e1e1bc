"""Secrets that go through the studio are nowhere afterwards: not in its files, not in its log."""

import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest

from brandstudio.domain.people import Role, Scope
from brandstudio.services.people import links, tokens
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.server import without_pages
from tests.conftest import PASSWORD, People
from tests.web.conftest import ORIGIN
from tests.web.serving import Address, Answer, serving

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MISTYPED = "corect horse battery"
CHOSEN = "zwölf Enten im Teich"


@dataclass
class Served:
    """A studio that writes down everything it can."""

    address: Address
    studio: Studio
    log: io.StringIO
    secrets: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, typed: Mapping[str, str], **headers: str) -> Answer:
        """Send a form, as a page of ours does."""
        body = urlencode(typed).encode()
        return self.address.ask("POST", path, FORM | {"Origin": self.address.url} | headers, body)

    def keep_cookie(self, name: str, answer: Answer) -> dict[str, str]:
        """Remember the secret of a session, and send it along from now on."""
        [cookie] = answer.headers["set-cookie"]
        found = re.match(rf"{SESSION_COOKIE}=([^;]+)", cookie)
        assert found
        self.secrets[name] = found[1]
        return {"Cookie": f"{SESSION_COOKIE}={found[1]}"}


@pytest.fixture
def served(studio: Studio) -> Iterator[Served]:
    # Not by the studio's own formats, which blot secrets out: nobody may log one to begin with.
    log, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    root.addHandler(logging.StreamHandler(log))
    root.setLevel(logging.DEBUG)
    with serving(without_pages(studio, link_base=ORIGIN)) as address:
        yield Served(address, studio, log)
    root.handlers[:], root.level = before


def use_everything(served: Served, people: People) -> None:
    """Every secret there is goes over the line, rightly and wrongly."""
    studio, secrets = served.studio, served.secrets
    secrets |= {"password": PASSWORD, "mistyped": MISTYPED, "chosen": CHOSEN}
    served.post("/sign-in", {"name": "carla", "password": MISTYPED})
    served.post("/sign-in", {"name": PASSWORD, "password": "carla"})
    cookie = served.keep_cookie(
        "session", served.post("/sign-in", {"name": "carla", "password": PASSWORD})
    )
    token = tokens.create(studio, person=people.ada, name="script", scopes={Scope.READ})
    invited = links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    forgotten = links.for_password(studio, people.rita.id, person=people.ada)
    secrets |= {"token": token, "invitation": invited, "link": forgotten}
    for path in ("/api/v1/runs", "/api/v1/runs/99", "/readyz", "/nothing"):
        served.address.ask("GET", path, cookie)
        served.address.ask("GET", path, {"Authorization": f"Bearer {token}"})
        served.address.ask("GET", path, {"Authorization": f"Bearer {token}x"})
    for link in (invited, forgotten):
        page = f"/welcome?token={link}"
        served.address.ask("GET", page)
        served.address.ask("GET", "/static/css/tokens.css", {"Referer": served.address.url + page})
        short = {"token": link, "name": "Mina", "password": "short", "again": "short"}
        served.post("/welcome", short)
        whole = short | {"password": CHOSEN, "again": CHOSEN}
        served.keep_cookie(f"session of {link}", served.post("/welcome", whole))
        served.post("/welcome", whole)
    served.address.raw(f"GET /welcome?token={invited} HTTP/9.9\r\n\r\n".encode())
    served.post("/sign-out", {}, **cookie)


def stored(folder: Path) -> bytes:
    """Every byte of every file the studio has."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_secret_is_kept_or_written_down(served: Served, people: People):
    use_everything(served, people)
    assert len(served.secrets) == 9
    kept, told = stored(served.studio.settings.data_dir), served.log.getvalue()
    assert b"carla" in kept  # or nothing was looked at
    assert "/api/v1/runs/99" in told
    for name, secret in served.secrets.items():
        assert secret.encode() not in kept, name
        assert secret not in told, name
        assert urlencode({"": secret}).encode()[1:] not in kept, name
