"""What a bomb costs the helper itself, and that no honest file is taken for one."""

import io
import re
import struct
import subprocess
import sys
from dataclasses import dataclass

import pytest
from PIL import Image

from brandstudio.decoder.errors import Refusal
from brandstudio.decoder.floods import MAX_PARTS, MAX_SCANS, is_flood
from tests.hostile_images import (
    BOMBS,
    base_images,
    bomb,
    chunk,
    chunks_without_end,
    segments_without_end,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux counts the peak")

# What is opened before stays open: the peak can be read when nothing else can be any more.
MEASURED = """
import os, re, sys, time
from brandstudio.decoder.confinement import confine
from brandstudio.decoder.pictures import decode
from brandstudio.decoder.errors import UnfitError
status, content = os.open("/proc/self/status", os.O_RDONLY), sys.stdin.buffer.read()
def peak_kb():
    os.lseek(status, 0, 0)
    return int(re.search(rb"VmHWM:\\s+(\\d+)", os.read(status, 9999))[1])
confine()
before_kb, started = peak_kb(), time.process_time()
try:
    decode(content)
    refusal = 0
except UnfitError as error:
    refusal = error.refusal.value
told = refusal, (peak_kb() - before_kb) // 1024, round(1000 * (time.process_time() - started))
os.write(1, b"%d %d %d" % told)
os._exit(0)
"""


@dataclass(frozen=True)
class Cost:
    """What became of an image, and what it cost the process that opened it."""

    refusal: int
    grew_mb: int
    took_ms: int


def cost_of(content: bytes) -> Cost:
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED], input=content, capture_output=True, check=True
    )
    return Cost(*map(int, re.findall(rb"-?\d+", ended.stdout)))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_for_next_to_no_memory_and_time(name: str):
    cost = cost_of(bomb(name))
    assert cost.refusal in set(Refusal)
    assert cost.grew_mb < 100
    assert cost.took_ms < 200


ALL = 19_900_000
"""As much as may be uploaded."""
FLOODS = {
    "texts": lambda: chunks_without_end(b"tEXt", b"a\0", size_bytes=ALL),
    "unknown chunks": lambda: chunks_without_end(b"abCd", size_bytes=ALL),
    "remarks": lambda: segments_without_end(b"\xff\xfe\0\2", size_bytes=ALL),
    "fillers": lambda: segments_without_end(b"\xff", size_bytes=ALL),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_costs_the_same_however_much_of_it_there_is(kind: str):
    cost = cost_of(FLOODS[kind]())
    assert cost.refusal == Refusal.TOO_HEAVY
    assert cost.took_ms < 200


def in_pieces(png: bytes, piece: int) -> bytes:
    """The same PNG with its pixels in small chunks, as programs with little memory write them."""
    pixels, at, out = b"", 8, png[:8]
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"IDAT":
            pixels += png[at + 8 : at + 8 + length]
        elif kind == b"IEND":
            for start in range(0, len(pixels), piece):
                out += chunk(b"IDAT", pixels[start : start + piece])
            out += png[at:]
        else:
            out += png[at : at + 12 + length]
        at += 12 + length
    return out


def test_no_honest_file_is_a_flood():
    noise = Image.effect_noise((2_400, 2_400), 80).convert("RGB")
    png, photo = io.BytesIO(), io.BytesIO()
    noise.save(png, "PNG", compress_level=1)
    noise.save(photo, "JPEG", progressive=True, quality=95, icc_profile=bytes(16_000_000))
    small = in_pieces(png.getvalue(), 1_024)
    assert small.count(b"IDAT") > MAX_PARTS // 3
    assert not is_flood(small)
    assert not is_flood(photo.getvalue())
    assert 5 < photo.getvalue().count(b"\xff\xda") < MAX_SCANS // 2
    assert not any(map(is_flood, base_images().values()))
    assert len(small) < 20_000_000
    assert cost_of(small).refusal == 0


def test_the_limit_is_where_it_says():
    plain = base_images()["png"]
    parts = plain.count(b"IDAT") + 2

    def of(extra: int) -> bytes:
        return plain[:33] + chunk(b"abCd", b"") * extra + plain[33:]

    assert not is_flood(of(MAX_PARTS - parts))
    assert is_flood(of(MAX_PARTS - parts + 1))
