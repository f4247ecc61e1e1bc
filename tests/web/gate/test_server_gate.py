"""The gate: who gets past it, and what leaves through it."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount
from starlette.websockets import WebSocketDisconnect

from brandstudio.domain.people import ALL_SCOPES
from brandstudio.services.people import tokens
from brandstudio.services.studio import Studio
from brandstudio.web.gate.access import OPEN
from brandstudio.web.gate.addresses import local_path
from brandstudio.web.gate.bodies import MAX_BODY_BYTES
from brandstudio.web.gate.middleware import Site
from tests.conftest import People
from tests.web.conftest import ORIGIN, browser_of
from tests.web.make_bundles import FRONTEND

GRADIO = "/studio/gradio_api"


def addresses(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path of the running application, Gradio's included."""
    for route in routes:
        if isinstance(route, Mount):
            yield from addresses(getattr(route.app, "routes", []), prefix + route.path)
        elif hasattr(route, "effective_candidates"):
            yield from addresses(route.effective_candidates(), prefix)
        else:
            methods = getattr(route, "methods", None) or route.starlette_route.methods
            path = re.sub(r"\{[^}]*\}", "1", prefix + route.path)
            yield from ((method, path) for method in methods)


def test_no_address_of_the_application_answers_a_stranger(whole_app: FastAPI):
    visitor = TestClient(whole_app, base_url=ORIGIN, headers={"Origin": ORIGIN})
    everything = set(addresses(whole_app.routes))
    assert len(everything) > 80
    assert ("POST", f"{GRADIO}/queue/join") in everything
    assert ("POST", "/api/v1/runs") in everything
    answered = {
        (method, path)
        for method, path in everything
        if visitor.request(method, path).status_code != 401
    }
    assert {path for _, path in answered if not OPEN.fullmatch(path)} == set()


def test_a_stranger_learns_nothing_about_gradio_from_its_status(visitor: TestClient):
    codes = {
        visitor.get(f"{GRADIO}/{name}").status_code
        for name in ("token", "info", "app_id", "startup-events", "no-such-thing")
    }
    assert codes == {401}


def test_a_browser_is_sent_to_sign_in_and_comes_back_to_where_it_wanted_to_go(visitor: TestClient):
    answer = visitor.get("/studio/review?run=3", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/studio/review%3Frun%3D3"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/token"),
        ("GET", "/info"),
        ("GET", "/deep_link?session_hash=abc"),
        ("GET", "/proxy=https://example.com"),
        ("GET", "/runs"),
        ("GET", "/file=/etc/hostname"),
        ("GET", "/file/etc/hostname"),
        ("GET", "/openapi.json"),
        ("GET", "/stream/a/b/c/playlist.m3u8"),
        ("GET", "/custom_component/1/2/3/4"),
        ("GET", "/vibe-code"),
        ("POST", "/upload"),
        ("POST", "/component_server"),
        ("POST", "/run/predict"),
        ("POST", "/api/predict"),
        ("POST", "/call/predict"),
        ("POST", "/process_recording"),
    ],
)
def test_what_the_pages_do_not_need_of_gradio_does_not_exist(
    carla: TestClient, method: str, path: str
):
    assert carla.request(method, GRADIO + path).status_code == 404


@pytest.mark.parametrize("path", ["/studio/login", "/studio/logout", "/studio/monitoring"])
def test_gradio_has_no_doors_of_its_own(carla: TestClient, path: str):
    assert carla.get(path).status_code == 404
    assert carla.post(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/runs",
        "/static/../api/v1/runs",
        "/static/%2e%2e/api/v1/runs",
        "/sign-in/../api/v1/runs",
        "/api/v1/runs%00",
        "/static/..%5c..%5cserver.py",
        "/static/..%2f..%2fserver.py",
    ],
)
def test_odd_paths_lead_nowhere(visitor: TestClient, path: str):
    assert visitor.get(ORIGIN + path).status_code in {401, 404}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:7860", ""]
)
def test_another_host_name_is_refused(carla: TestClient, host: str):
    assert carla.get("/api/v1/runs", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "[::1]:7860"])
def test_this_machines_own_names_are_fine(visitor: TestClient, host: str):
    assert visitor.get("/healthz", headers={"Host": host}).json() == {"status": "ok"}


