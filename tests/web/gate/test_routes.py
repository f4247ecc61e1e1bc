"""Every route there is: known, closed to strangers, mute about what the studio holds."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from itertools import product
from typing import Any

import pytest

from brandstudio.domain.people import Role
from brandstudio.services.studio import Studio
from brandstudio.web.gate.access import OPEN, Access, access_to
from brandstudio.web.gate.security_headers import HEADERS
from brandstudio.web.server import without_pages
from tests.web.live import CANARY, Live
from tests.web.routes import KNOWN, classified, example, known, written
from tests.web.serving import Answer

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
STREAMING = {"/studio/gradio_api/queue/data", "/studio/gradio_api/heartbeat/1"}


def test_every_route_is_one_that_somebody_decided_about(live: Live):
    running, stored = classified(live.app), known()
    new = {route: access for route, access in running.items() if route not in stored}
    assert not new, (
        "The application has routes that nobody decided about. If the pages need one of Gradio's, "
        f"allow it in brandstudio/web/gate/access.py; then write into {KNOWN.name}:\n"
        + "\n".join(written(new))
    )
    gone = {route: access for route, access in stored.items() if route not in running}
    assert not gone, f"These routes are no more; take them out of {KNOWN.name}:\n" + "\n".join(
        written(gone)
    )
    changed = {route: access for route, access in running.items() if stored[route] != access}
    assert not changed, (
        f"The gate treats these routes in another way than {KNOWN.name} says:\n"
        + "\n".join(written(changed))
    )


def test_a_route_of_a_newer_gradio_is_closed_before_anybody_looks_at_it():
    pages = frozenset({"/studio", "/studio/"})
    for path in ("/studio/shiny", "/studio/gradio_api/shiny", "/studio/gradio_api/queue/shiny"):
        assert {access_to(method, path, pages) for method in METHODS} == {Access.BLOCKED}
    assert access_to("POST", "/studio/", pages) is Access.BLOCKED


def test_no_method_of_any_address_answers_a_stranger_or_names_what_is_stored(live: Live):
    headers = {"Origin": live.address.url, "Accept": "*/*"}
    asked = 0
    for method in METHODS:
        for path, answer in live.asked(method, live.paths, headers):
            asked += 1
            assert CANARY.encode() not in answer.bytes.lower(), f"{method} {path}"
            if not OPEN.fullmatch(path):
                assert answer.status == 401, f"{method} {path}"
    assert asked == len(METHODS) * len(live.paths) > 1_000


def test_a_strangers_browser_is_sent_to_sign_in_from_every_page(live: Live):
    for path, answer in live.asked("GET", live.paths, {"Accept": "text/html"}):
        assert CANARY.encode() not in answer.bytes.replace(path.encode(), b""), path
        if answer.status == 303:
            assert answer.headers["location"][0].startswith("/sign-in"), path
        else:
            assert OPEN.fullmatch(path) or answer.status == 401, path


TRICKS = (
    "/{path}",
    "/./{path}",
    "/static/../{path}",
    "/static/%2e%2e/{path}",
    "/static/..%2f{path}",
    "/static/..%5c{path}",
    "/sign-in/../{path}",
    "/sign-in/%2e%2e/{path}",
    "/sign-in;/../{path}",
    "/healthz//{path}",
    "/{path}/",
    "/{path}%00",
    "/{path};x",
    "/{path}%2f",
    "/%2f{path}",
    "/{path}?x=/sign-in",
    "/{path}%23/sign-in",
    "/{path}%20",
    "/{path}%0d%0aX-Evil:1",
    "/{upper}",
    "http://127.0.0.1/{path}",
    "http://evil.example/{path}",
    "//evil.example/{path}",
)


def test_no_way_to_write_an_address_gets_past_the_gate(live: Live):
    asked = 0
    for trick, path in product(TRICKS, live.paths):
        inner = path.lstrip("/")
        target = trick.format(path=inner, upper=inner.upper())
        answer = _bare(live, target)
        asked += 1
        assert CANARY.encode() not in answer.lower(), target
        assert b"evil.example" not in answer.lower(), target
        status = int(answer.split(b" ", 2)[1])
        is_ours = target.partition("?")[0].endswith("/healthz") or OPEN.fullmatch(path)
        assert status in {400, 401, 404} or is_ours, f"{target}: {status}"
    assert asked > 2_000


def _bare(live: Live, target: str) -> bytes:
    """The answer to exactly this request line; http.client would tidy it."""
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    return live.address.raw(request.encode())


def test_after_signing_out_the_old_cookie_opens_nothing(live: Live):
    cookie = live.cookie(Role.CREATOR)
    here = {"Origin": live.address.url}
    assert CANARY.encode() in live.address.ask("GET", "/api/v1/runs", cookie).body
    left = live.address.ask("POST", "/sign-out", cookie | here)
    assert left.status == 303
    for path, answer in live.asked("GET", live.paths, cookie):
        assert CANARY.encode() not in answer.bytes, path
        assert answer.status == 401 or OPEN.fullmatch(path), path


def test_what_is_blocked_does_not_exist_for_those_who_are_signed_in_either(live: Live):
    blocked = sorted({example(p) for (_, p), a in known().items() if a == Access.BLOCKED})
    also = ("mcp", "mcp/schema", "mcp/sse", "run-history", "vibe", "docs", "redoc", "queue/push")
    blocked += [f"/studio/gradio_api/{name}" for name in also]
    for role, method in product((Role.CREATOR, Role.ADMINISTRATOR), METHODS):
        headers = live.cookie(role) | {"Origin": live.address.url}
        open_ones = {path for (m, path), a in known().items() if m == method and a != "blocked"}
        for path, answer in live.asked(method, blocked, headers):
            if path not in open_ones and access_to(method, path, frozenset()) is Access.BLOCKED:
                assert answer.status == 404, f"{method} {path}"
    assert len(blocked) > 60


def answers_of_everyone(live: Live, headers: Mapping[str, str]) -> Iterator[tuple[str, Answer]]:
    """Every address with every kind of answer: signed out and in, right, wrong and unchanged."""
    paths = [path for path in live.paths if path not in STREAMING and "/events" not in path]
    cookie = live.cookie(Role.ADMINISTRATOR)
    tags = {"If-None-Match": "*", "If-Modified-Since": "Fri, 20 Nov 2026 20:00:00 GMT"}
    for extra in ({}, cookie, cookie | tags, cookie | {"Accept": "text/html"}, {"Host": "evil"}):
        for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE"):
            if method == "POST" and extra:  # signing out would end the session in the middle
                yield from live.asked(method, [p for p in paths if p != "/sign-out"], extra)
            else:
                yield from live.asked(method, paths, dict(headers) | extra)


def test_every_answer_of_every_address_carries_the_security_headers(live: Live):
    seen: dict[int, int] = {}
    for path, answer in answers_of_everyone(live, {}):
        seen[answer.status] = seen.get(answer.status, 0) + 1
        for name in HEADERS:
            assert len(answer.headers.get(name.lower(), [])) == 1, f"{name} of {path}: {answer}"
        [policy] = answer.headers["content-security-policy"]
        assert "unsafe-eval" not in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "'unsafe-inline'" not in policy.partition("style-src")[0], path
        assert "server" not in answer.headers, path
        assert "x-powered-by" not in answer.headers, path
    assert {200, 303, 304, 400, 401, 403, 404, 405, 422} <= set(seen)


def test_streams_and_files_asked_for_in_parts_carry_the_security_headers(live: Live):
    cookie = live.cookie(Role.CREATOR)
    part = live.address.ask("GET", live.image, cookie | {"Range": "bytes=0-9"})
    assert part.status == 206
    for headers in (part.headers, *(opened(live, path, cookie) for path in STREAMS)):
        assert set(map(str.lower, HEADERS)) <= set(headers)
        assert "server" not in headers


STREAMS = ("/api/v1/runs/1/events", "/studio/gradio_api/heartbeat/1")


def opened(live: Live, path: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a stream that is open at that moment."""
    with closing(HTTPConnection("127.0.0.1", live.address.port, timeout=20)) as line:
        line.request("GET", path, headers=dict(headers))
        answer = line.getresponse()
        assert answer.status == 200
        return {name.lower(): value for name, value in answer.getheaders()}


