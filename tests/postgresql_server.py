"""A real PostgreSQL server on this machine: made, started and stopped by whoever needs one."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

_ORDINARY_USERS = ("postgres", "nobody")
TEMPLATE = "studio_template"


class NoServerError(Exception):
    """There is no PostgreSQL on this machine that could be started."""


@dataclass
class Server:
    """One server on a free port of this machine; `url` names a database of it."""

    folder: Path
    tools: Path
    user: str | None
    port: int
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://studio@127.0.0.1:{self.port}/{database}"

    def fresh(self, template: str = TEMPLATE) -> str:
        """The URL of a new database like the template's."""
        name = f"studio_{next(self.numbers)}"
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.run_sql(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def run_sql(self, statement: str) -> None:
        where = f"host=127.0.0.1 port={self.port} user=studio dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        log = self.folder / "log"
        # Acknowledged must mean on the disk here too: fsync stays on.
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -c fsync=on"
        self._tool("pg_ctl", "-w", "-t", "60", "-l", str(log), "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        self._tool("pg_ctl", "-w", "-m", how, "stop")

    def restart(self) -> None:
        """As a power cut would: nobody is told."""
        self.stop()
        self.start()

    def make(self) -> None:
        self._tool("initdb", "-U", "studio", "-A", "trust", "-E", "UTF8", "--no-locale")

    def _tool(self, name: str, *arguments: str) -> None:
        command = [str(self.tools / name), "-D", str(self.folder / "data"), *arguments]
        # PostgreSQL refuses to run as root.
        before = ["setpriv", f"--reuid={self.user}", "--clear-groups"] if self.user else []
        # A server keeps its starter's output open: a pipe would never end.
        with (self.folder / f"{name}.out").open("w+") as said:
            ended = subprocess.run(
                [*before, *command],
                stdout=said,
                stderr=said,
                cwd=self.folder,
                env=os.environ | {"LC_ALL": "C.UTF-8"},
                check=False,
            )
            said.seek(0)
            if ended.returncode != 0:
                raise NoServerError(f"{name}: {said.read()[-400:]}")


@contextmanager
def running_server(where: Path | None = None) -> Generator[Server]:
    """A server in a folder of its own, or NoServerError with the reason."""
    folder = Path(tempfile.mkdtemp(prefix="studio-pg-", dir=where))
    server = Server(folder, _tools(), _ordinary_user(), _free_port())
    try:
        folder.chmod(0o755)
        if server.user:
            shutil.chown(folder, server.user)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tools() -> Path:
    found = shutil.which("initdb")
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not found and not candidates:
        raise NoServerError("initdb is not installed (Debian: apt-get install postgresql)")
    return (Path(found) if found else candidates[0]).parent


def _ordinary_user() -> str | None:
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in _ORDINARY_USERS if user in known)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
