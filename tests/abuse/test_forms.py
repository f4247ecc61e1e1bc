"""Whatever is sent as a form is accepted, or refused with a field and a sentence."""

import json
from itertools import product
from random import Random

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brandstudio.domain.catalogue import Catalogue
from campaigns.abuse.damage import any_digits
from campaigns.abuse.forms import LOCKED, answer_to, forms, sensible, spoilt
from tests.abuse.conftest import SEED
from tests.conftest import BRIEF


def test_a_thousand_forms_are_accepted_or_refused(catalogue: Catalogue):
    said = [answer_to(form, catalogue) for form in forms(Random(SEED), catalogue, 1_000)]
    assert min(said.count("accepted"), said.count("refused")) > 200


@given(dice=st.randoms(use_true_random=False), changes=st.integers(0, 8))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_form_is_accepted_or_refused(catalogue: Catalogue, dice: Random, changes: int):
    form = spoilt(dice, sensible(dice, catalogue), changes)
    assert answer_to(form, catalogue) in {"accepted", "refused"}


@pytest.mark.parametrize("path", ["plans", "runs"])
@pytest.mark.usefixtures("studio")
def test_forms_over_rest_never_fail_and_refused_ones_leave_nothing(
    carla: TestClient, catalogue: Catalogue, path: str
):
    made = 0
    for form in forms(Random(SEED), catalogue, 120):
        with any_digits():
            content = json.dumps(form, default=repr, skipkeys=True)
        answer = carla.post(f"/api/v1/{path}", content=content, headers=JSON)
        assert answer.status_code in {200, 201, 400, 422}, content
        if answer.status_code >= 400:
            assert set(answer.json()["error"]) == {
                "kind",
                "message",
                "hint",
                "reference",
                "problems",
            }
        made += answer.status_code == 201
    assert len(carla.get("/api/v1/runs?limit=200").json()["runs"]) == made


JSON = {"Content-Type": "application/json"}


def test_nothing_locked_can_be_said_by_a_client(carla: TestClient):
    for name, area in product(LOCKED, ("form", "answers", "axes")):
        value = ["1"] if area == "axes" else "1"
        inside = BRIEF.get(area, {}) | {name: value}
        brief = BRIEF | ({name: value} if area == "form" else {area: inside})
        answer = carla.post("/api/v1/runs", json=brief)
        assert answer.status_code == 422, (name, area)
        assert any(name in problem["place"] for problem in answer.json()["error"]["problems"])
    assert carla.get("/api/v1/runs").json()["runs"] == []


NO_NUMBERS = (
    "NaN", "Infinity", "1e308", "1e400", "true", "null", '"4"', '"1e3"', '"\u0663"', "4.5", "-1",
    "0", "1000000000", "9" * 401, "9" * 5_000, "[]", "{}",
)  # fmt: skip


def test_what_is_no_number_is_refused_where_a_number_belongs(carla: TestClient):
    zero = json.dumps(BRIEF | {"seeds_per_arm": 0})
    for number in NO_NUMBERS:
        content = zero.replace('"seeds_per_arm": 0', f'"seeds_per_arm": {number}')
        answer = carla.post("/api/v1/runs", content=content, headers=JSON)
        assert answer.status_code in {400, 422}, number[:12]
    assert carla.get("/api/v1/runs").json()["runs"] == []