EVIL = ("https://evil.example", "null", "http://127.0.0.1.evil.example", "http://127.0.0.1:1")


@pytest.mark.parametrize("origin", EVIL)
def test_no_other_site_is_given_leave_to_read_anything(live: Live, origin: str):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    paths = [path for path in live.paths if path not in STREAMING and "/events" not in path]
    for method in ("GET", "POST", "OPTIONS"):
        for signed in ({}, live.cookie(Role.ADMINISTRATOR)):
            for path, answer in live.asked(method, paths, headers | signed):
                allowed = {n for n in answer.headers if n.startswith("access-control-allow-")}
                assert not allowed & {
                    "access-control-allow-origin",
                    "access-control-allow-credentials",
                }, f"{method} {path}: {answer.headers}"
                if method == "POST" and (signed or OPEN.fullmatch(path)):
                    assert answer.status == 403, path


@pytest.mark.parametrize("origin", EVIL)
def test_no_other_site_is_given_leave_to_follow_a_stream(live: Live, origin: str):
    for path in STREAMS:
        headers = opened(live, path, live.cookie(Role.CREATOR) | {"Origin": origin})
        assert not [name for name in headers if name.startswith("access-control-")]


NAMED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Proto": "evil.example",
    "X-Forwarded-Prefix": "//evil.example",
    "X-Forwarded-For": "evil.example",
    "X-Original-Host": "evil.example",
    "X-Original-URL": "http://evil.example/",
    "X-Rewrite-URL": "http://evil.example/",
    "Forwarded": "host=evil.example;proto=https",
    "X-Gradio-Server": "http://evil.example",
    "X-Gradio-User": "evil.example",
    "Referer": "https://evil.example/",
}
"""Headers that some server or other takes a host name from."""


