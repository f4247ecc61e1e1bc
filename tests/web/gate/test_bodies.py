"""Bodies that are slow, large or lie about their length; and files asked for in parts."""

import resource
import socket
import time

import pytest

from brandstudio.domain.people import Role
from brandstudio.web.gate import bodies
from tests.web.live import Live


@pytest.fixture
def carla(live: Live) -> dict[str, str]:
    """What a creator's browser sends along."""
    return live.cookie(Role.CREATOR) | {"Sec-Fetch-Site": "same-origin"}


def head(headers: dict[str, str], *more: str, path: str = "/api/v1/plans") -> bytes:
    """The head of a changing request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_body_that_comes_a_byte_at_a_time_is_given_up(
    live: Live, carla: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "MAX_BODY_WAIT_S", 0.4)
    with socket.create_connection(("127.0.0.1", live.address.port), timeout=20) as line:
        line.sendall(head(carla, "Content-Length: 1000"))
        said = b""
        line.settimeout(0.05)
        deadline = time.monotonic() + 20
        while not said and time.monotonic() < deadline:
            try:
                said = line.recv(65_536)
            except TimeoutError:
                line.sendall(b"x")
    assert status(said) == 408
    assert b"connection: close" in said.lower()
    assert live.address.ask("GET", "/api/v1/runs", carla).status == 200


def test_two_hundred_slow_senders_leave_room_for_everybody_else(
    live: Live, carla: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "MAX_BODY_WAIT_S", 5)
    lines = [
        socket.create_connection(("127.0.0.1", live.address.port), timeout=20) for _ in range(200)
    ]
    try:
        for line in lines:
            line.sendall(head(carla, "Content-Length: 1000") + b"{")
        began = time.monotonic()
        assert live.address.ask("GET", "/api/v1/runs", carla).status == 200
        assert time.monotonic() - began < 4
    finally:
        for line in lines:
            line.close()


LIES = {
    "no length at all": (["Content-Length: nonsense"], b"{}", {400}),
    "a negative length": (["Content-Length: -1"], b"{}", {400}),
    "two lengths": (["Content-Length: 2", "Content-Length: 3"], b"{}", {400}),
    "a length and chunks": (
        ["Content-Length: 2", "Transfer-Encoding: chunked"],
        b"2\r\n{}\r\n0\r\n\r\n",
        {400, 422},
    ),
    "an absurd length": (["Content-Length: 999999999999"], b"{}", {413}),
    "a length beyond all numbers": ([f"Content-Length: {'9' * 30}"], b"{}", {400, 413}),
    "chunks that are none": (["Transfer-Encoding: chunked"], b"zz\r\n{}\r\n0\r\n\r\n", {400}),
    "an unknown coding": (["Transfer-Encoding: gzip"], b"{}", {400, 501}),
    "honest chunks": (["Transfer-Encoding: chunked"], b"2\r\n{}\r\n0\r\n\r\n", {422}),
    "more than was said": (["Content-Length: 2"], b"{}" + b"x" * 5_000, {422}),
}


@pytest.mark.parametrize(("told", "body", "expected"), LIES.values(), ids=LIES)
def test_a_lie_about_the_length_is_refused(
    live: Live, carla: dict[str, str], told: list[str], body: bytes, expected: set[int]
):
    with socket.create_connection(("127.0.0.1", live.address.port), timeout=20) as line:
        line.sendall(head(carla, *told) + body)
        assert status(line.recv(65_536)) in expected
    assert live.address.ask("GET", "/api/v1/runs", carla).status == 200


def test_less_than_was_said_is_waited_for_and_then_given_up(
    live: Live, carla: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "MAX_BODY_WAIT_S", 0.3)
    with socket.create_connection(("127.0.0.1", live.address.port), timeout=20) as line:
        line.sendall(head(carla, "Content-Length: 100") + b"{}")
        assert status(line.recv(65_536)) == 408


def test_thirty_megabytes_in_chunks_are_refused_without_being_kept(
    live: Live, carla: dict[str, str]
):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with socket.create_connection(("127.0.0.1", live.address.port), timeout=20) as line:
        line.sendall(head(carla, "Transfer-Encoding: chunked"))
        block = b"x" * 100_000
        for _ in range(300):
            line.sendall(b"%x\r\n%s\r\n" % (len(block), block))
        line.sendall(b"0\r\n\r\n")
        assert status(line.recv(65_536)) == 413
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 10_000


def test_a_stranger_may_send_a_form_and_nothing_larger(live: Live):
    own = {"Origin": live.address.url, "Content-Type": "application/x-www-form-urlencoded"}
    wrong = live.address.ask("POST", "/sign-in", own, b"name=nobody&password=wrong")
    large = live.address.ask("POST", "/sign-in", own, b"name=nobody&password=" + b"x" * 300_000)
    assert (wrong.status, large.status) == (401, 413)


def bytes_of(live: Live) -> bytes:
    """The image that the studio holds."""
    return live.studio.blobs.path(live.image[8:-4], "png").read_bytes()


PARTS = {
    "the first byte": ("bytes=0-0", 206, slice(0, 1)),
    "from the tenth on": ("bytes=10-", 206, slice(10, None)),
    "the last five": ("bytes=-5", 206, slice(-5, None)),
    "beyond the end": ("bytes=0-99999999999999", 206, slice(0, None)),
    "after the end": ("bytes=99999999-", 416, slice(0, 0)),
    "backwards": ("bytes=9-2", 200, slice(0, None)),
    "another unit": ("lines=0-1", 200, slice(0, None)),
    "no numbers": ("bytes=a-b", 200, slice(0, None)),
}


@pytest.mark.parametrize(("asked", "code", "part"), PARTS.values(), ids=PARTS)
def test_a_part_of_an_image_is_exactly_that_part(
    live: Live,
    carla: dict[str, str],
    asked: str,
    code: int,
    part: slice,
):
    path, whole = live.image, bytes_of(live)
    answer = live.address.ask("GET", path, carla | {"Range": asked})
    assert answer.status == code
    if code in {200, 206}:  # what names no part is no wish for one, and gets all of it (RFC 9110)
        assert answer.body == whole[part]
    if code == 206:
        [told] = answer.headers["content-range"]
        assert told.endswith(f"/{len(whole)}")


@pytest.mark.parametrize("count", [2, 50, 5_000])
def test_many_parts_at_once_never_make_an_answer_larger_than_the_image(
    live: Live, carla: dict[str, str], count: int
):
    path, whole = live.image, bytes_of(live)
    ranges = ",".join(f"{n % 100}-{len(whole)}" for n in range(count))
    began = time.monotonic()
    answer = live.address.ask("GET", path, carla | {"Range": f"bytes={ranges}"})
    assert time.monotonic() - began < 2
    assert len(answer.body) <= len(whole) + 1_000
    assert answer.status in {200, 206, 400, 416}


def test_asking_for_the_head_of_a_file_sends_its_length_and_no_bytes(
    live: Live, carla: dict[str, str]
):
    path, whole = live.image, bytes_of(live)
    request = f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    said = live.address.raw(f"{request}Cookie: {carla['Cookie']}\r\n\r\n".encode())
    top, _, rest = said.partition(b"\r\n\r\n")
    assert (status(said), rest) == (200, b"")
    assert f"content-length: {len(whole)}".encode() in top.lower()
