"""The progress of a run as server-sent events, read from the database until the run is finished.

However many people follow a run, it is read once for all of them. Whether somebody may still look
at it is asked of each, every few seconds.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from time import monotonic
from weakref import WeakValueDictionary

from anyio import sleep, to_thread
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from brandstudio.domain.access import Action, needs
from brandstudio.domain.run import UNFINISHED
from brandstudio.errors import StudioError
from brandstudio.services import runs
from brandstudio.services.studio import Studio
from brandstudio.services.work import workers
from brandstudio.web.failures import FailureBody, failure, failure_of
from brandstudio.web.gate import open_streams
from brandstudio.web.gate.credentials import Credential, identify
from brandstudio.web.gate.middleware import person_of
from brandstudio.web.rest.parameters import PathId
from brandstudio.web.rest.part import part
from brandstudio.web.rest.runs import Progress, progress_of

POLL_S = 0.4
QUIET_POLLS = 35  # about every 15 s something is sent, so that proxies keep the line open
QUIET = ": still here\n\n"
_RETRY = "retry: 2000\n\n"


def router(studio: Studio) -> APIRouter:
    """The one route that streams."""
    routes, looks = part("Runs"), Looks()

    @routes.get("/runs/{run_id}/events", response_class=StreamingResponse)
    @needs(Action.VIEW)
    def run_events(run_id: PathId, request: Request) -> StreamingResponse:
        """Server-sent events, one whenever something changed, until the run is finished.

        Event `progress` carries the progress as JSON; event `failure` says why the stream ended
        early. Close the stream at the first event whose `finished` is true.
        """
        runs.get(studio, run_id, person=person_of(request))  # refuse before the stream starts
        credential = request.state.credential
        return StreamingResponse(
            stream(studio, run_id, credential, looks),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


@dataclass(eq=False, slots=True, weakref_slot=True)
class Look:
    """What a run was last seen to be, when that was, and when somebody last began to look."""

    event: "_Event | None" = None
    seen_at: float = 0.0
    begun_at: float = 0.0

    def keep(self, event: "_Event", begun_at: float) -> None:
        """Show it to everybody, unless it is of one person or somebody has seen a later state."""
        if event.is_everybodys and begun_at >= self.seen_at:
            self.event, self.seen_at = event, begun_at


@dataclass(frozen=True, slots=True)
class Looks:
    """One look at each run that is followed, kept as long as somebody follows it."""

    every_s: float = POLL_S
    _of: WeakValueDictionary[int, Look] = field(default_factory=WeakValueDictionary[int, Look])

    def at(self, run_id: int) -> Look:
        """The look that everybody shares who follows this run."""
        return self._of.setdefault(run_id, Look())


async def stream(
    studio: Studio, run_id: int, credential: Credential, looks: Looks
) -> AsyncIterator[str]:
    """Events until the run is finished, or until the credential no longer holds."""
    yield _RETRY
    look, last, quiet, ask_again_at = looks.at(run_id), None, 0, 0.0
    while True:
        event, now = look.event, monotonic()
        if event is None or now >= min(look.begun_at + looks.every_s, ask_again_at):
            look.begun_at, ask_again_at = now, now + open_streams.LOOK_EVERY_S
            event = await to_thread.run_sync(look_at, studio, run_id, credential)
            look.keep(event, now)
        quiet = 0 if event != last else quiet + 1
        if event != last:
            yield event.text
        elif quiet % QUIET_POLLS == 0:
            yield QUIET
        if event.is_last:
            return
        last = event
        await sleep(looks.every_s)


class _Event:
    """One event as it goes over the line; equal when a reader would see no difference."""

    def __init__(self, name: str, body: str, *, is_last: bool, key: object) -> None:
        self.text = f"event: {name}\ndata: {body}\n\n"
        self.is_last, self.key = is_last, key
        self.is_everybodys = name == "progress"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Event) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def look_at(studio: Studio, run_id: int, credential: Credential) -> _Event:
    """What the run is now, for whoever holds the credential, or why they may not see it."""
    person = identify(studio, credential)
    if person is None:
        return _ended(FailureBody(error=failure(401)))
    try:
        run = runs.get(studio, run_id, person=person)
    except StudioError as error:
        return _ended(FailureBody(error=failure_of(error)))
    if run.status not in UNFINISHED:
        return _progress(progress_of(run, studio.now()), is_last=True)
    generator = workers.said_of_the_generator(studio)
    return _progress(progress_of(run, studio.now(), generator), is_last=False)


def _progress(progress: Progress, *, is_last: bool) -> _Event:
    key = progress.model_dump_json(exclude={"remaining_s"})
    return _Event("progress", progress.model_dump_json(), is_last=is_last, key=key)


def _ended(body: FailureBody) -> _Event:
    return _Event("failure", body.model_dump_json(), is_last=True, key=body.error.kind)
