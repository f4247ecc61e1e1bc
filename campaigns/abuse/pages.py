"""The brief form as a browser has it open: its events with what its fields hold."""

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from gradio.components import Component, State, Textbox
from gradio.renderable import Renderable

from brandstudio.web.gate.middleware import SESSION_COOKIE
from campaigns.abuse.server import JOIN, Live

_STREAM = "/studio/gradio_api/queue/data?session_hash="
_TYPED = "Turn the volume up"
_BUG = "Something went wrong"


class OpenForm:
    """One browser's page with the form drawn on it. Field by field it holds what a person typed."""

    def __init__(self, live: Live, session: str, session_hash: str) -> None:
        self._live, self._session_hash = live, session_hash
        self._headers = {
            "Content-Type": "application/json",
            "Origin": f"http://127.0.0.1:{live.port}",
            "Cookie": f"{SESSION_COOKIE}={session}",
        }
        for number, holds in ((0, []), (1, []), (2, [None])):
            self._join({"session_hash": session_hash, "fn_index": number, "data": holds})
            assert self.heard() == [], "the form was not drawn"

    def events(self, *, drawing: bool) -> list[dict[str, Any]]:
        """Every event that this browser can send, as it sends it when nothing is wrong.

        Those that draw a part of the page, or all others: drawn anew, the form has other events.
        """
        known = self._live.blocks.state_holder[self._session_hash].blocks_config.fns
        return [
            {
                "data": [_held(part) for part in event.inputs],
                "event_data": None,
                "fn_index": number,
                "trigger_id": 0,
                "session_hash": self._session_hash,
            }
            for number, event in sorted(known.items())
            if drawing == isinstance(getattr(event.fn, "__self__", None), Renderable)
        ]

    def bugs_after(self, body: bytes) -> list[str]:
        """Follow an event that was taken in to its end. One that names another page is not ours."""
        ours = json.loads(body)["session_hash"] == self._session_hash
        return self.heard() if ours else []

    def heard(self) -> list[str]:
        """Wait until nothing of this page runs any more; the bugs that somebody would be shown."""
        found: list[str] = []
        with closing(HTTPConnection("127.0.0.1", self._live.port, timeout=60)) as line:
            line.request("GET", _STREAM + self._session_hash, headers=self._headers)
            answer = line.getresponse()
            for told in iter(answer.readline, b""):
                said = json.loads(told[5:]) if told.startswith(b"data:") else {}
                if said.get("msg") == "close_stream":
                    break
                if said.get("msg") == "process_completed" and not said["success"]:
                    found += [e for e in [str(said["output"].get("error"))] if _BUG in e]
        return found

    def _join(self, event: dict[str, Any]) -> None:
        with closing(HTTPConnection("127.0.0.1", self._live.port, timeout=60)) as line:
            line.request("POST", JOIN, body=json.dumps(event), headers=self._headers)
            assert line.getresponse().status == 200


def _held(part: Component) -> Any:
    if isinstance(part, State):
        return None
    return part.value or (_TYPED if isinstance(part, Textbox) and part.elem_id else part.value)