def test_the_public_address_is_fine_and_makes_cookies_secure():
    site = Site.at("http://127.0.0.1:7860", "https://Studio.Example:8443/")
    assert "studio.example" in site.hosts
    assert site.is_https


def test_forwarding_headers_of_a_client_change_nothing(carla_in_the_studio: TestClient):
    names = ("X-Forwarded-Host", "Forwarded", "X-Gradio-Server", "X-Gradio-User")
    evil: dict[str, str] = dict.fromkeys(names, "evil.example")
    assert "evil.example" not in carla_in_the_studio.get("/studio/config", headers=evil).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/v1/decisions", "/sign-out", f"{GRADIO}/queue/join"])
def test_a_request_made_by_another_site_is_refused(
    carla: TestClient, headers: dict[str, str], path: str
):
    answer = carla.post(path, headers=headers, json={})
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == "This request came from another site"


def test_a_changing_request_with_a_cookie_says_which_page_it_came_from(carla: TestClient):
    del carla.headers["Origin"]
    assert carla.post("/api/v1/decisions", json={}).status_code == 403


def test_another_site_gets_no_leave_to_read(carla_in_the_studio: TestClient):
    carla = carla_in_the_studio
    for method in ("GET", "OPTIONS"):
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
        for path in ("/api/v1/runs", "/studio/config", "/studio/"):
            answer = carla.request(method, path, headers=asked)
            assert "access-control-allow-origin" not in answer.headers


def test_a_brief_of_ten_megabytes_is_refused_with_a_sentence(carla: TestClient):
    answer = carla.post("/api/v1/runs", json={"brand": "x" * 10_000_000})
    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == "The request is larger than 1 MB"


def test_a_body_without_a_length_is_counted_too(carla: TestClient):
    parts = (b"x" * 100_000 for _ in range(MAX_BODY_BYTES // 100_000 + 2))
    assert carla.post("/api/v1/runs", content=parts).status_code == 413


@pytest.mark.parametrize(
    "path", ["/healthz", "/sign-in", "/api/v1/runs", "/nothing", "/studio/gradio_api/token"]
)
def test_every_answer_carries_the_security_headers(visitor: TestClient, path: str):
    headers = visitor.get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_pages_run_scripts_of_our_own_files_only(carla_in_the_studio: TestClient):
    page = carla_in_the_studio.get("/studio/", headers={"Accept": "text/html"})
    assert "script-src 'self';" in page.headers["content-security-policy"]
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.text, re.DOTALL)
    assert scripts
    for attributes, content in scripts:
        assert 'type="application/json"' in attributes or ("src=" in attributes and not content)
    assert 'id="gradio-config"' in page.text
    assert "http" not in re.sub(r"<script.*?</script>", "", page.text, flags=re.DOTALL)


def test_every_page_is_strict(carla_in_the_studio: TestClient):
    for name in ("", "runs", "review", "library", "brands", "account"):
        page = carla_in_the_studio.get(f"/studio/{name}")
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert 'id="gradio-config"' in page.text


def test_one_persons_gradio_session_is_closed_to_everyone_else(
    whole_app: FastAPI, studio: Studio, people: People
):
    carla, rita = (browser_of(whole_app, studio, p) for p in (people.carla, people.rita))
    event = {"session_hash": "carlas1", "fn_index": 0}
    assert carla.post(f"{GRADIO}/queue/join", json=event | {"data": []}).status_code == 200
    assert rita.post(f"{GRADIO}/queue/join", json=event | {"data": []}).status_code == 404
    assert rita.post(f"{GRADIO}/cancel", json=event | {"event_id": "1"}).status_code == 404
    assert rita.get(f"{GRADIO}/queue/data?session_hash=carlas1").status_code == 404
    assert rita.get(f"{GRADIO}/heartbeat/carlas1").status_code == 404


EVENT = {"session_hash": "carlas1", "fn_index": 0, "data": []}


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        "{",
        '{"session_hash": 1}',
        "[" * 50_000,
        json.dumps(EVENT | {"session_hash": None}),
        json.dumps(EVENT | {"fn_index": "0"}),
        json.dumps(EVENT | {"fn_index": -1}),
        json.dumps(EVENT | {"data": {}}),
        json.dumps(EVENT | {"data": [float("nan")]}),
        json.dumps(EVENT | {"data": ["\ud800"]}),
        json.dumps(EVENT | {"data": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}),
        json.dumps(EVENT | {"oauth_token": "x"}),
    ],
    ids=lambda body: body[:60],
)
def test_an_event_that_no_page_would_send_never_reaches_gradio(carla: TestClient, body: str):
    headers = {"Content-Type": "application/json"}
    answer = carla.post(f"{GRADIO}/queue/join", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The studio cannot read what this page sent"


def test_an_event_of_a_page_from_before_a_restart_says_so(
    whole_app: FastAPI, studio: Studio, people: People
):
    carla = browser_of(whole_app, studio, people.carla)
    answer = carla.post(f"{GRADIO}/queue/join", json=EVENT | {"fn_index": 9999})
    assert answer.status_code == 409
    assert answer.json()["error"]["message"].startswith("This page was opened before")
    assert "Reload the page" in answer.json()["detail"]  # what Gradio shows as a toast


def test_an_api_token_works_for_the_api_and_not_for_the_pages(
    visitor: TestClient, studio: Studio, people: People
):
    token = tokens.create(studio, person=people.carla, name="script", scopes=ALL_SCOPES)
    bearer = {"Authorization": f"Bearer {token}"}
    del visitor.headers["Origin"]
    assert visitor.get("/api/v1/runs", headers=bearer).status_code == 200
    assert visitor.get("/studio/config", headers=bearer).status_code == 401
    assert visitor.post("/api/v1/plans", headers=bearer, json={"brief": {}}).status_code == 422


def test_a_revoked_token_and_a_made_up_one_open_nothing(
    visitor: TestClient, studio: Studio, people: People
):
    token = tokens.create(studio, person=people.carla, name="script", scopes=ALL_SCOPES)
    [stored] = tokens.own(studio, person=people.carla)
    tokens.revoke_own(studio, stored.id, person=people.carla)
    for secret in (token, "bst_made-up", "", "x" * 10_000, "bst_é"):
        bearer = {b"Authorization": f"Bearer {secret}".encode()}
        assert visitor.get("/api/v1/runs", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/studio/\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "",
    ],
)
def test_a_redirect_never_leaves_this_site(wanted: str):
    assert local_path(wanted) == "/studio/"


