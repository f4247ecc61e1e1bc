"""What the studio says about itself: one line for each event, as text for people or as JSON.

Names come from outside, so control characters never reach a line as they are; what looks like a
secret is blotted out even where somebody logs it by mistake.
"""

import json
import logging
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SECRETS = (
    (re.compile(r"(?i)\bbearer\s+\S+"), "Bearer ***"),
    (re.compile(r"\bbst_[\w-]+"), "bst_***"),
    # These two have several words; the others end with theirs, also when shown as in Python.
    (re.compile(r"(?i)\b(authorization|cookie)([\"']?\s*[=:]\s*).+"), r"\1\2***"),
    (
        re.compile(r"(?i)(token|password|secret)([\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|\S+)"),
        r"\1\2***",
    ),
    (re.compile(r"://([^:/@\s]*):[^@/\s]+@"), r"://\1:***@"),
)
_FACTS: ContextVar[dict[str, str]] = ContextVar("facts", default={})  # noqa: B039 - never changed


@contextmanager
def about(**facts: object) -> Generator[None, None, None]:
    """Everything logged inside carries these facts: `with about(run=7): …`."""
    known = _FACTS.set(_FACTS.get() | {name: str(value) for name, value in facts.items()})
    try:
        yield
    finally:
        _FACTS.reset(known)


def reference() -> str:
    """What everything logged now can be found by, for people to quote; empty outside a request."""
    return _FACTS.get().get("request", "")


def set_up(kind: str, stream: TextIO | None = None) -> None:
    """Let this process log to stderr, or from now on to that stream, as `json`, or as text."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if kind == "json" else TextLines())
    logging.basicConfig(handlers=[handler], force=stream is not None)
    # A log that cannot be written, on a full disk for one, must not stop what it tells about.
    logging.raiseExceptions = False


class JsonLines(logging.Formatter):
    """One JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The event with time, level, logger, message, what it is about, and the traceback."""
        event: dict[str, str] = {
            "time": _moment(record).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _blotted(record.getMessage()),
            **_FACTS.get(),
        }
        if record.exc_info:
            event["traceback"] = _blotted(self.formatException(record.exc_info))
        return _escaped(json.dumps(event, ensure_ascii=False))


class TextLines(logging.Formatter):
    """One line for people; a traceback follows, each of its lines behind a bar."""

    def format(self, record: logging.LogRecord) -> str:
        """The same facts as JsonLines, in the order in which a person reads."""
        facts = "".join(f" {name}={value}" for name, value in _FACTS.get().items())
        moment = _moment(record).strftime("%Y-%m-%d %H:%M:%S")
        message = _blotted(record.getMessage())
        line = _escaped(f"{moment} {record.levelname} {record.name}:{facts} {message}")
        if not record.exc_info:
            return line
        trace = _blotted(self.formatException(record.exc_info)).splitlines()
        return "\n".join([line, *(f"  | {_escaped(each)}" for each in trace)])


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _escaped(text: str) -> str:
    return _CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _blotted(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
