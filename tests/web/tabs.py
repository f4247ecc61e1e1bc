"""Open pages of somebody's browser: their events, and what becomes of them."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from tests.web.live import Live
from tests.web.serving import Answer

EVENTS = "/studio/gradio_api"


@dataclass(frozen=True)
class Tab:
    """One open page of somebody's browser."""

    live: Live
    who: dict[str, str]
    name: str

    def send(self, **event: Any) -> Answer:
        """Start an event."""
        headers = self.who | {"Content-Type": "application/json", "Origin": self.live.address.url}
        body = json.dumps({"session_hash": self.name} | event).encode()
        return self.live.address.ask("POST", f"{EVENTS}/queue/join", headers, body)

    def stop(self, event_id: str) -> int:
        """Ask that an event be stopped; the status of the answer."""
        headers = self.who | {"Content-Type": "application/json", "Origin": self.live.address.url}
        event = {"session_hash": self.name, "fn_index": 0, "event_id": event_id}
        body = json.dumps(event).encode()
        return self.live.address.ask("POST", f"{EVENTS}/cancel", headers, body).status

    @property
    def blocks(self) -> Any:
        """The pages as the server holds them."""
        apps = [getattr(route, "app", None) for route in self.live.app.routes]
        [blocks] = [
            app.get_blocks() for app in apps if app is not None and hasattr(app, "get_blocks")
        ]
        return blocks

    def hear(self) -> list[dict[str, Any]]:
        """What became of every event that was started."""
        return [said for said in self._stream() if said["msg"] == "process_completed"]

    def run(self, number: int, *data: Any) -> dict[str, Any]:
        """Start an event and wait for what becomes of it."""
        assert self.send(fn_index=number, data=list(data)).status == 200
        [said] = self.hear()
        return said

    def _stream(self) -> Iterator[dict[str, Any]]:
        path = f"{EVENTS}/queue/data?session_hash={self.name}"
        with closing(HTTPConnection("127.0.0.1", self.live.address.port, timeout=20)) as line:
            line.request("GET", path, headers=self.who)
            answer = line.getresponse()
            assert answer.status == 200
            for told in iter(answer.readline, b""):
                if told.startswith(b"data:"):
                    said = json.loads(told[5:])
                    if said["msg"] == "close_stream":
                        return
                    yield said


def events_of(tab: Tab) -> list[dict[str, Any]]:
    """The events that the pages declare."""
    return json.loads(tab.live.address.ask("GET", "/studio/config", tab.who).body)["dependencies"]
