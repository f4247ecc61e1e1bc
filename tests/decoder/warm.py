"""A helper that opens many images one after the other, so that a thousand cost one start."""

import os
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from brandstudio.decoder.confinement import confine
from brandstudio.decoder.errors import UnfitError
from brandstudio.decoder.pictures import decode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one image: an exit status, and what was made of it if that is 0."""

    status: int
    content: bytes


def opened(images: Iterable[bytes]) -> list[Outcome]:
    """Each image as the confined decoder leaves it; one that ends the process ends the list."""
    given = b"".join(struct.pack(">I", len(image)) + image for image in images)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.decoder.warm"], input=given, capture_output=True, check=False
    )
    return list(_outcomes(ended.stdout))


def _outcomes(answer: bytes) -> Iterable[Outcome]:
    at = 0
    while at < len(answer):
        status, length = struct.unpack_from(">II", answer, at)
        yield Outcome(status, answer[at + 8 : at + 8 + length])
        at += 8 + length


def _serve() -> None:
    confine(cpu_s=60)
    given = sys.stdin.buffer
    while head := given.read(4):
        content = given.read(struct.unpack(">I", head)[0])
        try:
            status, made = 0, decode(content).content
        except UnfitError as error:
            status, made = error.refusal.value, b""
        answer = memoryview(struct.pack(">II", status, len(made)) + made)
        while answer:
            answer = answer[os.write(1, answer) :]


if __name__ == "__main__":
    _serve()
    os._exit(0)
