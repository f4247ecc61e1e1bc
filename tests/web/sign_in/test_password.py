"""Signing in: the form, the cookie, the one-time link, and what a guesser meets."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.services.people import links, passwords, sessions, users
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.server import without_pages
from tests.conftest import NOON, PASSWORD, People
from tests.web.conftest import ORIGIN


def sign_in(client: TestClient, name: str, password: str, **more: str) -> Response:
    return client.post("/sign-in", data={"name": name, "password": password} | more)


def cookie_of(answer: Response, name: str = SESSION_COOKIE) -> Morsel[str]:
    """The one cookie that an answer sets."""
    [header] = answer.headers.get_list("set-cookie")
    cookies = SimpleCookie(header)
    assert list(cookies) == [name]
    return cookies[name]


@pytest.mark.usefixtures("people")
def test_a_right_password_leads_to_the_page_that_was_wanted(visitor: TestClient):
    answer = sign_in(visitor, "carla", PASSWORD, next="/studio/review?run=3")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/studio/review?run=3"
    assert visitor.get("/api/v1/runs").status_code == 200


@pytest.mark.usefixtures("people")
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: TestClient):
    cookie = cookie_of(sign_in(visitor, "carla", PASSWORD))
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["max-age"] == str(12 * 3600)
    assert cookie["path"] == "/"
    assert not cookie["secure"]


HTTPS = "https://studio.example"


@pytest.fixture
def over_https(studio: Studio, people: People) -> Iterator[TestClient]:  # noqa: ARG001 - who sign in
    """A browser in front of a studio behind https."""
    app = without_pages(studio, link_base=HTTPS)
    with TestClient(app, base_url=HTTPS, follow_redirects=False) as client:
        client.headers["Origin"] = HTTPS
        yield client


def test_over_https_the_cookie_is_the_hosts_own_and_travels_nowhere_else(over_https: TestClient):
    answer = sign_in(over_https, "carla", PASSWORD)
    cookie = cookie_of(answer, "__Host-bs_session")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("lax", "/", "")
    assert int(cookie["max-age"]) <= 12 * 3600
    assert "max-age" in answer.headers["strict-transport-security"]
    assert over_https.get("/api/v1/runs").status_code == 200
    gone = cookie_of(over_https.post("/sign-out"), "__Host-bs_session")
    assert gone.value == ""
    assert gone["secure"]


def test_over_https_a_cookie_that_another_site_could_have_set_is_not_accepted(
    over_https: TestClient, studio: Studio
):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    over_https.cookies.set(SESSION_COOKIE, token)
    assert over_https.get("/api/v1/runs").status_code == 401


def test_what_was_typed_is_shown_as_text(visitor: TestClient):
    answer = sign_in(visitor, '"><script>alert(1)</script>', "x", next='/"><script>')
    assert "<script>" not in answer.text


def test_a_session_ends_with_sign_out_and_its_cookie_is_worth_nothing(carla: TestClient):
    secret = carla.cookies[SESSION_COOKIE]
    answer = carla.post("/sign-out")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in"
    carla.cookies.set(SESSION_COOKIE, secret)
    assert carla.get("/api/v1/runs").status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_an_address_never_signs_out(carla: TestClient, method: str):
    assert carla.request(method, "/sign-out").status_code == 405
    assert carla.get("/api/v1/runs").status_code == 200


@pytest.mark.usefixtures("people")
def test_a_session_ends_after_twelve_hours(studio: Studio, carla: TestClient):
    later = replace(studio, now=lambda: NOON + timedelta(hours=12, seconds=1))
    app = without_pages(later, link_base=ORIGIN)
    with TestClient(app, base_url=ORIGIN, cookies=dict(carla.cookies)) as tomorrow:
        assert tomorrow.get("/api/v1/runs").status_code == 401


def test_disabling_someone_ends_what_they_have_open(
    studio: Studio, people: People, carla: TestClient
):
    users.disable(studio, people.carla.id, person=people.ada)
    assert carla.get("/api/v1/runs").status_code == 401


@pytest.mark.usefixtures("people")
def test_a_cookie_from_before_signing_in_is_replaced(visitor: TestClient):
    visitor.cookies.set(SESSION_COOKIE, "chosen-by-an-attacker")
    answer = sign_in(visitor, "carla", PASSWORD)
    assert cookie_of(answer).value != "chosen-by-an-attacker"
    visitor.cookies.clear()
    visitor.cookies.set(SESSION_COOKIE, "chosen-by-an-attacker")
    assert visitor.get("/api/v1/runs").status_code == 401


@pytest.mark.parametrize("field", ["role", "roles", "user_id", "is_administrator"])
def test_a_form_with_a_field_that_it_does_not_have_is_refused(
    visitor: TestClient, studio: Studio, people: People, field: str
):
    typed = {"name": "carla", "password": PASSWORD, field: "1"}
    assert visitor.post("/sign-in", data=typed).status_code == 422
    token = links.invite(studio, "", {"voltra": Role.CREATOR}, person=people.ada)
    chosen = {"token": token, "name": "mina", "password": PASSWORD, "again": PASSWORD}
    assert visitor.post("/welcome", data=chosen | {field: "administrator"}).status_code == 422
    assert visitor.cookies.get(SESSION_COOKIE) is None
    assert visitor.post("/welcome", data=chosen).status_code == 303
    assert users.named(studio, "mina").roles == {"voltra": Role.CREATOR}


@pytest.mark.usefixtures("people")
def test_signing_in_again_ends_the_session_the_browser_had(carla: TestClient, studio: Studio):
    before = carla.cookies[SESSION_COOKIE]
    sign_in(carla, "rita", PASSWORD)
    assert sessions.person_of_session(studio, before) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda studio, people: users.disable(studio, people.carla.id, person=people.ada),
        lambda studio, people: users.set_role(
            studio, people.carla.id, EVERY_BRAND, Role.REVIEWER, person=people.ada
        ),
        lambda studio, people: passwords.change(
            studio, person=people.carla, current=PASSWORD, new="another long one"
        ),
        lambda studio, people: sessions.end_all(studio, people.carla.id, person=people.ada),
    ],
    ids=["disabled", "another role", "new password", "ended by an administrator"],
)
def test_a_cookie_from_before_a_change_opens_no_door(
    studio: Studio, people: People, carla: TestClient, change: Callable[[Studio, People], object]
):
    change(studio, people)
    for path in ("/api/v1/runs", "/api/v1/catalogue", "/api/v1/runs/1/events", "/images/x"):
        assert carla.get(path).status_code == 401
    assert carla.get("/studio/", headers={"Accept": "text/html"}).status_code == 303


@pytest.mark.usefixtures("people")
def test_an_idle_browser_is_signed_out_after_half_an_hour(studio: Studio, carla: TestClient):
    cookies = dict(carla.cookies)

    def asked(minutes: int) -> int:
        later = replace(studio, now=lambda: NOON + timedelta(minutes=minutes))
        app = without_pages(later, link_base=ORIGIN)
        with TestClient(app, base_url=ORIGIN, cookies=cookies) as client:
            return client.get("/api/v1/runs").status_code

    assert [asked(29), asked(58), asked(88), asked(58 - 24 * 60)] == [200, 200, 401, 401]


def welcome(client: TestClient, token: str, **changes: str) -> Response:
    typed = {"token": token, "name": "Mina", "password": PASSWORD, "again": PASSWORD}
    return client.post("/welcome", data=typed | changes)


def test_the_first_person_becomes_administrator_by_the_link(visitor: TestClient, studio: Studio):
    token = links.first(studio) or ""
    assert "Welcome to BrandStudio" in visitor.get(f"/welcome?token={token}").text
    answer = welcome(visitor, token)
    assert answer.status_code == 303
    mina = sessions.person_of_session(studio, cookie_of(answer).value)
    assert mina
    assert (mina.name, mina.is_administrator) == ("Mina", True)


def test_the_invited_see_who_invites_them_to_what_and_choose_a_password(
    visitor: TestClient, studio: Studio, people: People
):
    token = links.invite(
        studio,
        "Mina",
        {"voltra": Role.CREATOR, "solenne": Role.REVIEWER},
        person=people.ada,
    )
    page = visitor.get(f"/welcome?token={token}").text
    assert "ada invites you as creator of Voltra and reviewer of Solenne" in page
    assert "readonly" in page
    answer = welcome(visitor, token, name="Eve")
    mina = sessions.person_of_session(studio, cookie_of(answer).value)
    assert mina
    assert mina.name == "Mina"


def test_a_forgotten_password_is_set_by_a_link(visitor: TestClient, studio: Studio, people: People):
    token = links.for_password(studio, people.carla.id, person=people.ada)
    page = visitor.get(f"/welcome?token={token}").text
    assert "Choose a new password" in page
    assert "For the account carla" in page
    short = welcome(visitor, token, password="short", again="short")
    assert "Use 10 to 200 characters" in short.text
    assert welcome(visitor, token, password="another long one", again="another long one")
    visitor.cookies.clear()
    assert sign_in(visitor, "carla", PASSWORD).status_code == 401
    assert sign_in(visitor, "carla", "another long one").status_code == 303


def test_looking_at_the_link_does_not_use_it_up(visitor: TestClient, studio: Studio):
    token = links.first(studio) or ""
    for _ in range(3):
        assert visitor.get(f"/welcome?token={token}").status_code == 200


def test_the_link_works_once(visitor: TestClient, studio: Studio):
    token = links.first(studio) or ""
    welcome(visitor, token)
    visitor.cookies.clear()
    again = welcome(visitor, token, name="Leo")
    assert again.status_code == 410
    assert "set-cookie" not in again.headers
    assert visitor.get(f"/welcome?token={token}").status_code == 410


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "short", "again": "short"}, "Use 10 to 200 characters"),
        ({"again": "something else"}, "Type the same password twice"),
        ({"name": "<b>"}, "Use 2 to 64 letters"),
        ({"name": "operator"}, "Use 2 to 64 letters"),
    ],
)
def test_a_wrong_form_says_why_and_keeps_the_link(
    visitor: TestClient, studio: Studio, changes: dict[str, str], said: str
):
    token = links.first(studio) or ""
    refused = welcome(visitor, token, **changes)
    assert refused.status_code == 422
    assert said in refused.text
    assert welcome(visitor, token).status_code == 303


@pytest.mark.parametrize("token", ["", "made-up", "x" * 5000])
def test_a_made_up_link_opens_nothing(visitor: TestClient, token: str):
    assert welcome(visitor, token).status_code == 410
    assert visitor.get("/welcome", params={"token": token[:200]}).status_code == 410


def test_the_sign_in_pages_run_no_script(visitor: TestClient):
    answer = visitor.get("/sign-in")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text
