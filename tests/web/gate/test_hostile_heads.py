"""Heads of requests that no browser sends: each is refused in words, none is a bug of ours."""

from itertools import product

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.domain.people import Role
from brandstudio.services.people import links
from brandstudio.services.studio import Studio
from brandstudio.web.gate.addresses import local_path
from brandstudio.web.server import without_pages
from tests.conftest import PASSWORD, People
from tests.web.serving import serving

GRADIO = "/studio/gradio_api"
HTTPS = "https://studio.example"
UNREADABLE = ("//[", "//[::1", "//[evil]", "///[", "/[", "/studio/[x]", "/?[=]")


@pytest.mark.parametrize("wanted", UNREADABLE)
def test_a_page_to_go_to_that_is_no_address_leads_to_a_page_of_ours(
    visitor: TestClient, carla: TestClient, wanted: str
):
    assert local_path(wanted).startswith("/")
    assert not local_path(wanted).startswith("//")
    assert visitor.get("/sign-in", params={"next": wanted}).status_code == 200
    assert carla.get("/sign-in", params={"next": wanted}).status_code == 303
    typed = {"name": "carla", "password": "wrong", "next": wanted}
    assert visitor.post("/sign-in", data=typed).status_code == 401


@pytest.mark.parametrize(
    "origin",
    ["http://[", "http://[::1", "//127.0.0.1:7860", "127.0.0.1:7860", "http:127.0.0.1:7860",
     "ftp://127.0.0.1:7860", "http://127.0.0.1:7860/", "http://u@127.0.0.1:7860", "",
     "http://127.0.0.1:7860 http://evil.example"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/sign-in", "/welcome", "/sign-out", "/api/v1/decisions"])
def test_an_origin_that_is_not_exactly_ours_is_another_site(
    carla: TestClient, origin: str, path: str
):
    assert carla.post(path, headers={"Origin": origin}, json={}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_no_other_site_signs_anybody_in(
    visitor: TestClient, studio: Studio, people: People, headers: dict[str, str]
):
    invited = links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    right = {"name": "carla", "password": PASSWORD, "again": PASSWORD, "token": invited}
    for path in ("/sign-in", "/welcome"):
        answer = visitor.post(path, data=right, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert links.find(studio, invited)


@pytest.mark.usefixtures("people")
def test_over_https_a_page_that_came_over_plain_http_is_another_site(studio: Studio):
    """Whoever sits on the line can write that page."""
    client = TestClient(without_pages(studio, link_base=HTTPS), base_url=HTTPS)
    typed = {"name": "carla", "password": "wrong"}
    plain = {"Origin": "http://studio.example"}
    assert client.post("/sign-in", data=typed, headers=plain).status_code == 403
    assert client.post("/sign-in", data=typed, headers={"Origin": HTTPS}).status_code == 401


@pytest.mark.parametrize("second", ["evil.example", "127.0.0.1:7860"])
def test_two_host_names_are_none(carla: TestClient, second: str):
    hosts = [("Host", "127.0.0.1:7860"), ("Host", second)]
    assert carla.get("/api/v1/runs", headers=hosts).status_code == 400


NAMED = (
    "session_hash=" + "x" * 65,
    "session_hash=" + "x" * 50_000,
    "session_hash=a.b",
    "session_hash=",
    "session_hash=one&session_hash=two",
    "session%5Fhash=one&session_hash=two",
    "&".join(f"session_hash=x{number}" for number in range(3_000)),
)


def test_no_gradio_session_is_named_but_one_that_a_page_could_have(
    carla_in_the_studio: TestClient,
):
    for path, query in product(("queue/data", "startup-events", "theme.css"), NAMED):
        answer = carla_in_the_studio.get(f"{GRADIO}/{path}?{query}")
        assert answer.status_code == 404, f"{path} {query[:60]}"


TARGETS = (b"*", b"?x=1", b"/\xff", b"/%ff", b"/%c0%ae%c0%ae/", b"/%E2%80%AE", b"127.0.0.1:443",
           b"/\t", b"/api/v1/runs HTTP/1.1\r\nHost: evil.example\r\nX:")  # fmt: skip
"""Not one of these is a page."""


METHODS = (b"GET", b"OPTIONS", b"CONNECT", b"TRACE", b"get", b"G\xc3\xa9T")
HEAD = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def test_no_line_that_asks_makes_a_bug(app: FastAPI, caplog: pytest.LogCaptureFixture):
    with serving(app) as address:
        for method, target in product(METHODS, TARGETS):
            said = address.raw(method + b" " + target + HEAD)
            assert said.split(b" ", 2)[1] in {b"400", b"401", b"404"}, (method, target)
        assert "Traceback" not in caplog.text
