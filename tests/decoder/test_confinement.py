"""What a helper can still do once it has tied its hands: next to nothing, for two reasons."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT_FILTER = "from brandstudio.decoder import confinement; confinement._NEEDED.clear(); "
CONFINED = "import os, socket; from brandstudio.decoder.confinement import confine; c = confine(); "


def told(script: str, *, prepared: str = "") -> str:
    """What a process says that confines itself and then runs the script."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{prepared}{CONFINED}\n{script}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout.strip() or f"ended with {ended.returncode}"


def attempt(action: str) -> str:
    said = "print(getattr(e, 'strerror', e))"
    return f"try:\n    {action}\n    print('done')\nexcept (OSError, ValueError) as e:\n    {said}"


FORBIDDEN = {
    "a socket": "socket.socket()",
    "a pair of sockets": "socket.socketpair()",
    "a file to read": "os.open('/etc/passwd', os.O_RDONLY)",
    "a file to write": "os.open('/tmp/left-behind', os.O_WRONLY | os.O_CREAT)",
    "a copy of itself": "os.fork() or os._exit(0)",
    "another program": "os.execv('/bin/true', ['true'])",
    "a signal to its parent": "os.kill(os.getppid(), 0)",
    "a folder": "os.listdir('/')",
    "a deletion": "os.unlink('/tmp/nothing')",
    "its old limits": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
}


REFUSALS = {
    "Operation not permitted",
    "Too many open files",
    "not allowed to raise maximum limit",
}


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
@pytest.mark.parametrize("action", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_kernel_refuses_whatever_is_not_computing(action):
    assert told(attempt(action)) in REFUSALS


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_the_filter_is_in_force_here():
    assert told("print(c.filters_calls)") == "True"


@pytest.mark.parametrize("action", ["a socket", "a pair of sockets", "a file to read"])
def test_without_the_filter_there_is_still_no_room_for_a_file_or_a_socket(action):
    assert told("print(c.filters_calls)", prepared=WITHOUT_FILTER) == "False"
    assert told(attempt(FORBIDDEN[action]), prepared=WITHOUT_FILTER) == "Too many open files"


def test_closing_what_is_open_makes_no_room():
    script = "os.close(0); os.close(2)\n" + attempt(FORBIDDEN["a socket"])
    assert told(script, prepared=WITHOUT_FILTER) == "Too many open files"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not bound it")
def test_memory_ends_at_the_limit():
    grab = "try:\n    bytes(900_000_000)\n    print('got it')\nexcept MemoryError:\n    print('no')"
    assert told(grab) == "no"
    assert told(grab.replace("900_", "400_")) == "got it"


def test_time_ends_at_the_limit():
    ended = subprocess.run(
        [sys.executable, "-c",
         "from brandstudio.decoder.confinement import confine\nconfine(cpu_s=1)\nwhile True: pass"],
        check=False,
    )  # fmt: skip
    assert ended.returncode < 0


def test_an_answer_cannot_fill_the_disk(tmp_path: Path):
    script = f"{CONFINED}\nwhile True: os.write(1, bytes(1_000_000))"
    with (tmp_path / "answer").open("wb") as answer:
        ended = subprocess.run(
            [sys.executable, "-c", script], stdout=answer, stderr=-3, check=False
        )
    assert ended.returncode != 0
    assert (tmp_path / "answer").stat().st_size <= 8_000_000


def test_the_helper_loads_nothing_heavy_and_nothing_of_the_studio():
    script = (
        "import sys, brandstudio.decoder.__main__;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " {'torch', 'gradio', 'fastapi', 'sqlalchemy', 'pydantic', 'numpy', 'socket'}"
        " or m.startswith('brandstudio.') and m.split('.')[1] not in {'decoder', 'errors'}])"
    )
    ended = subprocess.run(
        [sys.executable, "-E", "-s", "-c", script],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )  # fmt: skip
    assert ended.stdout.strip() == "[]"
