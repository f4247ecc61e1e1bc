"""Gradio's events: whose they are, which there are, what they may bring, and what a bug tells."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any

import pytest

from brandstudio.domain.people import Role
from brandstudio.errors import WeightsError
from brandstudio.logs import JsonLines
from brandstudio.services.people import tokens, users
from brandstudio.web.gate.gradio_sessions import MAX_OF_ONE
from brandstudio.web.gradio.pages import page_frame
from tests.web.live import Live
from tests.web.tabs import EVENTS, Tab, events_of


@pytest.fixture
def carla(live: Live, request: pytest.FixtureRequest) -> Tab:
    return Tab(live, live.cookie(Role.CREATOR), f"carla{abs(hash(request.node.name))}")


@pytest.fixture
def ada(live: Live, request: pytest.FixtureRequest) -> Tab:
    return Tab(live, live.cookie(Role.ADMINISTRATOR), f"ada{abs(hash(request.node.name))}")


@pytest.mark.parametrize("number", [-1, 10**30, "0", "x", 1.5, 0.0, None, True, [], {}], ids=repr)
def test_what_is_no_events_number_is_refused_before_gradio_sees_it(
    carla: Tab, number: object, caplog: pytest.LogCaptureFixture
):
    assert carla.send(fn_index=number, data=[]).status == 400
    assert "Traceback" not in caplog.text


def test_an_event_that_the_pages_do_not_have_any_more_asks_to_reload(carla: Tab):
    answer = carla.send(fn_index=999, data=[])
    assert answer.status == 409
    assert json.loads(answer.body)["error"]["hint"].startswith("Reload the page")


@pytest.mark.parametrize("name", ["greet", "/greet", "handler", "on_add", "nothing"])
def test_no_event_is_called_by_its_name(carla: Tab, name: str):
    assert carla.send(api_name=name, data=[]).status == 400
    for kind in ("call", "run", "api"):
        own = carla.who | {"Origin": carla.live.address.url}
        answer = carla.live.address.ask("POST", f"{EVENTS}/{kind}/{name.strip('/')}", own, b"{}")
        assert answer.status == 404


@pytest.mark.parametrize(
    "data",
    [None, "x", 5, {}, {"0": "x"}, [], ["x"], ["x"] * 4, [[[[[]]]]], ["x" * 900_000]],
    ids=lambda data: repr(data)[:20],
)
def test_an_event_with_too_much_or_too_little_goes_no_further(
    carla: Tab, data: object, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    [number] = [e["id"] for e in events_of(carla) if len(e["inputs"]) == 3]
    assert carla.send(fn_index=number, data=data).status == 400
    assert "Traceback" not in caplog.text + "".join(capfd.readouterr())


JUNK: tuple[Any, ...] = (
    None,
    "x",
    -1e308,
    True,
    [["x"]],
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": "http://127.0.0.1:1/", "url": "http://127.0.0.1:1/"},
    "‮\x00\ud800",
)


def test_whatever_the_events_of_the_pages_are_given_nothing_of_the_inside_is_told(
    carla: Tab, capfd: pytest.CaptureFixture[str]
):
    before = users.everyone(carla.live.studio, person=carla.live.people[Role.ADMINISTRATOR])
    started = 0
    for event in events_of(carla):
        for junk in JUNK if event["inputs"] else (None,):
            answer = carla.send(fn_index=event["id"], data=[junk] * len(event["inputs"]))
            assert answer.status in {200, 400}, event
            started += answer.status == 200
    told = carla.hear()
    assert len(told) == started > 20
    for inside in ("Traceback", "site-packages", "/etc/passwd", "hunter2", ".py", "sqlite"):
        assert inside not in json.dumps(told)
    assert "Traceback" not in "".join(capfd.readouterr())
    after = users.everyone(carla.live.studio, person=carla.live.people[Role.ADMINISTRATOR])
    assert before == after


def opened_account(tab: Tab) -> list[int]:
    """The numbers of what the account page declares for this person alone."""
    declared = {event["id"] for event in events_of(tab)}
    for event in events_of(tab):
        if event["api_name"].startswith("apply"):
            tab.run(event["id"], *[0] * len(event["inputs"]))
    return sorted(set(tab.blocks.state_holder[tab.name].blocks_config.fns) - declared)


def test_what_was_drawn_for_one_person_does_not_exist_for_another(carla: Tab, ada: Tab):
    for name in ("nightly", "weekly"):
        tokens.create(ada.live.studio, person=ada.live.people[Role.ADMINISTRATOR], name=name)
    theirs = opened_account(ada)
    assert theirs
    for number in theirs:
        for data in ([], ["x"], ["eve", "correct horse battery", "administrator"]):
            assert carla.send(fn_index=number, data=data).status == 409
            foreign = Tab(carla.live, carla.who, ada.name)
            assert foreign.send(fn_index=number, data=data).status == 404


def test_a_bug_in_a_page_shows_a_reference_and_the_log_has_the_rest(
    carla: Tab,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    def broken(*_: object, **__: object) -> int:
        raise RuntimeError("secret /srv/db hunter2")

    monkeypatch.setattr(page_frame.reviews, "waiting", broken)
    said = carla.run(0)
    assert said["success"] is False
    reference = re.search(
        r"Something went wrong on our side \(reference ([0-9a-f]{12})\)", said["output"]["error"]
    )
    assert reference
    assert "hunter2" not in json.dumps(said)
    assert f"reference {reference[1]}" in caplog.text
    assert "secret /srv/db hunter2" in caplog.text
    assert "hunter2" not in "".join(capfd.readouterr())


@pytest.fixture
def journal() -> Iterator[Callable[[], list[dict[str, str]]]]:
    """What the studio logs, as a program would read it."""
    log, written = logging.getLogger("brandstudio"), io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    log.addHandler(handler)
    level = log.level
    log.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    log.removeHandler(handler)
    log.setLevel(level)


def test_a_refusal_in_a_page_shows_a_reference_that_the_log_has_too(
    carla: Tab, monkeypatch: pytest.MonkeyPatch, journal: Callable[[], list[dict[str, str]]]
):
    def broken(*_: object, **__: object) -> int:
        raise WeightsError("House cannot be loaded: no '/srv/models/unet/x.safetensors'")

    monkeypatch.setattr(page_frame.reviews, "waiting", broken)
    said = carla.run(0)["output"]["error"]
    shown = re.fullmatch(
        r"House cannot be loaded: no 'x.safetensors'\. .* Reference (\w{12})\.", said
    )
    assert shown
    [event] = [event for event in journal() if "/srv/models" in event["message"]]
    assert event["request"] == shown[1]


def test_a_field_that_holds_what_no_page_sends_is_refused_without_its_content(
    carla: Tab, journal: Callable[[], list[dict[str, str]]]
):
    [number] = [e["id"] for e in events_of(carla) if len(e["inputs"]) == 4]
    said = carla.run(number, "a client's secret", "a client's secret", -1, ["a client's secret"])
    shown = said["output"]["error"]
    assert shown.startswith("The studio cannot read what this page sent. Reload the page")
    assert re.search(r"Reference \w{12}\.$", shown)
    assert "secret" not in json.dumps([said, *journal()])
    assert [event["level"] for event in journal()] == ["INFO"]


def test_closing_one_tab_leaves_the_other_as_it_was(live: Live):
    who = live.cookie(Role.CREATOR)
    one, other = Tab(live, who, "one"), Tab(live, who, "other")
    assert opened_account(one)
    drawn = opened_account(other)
    line = HTTPConnection("127.0.0.1", live.address.port, timeout=20)
    line.request("GET", f"{EVENTS}/heartbeat/one", headers=who)
    beat = line.getresponse()
    assert beat.status == 200
    beat.close()
    line.close()
    assert other.run(0)["success"]
    assert [other.send(fn_index=number, data=None).status for number in drawn] == [400] * len(drawn)


def test_nobody_stops_an_event_of_somebody_elses_page(carla: Tab, ada: Tab):
    started = json.loads(carla.send(fn_index=0, data=[]).body)["event_id"]
    assert ada.run(0)["success"]
    assert ada.stop(started) == 404
    [said] = carla.hear()
    assert said["output"]["data"]
    assert carla.stop(started) == 404  # it is over
    assert carla.stop("x" * 65) == 400


def test_listening_where_nothing_was_started_is_no_bug(
    carla: Tab, caplog: pytest.LogCaptureFixture
):
    """As after a restart, when every open page listens again."""
    path = f"{EVENTS}/queue/data?session_hash={carla.name}"
    assert carla.live.address.ask("GET", path, carla.who).status == 404
    assert "reference" not in caplog.text


def test_a_page_too_many_costs_ones_own_oldest_and_its_memory(carla: Tab, ada: Tab):
    assert ada.run(0)["success"]
    first, *more = [replace(carla, name=f"many{number}") for number in range(MAX_OF_ONE + 1)]
    assert first.run(0)["success"]
    kept = carla.blocks.state_holder.session_data
    assert {first.name, ada.name} <= set(kept)
    for page in more:
        assert page.send(fn_index=0, data=[]).status == 200
    assert first.name not in kept
    assert ada.name in kept
    assert first.run(0)["success"]


def test_a_session_stays_its_owners_after_the_line_broke(carla: Tab, ada: Tab):
    assert carla.run(0)["success"]
    thief = Tab(carla.live, ada.who, carla.name)
    assert thief.send(fn_index=0, data=[]).status == 404
    path = f"{EVENTS}/queue/data?session_hash={carla.name}"
    assert carla.live.address.ask("GET", path, ada.who).status == 404
    assert carla.run(0)["success"]