@pytest.mark.parametrize("role", [None, Role.ADMINISTRATOR], ids=str)
def test_no_header_brings_another_hosts_name_into_any_answer(live: Live, role: Role | None):
    signed_in = live.cookie(role) if role else {}
    paths = [path for path in live.paths if path not in STREAMING]
    for accept in ("*/*", "text/html"):
        for path, answer in live.asked("GET", paths, NAMED | signed_in | {"Accept": accept}):
            assert b"evil.example" not in answer.bytes.lower(), path
    here = {"Origin": live.address.url}
    for path, answer in live.asked("POST", ["/sign-in", "/welcome"], NAMED | here):
        assert b"evil.example" not in answer.bytes.lower(), path
    for path, answer in live.asked("GET", paths, signed_in | {"Host": "evil.example"}):
        assert (answer.status, b"evil" in answer.bytes.lower()) == (400, False), path
    for path in paths if role else ():
        lines = (
            f"GET http://evil.example{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        )
        said = live.address.raw(f"{lines}Cookie: {signed_in['Cookie']}\r\n\r\n".encode())
        assert said.startswith(b"HTTP/1.1 404"), path
        assert b"evil.example" not in said, path


def test_single_sign_on_adds_two_addresses_and_opens_no_other(studio: Studio):
    pytest.importorskip("joserfc")
    chosen = {"oidc_issuer": "http://127.0.0.1:1", "oidc_client_id": "studio"}
    with_it = replace(studio, settings=studio.settings.model_copy(update=chosen))
    without, added = (
        classified(without_pages(one, link_base="http://127.0.0.1")) for one in (studio, with_it)
    )
    ways = {("GET", "/sign-in/elsewhere"): "open", ("GET", "/sign-in/returned"): "open"}
    assert added == without | ways


def test_an_upgrade_to_a_websocket_is_refused(live: Live):
    cookie = live.cookie(Role.CREATOR)
    upgrade: dict[str, Any] = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    for path in ("/studio/ws", "/studio/gradio_api/queue/join", "/api/v1/runs"):
        try:
            status = live.address.ask("GET", path, cookie | upgrade).status
        except HTTPException:
            continue
        assert status in {200, 404, 405}, path
        assert status != 101
