"""The studio's side: starts one helper process per image, and kills it after a time limit."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from brandstudio.decoder.errors import (
    MAX_EDGE_PX,
    MAX_RESULT_BYTES,
    ImageRefusedError,
    Refusal,
    looks_allowed,
)
from brandstudio.errors import StudioError

WAIT_S = 20.0
"""By the clock, on a busy machine; the helper's own limit counts the time it computes."""

# Where `-m` finds this package whatever way it was installed; PYTHONPATH would be inherited.
_HOME = Path(__file__).resolve().parent.parent.parent
_COMMAND = (sys.executable, "-E", "-s", "-B", "-m", "brandstudio.decoder")
# Not one variable of ours: they hold the database's password.
_SURROUNDINGS: Mapping[str, str] = {"LANG": "C.UTF-8"}
_BEGINNING, _KIND = b"RIFF", b"WEBP"


class DecoderError(StudioError):
    """The helper process could not be started."""

    status = 503
    hint = "Try again in a moment; if it stays so, ask whoever runs this studio."


@dataclass(frozen=True, slots=True)
class Picture:
    """An image from outside, encoded anew as WebP, and its size."""

    content: bytes
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Decoder:
    """Opens pictures from outside; may be used by several threads at once."""

    command: tuple[str, ...] = _COMMAND
    wait_s: float = WAIT_S

    def render(self, content: bytes) -> Picture:
        """The picture made anew from its pixels, ImageRefusedError, or DecoderError."""
        if not looks_allowed(content):
            raise ImageRefusedError(Refusal.WRONG_KIND)
        try:
            return self._answer(content)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise DecoderError(f"Images cannot be opened now: {reason}") from error

    def _answer(self, content: bytes) -> Picture:
        """Files in place of pipes, so that nobody waits for anybody."""
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as output:
            source.write(content)
            source.seek(0)
            status = self._run(source, output)
            if status != 0:
                raise ImageRefusedError(_refusal_of(status))
            output.seek(0)
            return _read(output)

    def _run(self, source: IO[bytes], output: IO[bytes]) -> int:
        """The helper's exit status; it is ended if it does not end in time."""
        with subprocess.Popen(
            self.command,
            stdin=source,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=_SURROUNDINGS,
            cwd=_HOME,
            start_new_session=True,
        ) as process:
            try:
                return process.wait(self.wait_s)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()


def _refusal_of(status: int) -> Refusal:
    return Refusal(status) if status in set(Refusal) else Refusal.TOO_HEAVY


def _read(output: IO[bytes]) -> Picture:
    """What the helper wrote. It may have been taken over by what it read, so nothing is believed:
    a wrong answer is no answer, and the bytes are only ever handed to browsers as an image."""
    answer = output.read(MAX_RESULT_BYTES + 1)
    sizes, _, content = answer.partition(b"\n")
    width, _, height = sizes.partition(b" ")
    if len(answer) > MAX_RESULT_BYTES or not (width.isdigit() and height.isdigit()):
        raise ImageRefusedError(Refusal.TOO_HEAVY)
    if not content.startswith(_BEGINNING) or content[8:12] != _KIND:
        raise ImageRefusedError(Refusal.TOO_HEAVY)
    if max(int(width), int(height)) > MAX_EDGE_PX or not int(width) or not int(height):
        raise ImageRefusedError(Refusal.TOO_HEAVY)
    return Picture(content, int(width), int(height))
