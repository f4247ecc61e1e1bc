"""When Ray may not be used, and what people are told then."""

import os
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from brandstudio.cli.workers import build_engine
from brandstudio.engines.ray import access
from brandstudio.engines.ray.access import HeadError, NoRayError, NoTokenError, OneMachineError
from brandstudio.settings import SettingsError, read_settings

ROOT = Path(__file__).parent.parent.parent
TOKEN = "0123456789abcdef" * 4
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed: pip install 'brandstudio[ray]'"
)


@pytest.fixture
def engine(studio):
    """What would keep the workers with these settings."""

    def build(**changes):
        settings = studio.settings.model_copy(update=changes)
        return build_engine(replace(studio, settings=settings))

    return build


@pytest.mark.parametrize(
    ("engine", "address"),
    [("local", ""), ("ray:local", ""), ("ray://gpu-1.example:6379", "gpu-1.example:6379")],
)
def test_an_engine_is_chosen_by_one_setting(monkeypatch, engine, address):
    monkeypatch.setenv("BRANDSTUDIO_ENGINE", engine)
    settings = read_settings()
    assert (settings.uses_ray, settings.ray_address) == (engine != "local", address)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("ray", "'ray' is not one of local, ray:local and ray://host:port"),
        ("ray://gpu-1", "'ray://gpu-1' is not one of"),
        ("ray://gpu-1:6379/x", "is not one of"),
        ("ray://127.0.0.1:6379", "a cluster needs its network address"),
        ("ray://localhost:6379", "one machine is 'ray:local'"),
    ],
)
def test_any_other_engine_is_refused_with_what_there_is(monkeypatch, engine, said):
    monkeypatch.setenv("BRANDSTUDIO_ENGINE", engine)
    with pytest.raises(SettingsError, match="BRANDSTUDIO_ENGINE: ") as refused:
        read_settings()
    assert said in str(refused.value)


@pytest.mark.parametrize(("name", "value"), [("RAY_WORKERS", "0"), ("RAY_GPUS", "-1")])
def test_fewer_than_none_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"BRANDSTUDIO_{name}", value)
    with pytest.raises(SettingsError, match=name):
        read_settings()


def test_where_ray_is_not_installed_the_server_says_how_to_install_it(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "brandstudio", "serve", "--port", "0"],
        env=os.environ | {
            "PYTHONPATH": f"{_packages_without_ray(tmp_path)}{os.pathsep}{ROOT}",
            "BRANDSTUDIO_DATA_DIR": str(tmp_path / "data"),
            "BRANDSTUDIO_ENGINE": "ray:local",
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "Ray is not installed. Run: pip install 'brandstudio[ray]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_no_module_that_declares_a_failure_loads_ray():
    """Ray reads its token when it is imported: whoever lists all failures must not decide that."""
    program = (
        "import sys; from tests.web.catalogue_of_errors import every_kind;"
        "every_kind(); sys.exit('ray' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


def test_a_ray_that_can_be_made_to_run_foreign_code_is_refused(monkeypatch, tmp_path):
    old = tmp_path / "ray-2.55.1.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: ray\nVersion: 2.55.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(NoRayError, match=r"Ray 2\.55\.1 is not safe, 2\.56 or newer is needed"):
        access.require_ray()


@needs_ray
@pytest.mark.parametrize("place", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "home"])
def test_a_token_is_found_where_ray_looks_for_it(monkeypatch, tmp_path, engine, place):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    shared = {"engine": "ray://gpu-1:6379", "blobs": "s3://b", "database_url": "postgresql://"}
    with pytest.raises(NoTokenError, match="No token for the Ray cluster is set"):
        engine(**shared)
    file = tmp_path / (".ray/auth_token" if place == "home" else "token")
    file.parent.mkdir(exist_ok=True)
    file.write_text(TOKEN)
    if place != "home":
        monkeypatch.setenv(place, TOKEN if place == "RAY_AUTH_TOKEN" else str(file))
    assert engine(**shared)


@needs_ray
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"blobs": "s3://bucket"}, "needs PostgreSQL"),
        ({"database_url": "postgresql+psycopg://"}, "needs BRANDSTUDIO_BLOBS=s3://"),
        ({"database_url": "postgresql+psycopg://", "blobs": "file:///srv"}, "needs BRANDSTUDIO"),
    ],
)
def test_what_lies_on_one_machine_alone_is_refused(monkeypatch, engine, changes, said):
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    with pytest.raises(OneMachineError, match=said):
        engine(engine="ray://gpu-1:6379", **changes)
    assert engine(engine="ray:local", **changes)


def test_on_one_machine_the_token_is_made_anew_and_the_cores_are_shared_out(studio):
    first: dict[str, str] = {}
    second = {"OMP_NUM_THREADS": "3"}
    access.prepare(studio, first)
    access.prepare(studio, second)
    assert first["RAY_AUTH_MODE"] == "token"
    assert len(first["RAY_AUTH_TOKEN"]) == 64
    assert first["RAY_AUTH_TOKEN"] != second["RAY_AUTH_TOKEN"]
    assert first["RAY_USAGE_STATS_ENABLED"] == "0"
    assert (first["OMP_NUM_THREADS"], second["OMP_NUM_THREADS"]) == (str(os.cpu_count()), "3")


@needs_ray
def test_a_head_that_obeys_whoever_reaches_it_is_refused(monkeypatch, open_head):
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    with pytest.raises(NoTokenError, match="obeys whoever reaches it, without a token") as refused:
        access.require_closed(open_head)
    assert "RAY_AUTH_MODE=token" in refused.value.hint


@needs_ray
def test_what_is_no_ray_head_is_said_to_be_none():
    address = f"127.0.0.1:{_free_port()}"
    with pytest.raises(HeadError, match=f"No Ray head answers at {address}"):
        access.require_closed(address)


@pytest.fixture
def open_head(tmp_path):
    """A head that was started as Ray does it by itself: without a token."""
    address = f"127.0.0.1:{_free_port()}"
    host, _, port = address.partition(":")
    command = [
        sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block",
        f"--node-ip-address={host}", f"--port={port}", "--num-cpus=0", "--include-dashboard=false",
        "--object-store-memory=83886080",
    ]  # fmt: skip
    environment = os.environ | {
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9/",  # it reports even that it reports not
    }
    with (tmp_path / "head.log").open("w") as log:
        head = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _until_somebody_listens(host, int(port))
        yield address
    finally:
        head.terminate()
        head.wait(timeout=60)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _until_somebody_listens(host, port):
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def _packages_without_ray(folder):
    """Everything that is installed here but Ray."""
    here, there = Path(sysconfig.get_paths()["purelib"]), folder / "packages"
    there.mkdir()
    for package in here.iterdir():
        if package.name != "ray" and not package.name.startswith("ray-"):
            (there / package.name).symlink_to(package)
    return there
