"""What browsers send to Gradio's own routes, read strictly before Gradio sees it.

Gradio answers what it does not expect with a traceback, and an event of a page that was opened
before the studio restarted is one of those things.
"""

import json
from collections.abc import Collection
from typing import Annotated, Any, NoReturn, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from brandstudio.errors import StudioError

_MAX_DEPTH = 12
_Hash = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Number = Annotated[int, Field(ge=0, lt=10**6)]
_Plain = str | bool | int | float | None


class UnreadableEventError(StudioError):
    """A body is not what the studio's pages send."""

    status = 400
    hint = "Reload the page and try again; nothing was changed."

    def __init__(self) -> None:
        super().__init__("The studio cannot read what this page sent")


class StalePageError(StudioError):
    """An event belongs to a page of an earlier start of the studio."""

    status = 409
    hint = "Reload the page; nothing was changed."

    def __init__(self) -> None:
        super().__init__("This page was opened before the studio was started again")


class GradioEvent(BaseModel):
    """An event of a page, and the Gradio session of that page."""

    model_config = ConfigDict(extra="forbid", strict=True)

    session_hash: _Hash
    fn_index: _Number


class JoinEvent(GradioEvent):
    """Of queue/join: one event of a page, with what its fields hold.

    Words, numbers and choices; never an object: Gradio would take one for a file, and fetch what it
    names from wherever that is.
    """

    data: list[_Plain | list[_Plain]] = Field(max_length=500)
    event_data: Any = None
    trigger_id: _Number | None = None


class CancelEvent(GradioEvent):
    """Of cancel: an event that the page no longer waits for."""

    event_id: _Hash


class Pages(Protocol):
    """What the gate asks Gradio's pages about the sessions that browsers have with them."""

    def require_wanted(self, event: GradioEvent) -> None:
        """Do nothing if a page of the event's session has it, or an error that says why not."""
        ...

    def is_awaited(self, session_hash: str) -> bool:
        """Whether an event of that session was started whose outcome nobody has heard yet."""
        ...

    def forget(self, session_hash: str) -> None:
        """Keep nothing of a session that its person no longer uses."""
        ...


class NoPages:
    """A studio without pages: it has no event and no session."""

    def require_wanted(self, event: GradioEvent) -> None:
        """Refuse every event."""
        raise StalePageError

    def is_awaited(self, session_hash: str) -> bool:
        """Always False: there are no events."""
        return False

    def forget(self, session_hash: str) -> None:
        """Do nothing: there are no sessions."""


def read_event(path: str, body: bytes, media_type: str) -> GradioEvent:
    """The event in a body sent to Gradio. Raises UnreadableEventError."""
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise UnreadableEventError
    kind = CancelEvent if path.endswith("/cancel") else JoinEvent
    try:
        content: Any = json.loads(body, parse_constant=_refuse)
        _require_shallow(content)
        # Halves of broken characters could be read, and never be sent on.
        json.dumps(content, ensure_ascii=False).encode()
        return kind.model_validate(content)
    except (ValueError, RecursionError, ValidationError) as error:
        raise UnreadableEventError from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _require_shallow(content: object) -> None:
    layer = [content]
    for _ in range(_MAX_DEPTH):
        layer = [inner for outer in layer for inner in _inside(outer)]
    if layer:
        raise ValueError("nested too deeply")


def _inside(content: object) -> Collection[object]:
    if isinstance(content, dict):
        return cast("dict[str, object]", content).values()
    return cast("list[object]", content) if isinstance(content, list) else ()
