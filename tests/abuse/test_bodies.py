"""Damaged and hostile bodies: the server refuses them in its own words and changes nothing."""

from random import Random

from fastapi import FastAPI

from benchmarks.abuse.bodies import (
    FAULTS,
    JOIN,
    Answer,
    Request,
    Sender,
    recorded,
    requests,
    stored_off_the_lock,
    tried,
    waiting,
)
from brandstudio.services.studio import Studio
from brandstudio.services.worker import Worker
from tests.abuse.conftest import SEED
from tests.conftest import People
from tests.web.conftest import browser_of


def in_process(app: FastAPI, studio: Studio, people: People) -> Sender:
    pages, program = (browser_of(app, studio, p) for p in (people.carla, people.ada))

    def send(request: Request) -> Answer:
        headers = {"Content-Type": request.media_type}
        client = pages if request.path == JOIN else program
        answer = client.post(request.path, content=request.content, headers=headers)
        return Answer(answer.status_code, answer.content)

    return send


def test_bodies_of_the_api_and_of_the_pages_are_answered_or_refused_in_words(
    whole_app: FastAPI, studio: Studio, people: People, worker: Worker
):
    every = recorded(waiting(studio, people.carla, worker), "abuse")
    made = requests(Random(SEED), every, len(every) * len(FAULTS))
    figures = tried(studio, people.ada, in_process(whole_app, studio, people), made)
    assert figures["unexpected"] == []
    assert set(figures["statuses"]) >= {"200", "201", "400", "409", "413", "422"}
    assert stored_off_the_lock(studio, people.ada) == []
