"""Whatever else a request would like to set: it is refused, and nothing is stored."""

from itertools import product

import pytest

from tests.authorisation import rest
from tests.authorisation.world import World

OF_OURS = {
    "id": 1,
    "role": "administrator",
    "roles_of": {"*": "administrator"},
    "brand_id": 1,
    "state": "approved",
    "status": "succeeded",
    "review": "approved",
    "created_by": "rita",
    "creator_id": 1,
    "reviewer": "rita",
    "person": 1,
    "expected_version": -1,
    "own_work": False,
    "sha256": "0" * 64,
    "decided_at": "2020-01-01T00:00:00Z",
}


def test_what_a_request_does_not_hold_cannot_be_set_by_it(world: World):
    client, before, asked = world.browser("administrator"), world.everything(), 0
    for route, extra in product(rest.with_a_body(world.app), OF_OURS):
        body = rest.body_of(route, world)
        if extra in body:
            continue
        asked += 1
        answer = client.request(
            route.method, rest.address_of(route, world), json=body | {extra: OF_OURS[extra]}
        )
        assert answer.status_code == 422, f"{route} took {extra}: {answer.text}"
    assert asked > 80
    assert world.everything() == before


@pytest.mark.parametrize("version", [-1, 2**31, "1", 1.5, None, True])
def test_a_version_that_no_variant_has_is_refused(world: World, version: object):
    variant = max(world.variants)
    asked = {"variants": [variant], "verdict": "reopen", "versions": {str(variant): version}}
    before = world.everything()
    answer = world.browser("reviewer").post("/api/v1/decisions", json=asked)
    is_one = answer.status_code == 200 and answer.json()["refused"]
    assert answer.status_code == 422 or is_one
    assert world.everything() == before
