import logging

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from brandstudio.domain.people import Scope
from brandstudio.domain.review import Verdict
from brandstudio.errors import ConnectionLostError
from brandstudio.services import reviews
from brandstudio.services.people import sessions, tokens
from brandstudio.services.work import workers
from tests.web.conftest import ORIGIN, browser_of

NAME = "elsewhere:1"


@pytest.fixture
def settings(settings_on_each):
    return settings_on_each


@pytest.fixture
def ada(app, studio, people):
    return browser_of(app, studio, people.ada)


@pytest.fixture
def monitor(app, studio, people):
    """A program with an API token of an administrator."""
    token = tokens.create(studio, person=people.ada, name="prometheus", scopes={Scope.MONITOR})
    return TestClient(app, base_url=ORIGIN, headers={"Authorization": f"Bearer {token}"})


def test_healthz_is_for_anyone_and_silent(visitor, caplog):
    caplog.set_level(logging.DEBUG, logger="brandstudio")
    assert visitor.get("/healthz").json() == {"status": "ok"}
    assert caplog.records == []


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_the_inside_is_for_administrators_and_their_programs(
    path, visitor, carla, rita, ada, monitor
):
    assert visitor.get(path).status_code == 401
    assert carla.get(path).status_code == 403
    assert rita.get(path).status_code == 403
    for asking in (ada, monitor):
        assert asking.get(path).status_code in {200, 503}


def test_readyz_names_each_light(ada, studio):
    answer = ada.get("/readyz")
    assert answer.status_code == 503
    assert {name: light["light"] for name, light in answer.json()["lights"].items()} == {
        "database": "green",
        "disk": "green",
        "queue": "green",
        "worker": "red",
        "device": "green",
    }
    with workers.present(studio, NAME):
        workers.ready(studio, NAME, "cpu")
        answer = ada.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_metrics_are_what_prometheus_reads(monitor, studio, people, pending):
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    answer = monitor.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {f.name: f for f in text_string_to_metric_families(answer.text)}
    assert families["brandstudio_queue_length"].samples[0].value == 0
    by_status = {s.labels["status"]: s.value for s in families["brandstudio_variants"].samples}
    assert by_status == {"succeeded": 4}
    verdicts = {s.labels["verdict"]: s.value for s in families["brandstudio_decisions"].samples}
    assert verdicts == {"submit": 4, "approve": 1}
    assert families["brandstudio_disk_free_bytes"].samples[0].value > 0


@pytest.mark.usefixtures("studio")
def test_a_database_that_does_not_answer_is_told_to_a_monitor_in_one_shape(ada, monkeypatch):
    def gone(*_args):
        raise ConnectionLostError("the server went away")

    monkeypatch.setattr(sessions, "person_of_session", gone)
    answer = ada.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["error"]["kind"] == "connection_lost"
