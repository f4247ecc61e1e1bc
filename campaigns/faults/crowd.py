"""People in front of a server that dies under them: each asks again until there is an answer.

What was answered is remembered, to be looked for in the database afterwards.
"""

import http.client
import json
import signal
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from tests.small_studio import content

WAITING = 3
_AGAIN_S, _LOOK_S, _ANSWER_S, _THINK_S = 0.05, 0.3, 20.0, (0.02, 0.1)
_NO_ANSWER = (OSError, http.client.HTTPException, json.JSONDecodeError)
_NOT_NOW = {500, 502, 503}


@dataclass
class Memory:
    """What people were told. A decision is [request, variant, version, verdict]."""

    runs: dict[str, int] = field(default_factory=dict[str, int])
    seeds: dict[int, int] = field(default_factory=dict[int, int])
    decided: list[tuple[str, int, int, str]] = field(
        default_factory=list[tuple[str, int, int, str]]
    )
    refused: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    failures: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    resent: int = 0
    failed_answers: list[str] = field(default_factory=list[str])

    @classmethod
    def read(cls, file: Path) -> "Memory":
        told = json.loads(file.read_text())
        told["seeds"] = {int(run): seed for run, seed in told["seeds"].items()}
        return cls(**told)


@dataclass
class Browser:
    """One person's connection, opened anew whenever it breaks."""

    port: int
    token: str
    memory: Memory
    connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and content of the answer, however often it takes."""
        while True:
            try:
                status, said = self._once(method, path, body, headers)
            except _NO_ANSWER:
                self._forget()
            else:
                if status not in _NOT_NOW:
                    return status, said
                self.memory.failed_answers.append(f"{status} {path}: {said}")
            self.memory.resent += 1
            time.sleep(_AGAIN_S)

    def _once(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_S)
        own = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, f"/api/v1{path}", sent, own | headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def _forget(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


@dataclass
class Crowd:
    """A creator who always wants more images, and reviewers who decide on them."""

    port: int
    seeds: tuple[int, ...]
    dice: Random
    memory: Memory = field(default_factory=Memory)
    standing: dict[int, tuple[int, str]] = field(default_factory=dict[int, tuple[int, str]])
    turn: threading.Lock = field(default_factory=threading.Lock)
    enough: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def work(self, tokens: tuple[str, ...], file: Path) -> None:
        """Ask for images and decide on them until told that it is enough, then see it through."""
        signal.signal(signal.SIGTERM, self._stop)
        maker, *reviewers = (Browser(self.port, token, self.memory) for token in tokens)
        threads = [
            threading.Thread(target=self._review, args=(browser, number, self.dice.getrandbits(32)))
            for number, browser in enumerate(reviewers)
        ]
        for thread in threads:
            thread.start()
        try:
            self._make(maker)
        finally:
            self.done.set()
        for thread in threads:
            thread.join()
        file.write_text(json.dumps(asdict(self.memory)))

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.enough.set()

    def _make(self, browser: Browser) -> None:
        waiting: list[int] = []
        while waiting or not self.enough.is_set():
            while len(waiting) < WAITING and not self.enough.is_set():
                waiting.append(self._submitted(browser))
            for run in list(waiting):
                if self._is_through(browser, run):
                    waiting.remove(run)
            time.sleep(_LOOK_S)

    def _submitted(self, browser: Browser) -> int:
        number = len(self.memory.runs)
        key, seed = f"key-{number}", self.seeds[number % len(self.seeds)]
        headers = {"Idempotency-Key": key}
        status, said = browser.ask("POST", "/runs", content(seed), **headers)
        if status != 201:
            raise RuntimeError(f"the run was refused: {status} {said}")
        self.memory.runs[key] = said["run"]
        self.memory.seeds[said["run"]] = seed
        return said["run"]

    def _is_through(self, browser: Browser, run: int) -> bool:
        """Look after a run: start it again when it failed, put it up for review when drawn."""
        _, found = browser.ask("GET", f"/runs/{run}")
        if found["status"] == "failed":
            self.memory.failures.append((run, found["failure"]["kind"]))
            browser.ask("POST", f"/runs/{run}/retry")  # 409: the first time it came did it
        if found["status"] != "succeeded":
            return False
        _, variants = browser.ask("GET", f"/runs/{run}/variants")
        versions = {each["id"]: each["version"] for each in variants["variants"]}
        self._decide(browser, f"submit-{run}", "submit", versions)
        return True

    def _review(self, browser: Browser, number: int, seed: int) -> None:
        dice, count = Random(seed), 0
        while not self.done.is_set():
            time.sleep(dice.uniform(*_THINK_S))
            if not self.standing:
                continue
            variant = dice.choice(list(self.standing))
            version, review = self.standing[variant]
            verdict = dice.choice(["approve", "reject"]) if review == "pending" else "reopen"
            count += 1
            self._decide(browser, f"click-{number}-{count}", verdict, {variant: version})

    def _decide(
        self, browser: Browser, request: str, verdict: str, versions: dict[int, int]
    ) -> None:
        asked = {
            "variants": list(versions),
            "verdict": verdict,
            "comment": "not this one" if verdict == "reject" else "",
            "request_id": request,
            "versions": versions,
        }
        status, said = browser.ask("POST", "/decisions", asked)
        if status != 200:
            raise RuntimeError(f"the decision was refused: {status} {said}")
        for one in said["decided"]:
            told = (f"{request}:{one['variant']}", one["variant"], one["version"], verdict)
            self.memory.decided.append(told)
            self._saw(one["variant"], one["version"], one["review"])
        for one in said["refused"]:
            self.memory.refused.append((f"{request}:{one['variant']}", one["variant"]))

    def _saw(self, variant: int, version: int, review: str) -> None:
        with self.turn:
            known, _ = self.standing.get(variant, (0, ""))
            # Answers overtake each other: the newest word counts.
            if version > known:
                self.standing[variant] = (version, review)
