"""Ray on one machine as `serve` starts it: closed to others, silent, and gone at the end."""

import os
import subprocess
import sys
import time
from importlib.util import find_spec

import psutil
import pytest

from brandstudio.services.studio import build_studio
from brandstudio.settings import Settings
from brandstudio.storage.work import workers

if find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install 'brandstudio[ray]'", allow_module_level=True)


def until(happened, seconds=90):
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.fixture
def foreman(tmp_path):
    environment = os.environ | {
        "BRANDSTUDIO_DATA_DIR": str(tmp_path / "data"),
        "BRANDSTUDIO_ENGINE": "ray:local",
        "BRANDSTUDIO_RAY_GPUS": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "brandstudio", "foreman"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def names(tmp_path):
    """Who is known to draw."""
    studio = build_studio(Settings(data_dir=tmp_path / "data"))

    def look():
        with studio.database.reading() as session:
            return [worker.name for worker in workers.every(session)]

    yield look
    studio.database.close()


def test_ray_on_one_machine_is_closed_silent_and_leaves_nothing_behind(foreman, names, tmp_path):
    until(names)
    family = psutil.Process(foreman.pid).children(recursive=True)
    places = {place for member in family for place in listens_at(member)}
    assert places
    assert {place.removeprefix("::ffff:") for place in places} == {"127.0.0.1"}
    foreman.terminate()
    said, told = foreman.communicate(timeout=60)
    assert (foreman.returncode, said) == (0, "")
    assert "worker-1 is " in told
    assert "Traceback" not in told
    until(lambda: not any(is_alive(member) for member in family))
    assert (tmp_path / "data" / "ray.log").stat().st_mode & 0o077 == 0


def listens_at(process):
    try:
        sockets = process.net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return set()
    return {each.laddr.ip for each in sockets if each.status == psutil.CONN_LISTEN}


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