def test_a_bug_shows_a_reference_and_nothing_of_the_inside(
    app: FastAPI, carla: TestClient, caplog: pytest.LogCaptureFixture
):
    @app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("secret in /srv/studio.db")

    answer = carla.get("/api/v1/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    reference = re.search(r"reference ([0-9a-f]{12})", answer.json()["error"]["message"])
    assert reference
    assert reference[1] in caplog.text
    assert "secret in /srv/studio.db" in caplog.text


def test_an_unknown_page_says_so_in_words(carla: TestClient):
    page = carla.get("/nothing", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "There is nothing at this address" in page.text


def test_the_start_leads_to_the_studio(carla: TestClient):
    assert carla.get("/").headers["location"] == "/studio/"


FOREVER = "max-age=31536000, immutable"


def test_what_is_named_by_its_content_is_kept_and_the_rest_revalidated(
    carla_in_the_studio: TestClient,
):
    carla = carla_in_the_studio
    page = carla.get("/studio/").text
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(loaded) == 5
    kept = {carla.get(address).headers["cache-control"] for address in loaded}
    assert kept == {f"public, {FOREVER}"}
    asset = next((FRONTEND / "assets").glob("index-*.js")).name
    assert carla.get(f"/studio/assets/{asset}").headers["cache-control"] == f"public, {FOREVER}"
    theme = carla.get("/studio/theme.css?v=1").headers["cache-control"]
    assert theme == f"private, {FOREVER}"
    assert carla.get("/studio/theme.css").headers["cache-control"] == "no-store"
    assert carla.get("/static/css/tokens.css").headers["cache-control"] == "no-cache"


def test_websockets_are_refused(carla: TestClient):
    with pytest.raises(WebSocketDisconnect) as refused, carla.websocket_connect("/studio/ws"):
        pass
    assert refused.value.code == 1008
