"""Damaged and hostile bodies: the server refuses them in its own words and changes nothing."""

from random import Random
from typing import Any, cast

from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker
from campaigns.abuse.bodies import attacked, waiting
from campaigns.abuse.damage import FAULTS
from tests.abuse.conftest import SEED
from tests.conftest import People


def test_bodies_of_the_api_and_of_the_pages_are_answered_or_refused_in_words(
    studio: Studio, people: People, worker: Worker
):
    variants = waiting(studio, people.carla, worker)
    figures = cast(
        "dict[str, Any]", attacked(studio, people.carla, people.ada, variants, Random(SEED))
    )
    assert figures["unexpected"] == []
    assert figures["off_the_lock"] == []
    assert figures["answers_afterwards"] == 200
    assert set(figures["statuses"]) >= {"200", "201", "400", "409", "413", "422"}
    assert figures["events_of_the_form"] > 20
    assert figures["runs_from_the_form"] > 0
    assert figures["bodies"] == (4 + figures["events_of_the_form"]) * len(FAULTS)
