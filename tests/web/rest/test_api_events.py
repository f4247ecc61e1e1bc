"""A run followed live over REST."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any

import anyio
from fastapi.testclient import TestClient
from sqlalchemy import event

from brandstudio.domain.brief import BriefForm
from brandstudio.domain.people import EVERY_BRAND, Person
from brandstudio.domain.run import RunStatus, VariantRecord
from brandstudio.services import runs
from brandstudio.services.people import sessions, tokens, users
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.web.gate import open_streams
from brandstudio.web.gate.credentials import Credential, CredentialKind
from brandstudio.web.rest import run_events
from brandstudio.web.rest.run_events import QUIET, Look, Looks, stream
from brandstudio.web.rest.runs import progress_of
from tests.conftest import PASSWORD, People

Pending = tuple[VariantRecord, ...]


def events_of(text: str) -> list[tuple[str, Any]]:
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("event: ")]
    return [
        (block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: ")))
        for block in blocks
    ]


def test_the_events_of_a_finished_run_end_at_once(carla: TestClient, drawn_run: int):
    answer = carla.get(f"/api/v1/runs/{drawn_run}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    [(name, progress)] = events_of(answer.text)
    assert name == "progress"
    assert progress["status"] == "succeeded"
    assert (progress["drawn"], progress["total"]) == (4, 4)
    assert progress["finished"] is True


def test_the_events_follow_a_run_until_it_is_finished(
    studio: Studio, people: People, worker: Worker, brief: Callable[..., BriefForm]
):
    run = runs.submit(studio, brief(), person=people.carla)
    followed = _stream_to(studio, run, people.carla)

    async def read() -> list[str]:
        before = [await anext(followed), await anext(followed)]
        carry_out(worker, run)
        return before + [one async for one in followed]

    seen = events_of("".join(anyio.run(read)))
    assert [progress["status"] for _, progress in seen] == ["queued", "succeeded"]
    assert [progress["finished"] for _, progress in seen] == [False, True]


def test_a_run_that_many_follow_is_read_once_for_all_of_them(
    studio: Studio, people: People, brief: Callable[..., BriefForm]
):
    """Or two hundred open pages are the whole work of the server."""
    run, followers = runs.submit(studio, brief(), person=people.carla), 20
    token, looks = sessions.sign_in(studio, people.carla.name, PASSWORD), Looks(every_s=0.02)
    reads: list[str] = []

    def note(*told: Any) -> None:
        if told[2].startswith("SELECT runs.brand, runs.creator_id, run_makers"):  # whose it is
            reads.append(told[2])

    async def until_quiet() -> None:
        followed = stream(studio, run, Credential(token), looks)
        async for said in followed:
            if said == QUIET:
                return

    async def follow() -> None:
        async with anyio.create_task_group() as everybody:
            for _ in range(followers):
                everybody.start_soon(until_quiet)

    event.listen(studio.database.engine, "before_cursor_execute", note)
    began = monotonic()
    anyio.run(follow)
    took_s = monotonic() - began
    of_each = 1 + took_s / open_streams.LOOK_EVERY_S
    assert followers <= len(reads) <= followers * of_each + took_s / looks.every_s + 1


def test_an_older_look_that_took_longer_never_replaces_a_newer_one(
    studio: Studio, people: People, brief: Callable[..., BriefForm]
):
    """Or whoever follows a run would see it go back."""
    run = runs.submit(studio, brief(), person=people.carla)
    credential = Credential(sessions.sign_in(studio, people.carla.name, PASSWORD))
    look, older = Look(), run_events.look_at(studio, run, credential)
    runs.cancel(studio, run, person=people.carla)
    newer = run_events.look_at(studio, run, credential)
    look.keep(newer, begun_at=2.0)
    look.keep(older, begun_at=1.0)
    assert look.event is newer


def test_the_events_end_when_the_person_may_no_longer_look(
    studio: Studio, people: People, brief: Callable[..., BriefForm]
):
    run = runs.submit(studio, brief(), person=people.carla)
    followed = _stream_to(studio, run, people.carla)

    async def read() -> list[str]:
        before = [await anext(followed), await anext(followed)]
        users.disable(studio, people.carla.id, person=people.ada)
        return before + [one async for one in followed]

    seen = events_of("".join(anyio.run(read)))
    assert [name for name, _ in seen] == ["progress", "failure"]
    assert seen[-1][1]["error"]["kind"] == "sign_in"


def test_a_programs_events_end_when_its_owner_loses_the_brand(
    studio: Studio, people: People, brief: Callable[..., BriefForm]
):
    """A role that is taken ends sessions; tokens go on with the roles that are left."""
    run = runs.submit(studio, brief(), person=people.carla)
    token = tokens.create(studio, person=people.carla, name="script")
    followed = stream(studio, run, Credential(token, CredentialKind.API_TOKEN), Looks())

    async def read() -> list[str]:
        before = [await anext(followed), await anext(followed)]
        users.set_role(studio, people.carla.id, EVERY_BRAND, None, person=people.ada)
        with anyio.fail_after(10):
            return before + [one async for one in followed]

    seen = events_of("".join(anyio.run(read)))
    assert [name for name, _ in seen] == ["progress", "failure"]
    assert seen[-1][1]["error"]["kind"] == "not_found"


def _stream_to(studio: Studio, run: int, person: Person) -> AsyncIterator[str]:
    token = sessions.sign_in(studio, person.name, PASSWORD)
    return stream(studio, run, Credential(token), Looks())


def test_what_remains_is_told_from_the_pace_so_far(studio: Studio, people: People, drawn_run: int):
    done = runs.get(studio, drawn_run, person=people.carla)
    half = replace(
        done, status=RunStatus.RUNNING, steps_done=10, steps_total=40, started_at=studio.now()
    )
    assert progress_of(half, studio.now() + timedelta(seconds=5)).remaining_s == 15.0
