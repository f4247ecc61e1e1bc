"""Which database and which store a process has, however addresses are written; its version."""

from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.orm import Session

from brandstudio.storage.blobs import Blobs, LocalBlobs
from brandstudio.storage.engine.clocks import boot_id

# A restored or copied server is another one: only the start of this process tells them apart.
_SERVER = text(
    "SELECT extract(epoch FROM pg_postmaster_start_time())::text || ' ' || oid"
    " FROM pg_database WHERE datname = current_database()"
)
_FILE = text("SELECT file FROM pragma_database_list WHERE name = 'main'")


def database_identity(session: Session) -> str:
    """The same for all who speak with this very database now, and for nobody else; no secret."""
    if session.get_bind().dialect.name == "sqlite":
        return _of_path(Path(session.scalar(_FILE) or ""))
    return str(session.scalar(_SERVER))


def blobs_identity(blobs: Blobs, url: str) -> str:
    """The same for all who keep their files there. A folder is its own machine's alone."""
    if isinstance(blobs, LocalBlobs):
        blobs.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        return _of_path(blobs.folder)
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl().rstrip("/")


def database_version(session: Session) -> str:
    """`SQLite 3.45.1` or `PostgreSQL 16.4`."""
    name, question = _VERSIONS[session.get_bind().dialect.name]
    return f"{name} {session.scalar(question)}"


_VERSIONS = {
    "sqlite": ("SQLite", text("SELECT sqlite_version()")),
    "postgresql": ("PostgreSQL", text("SHOW server_version")),
}


def _of_path(path: Path) -> str:
    found = path.stat()
    return f"{boot_id()} {found.st_dev} {found.st_ino}"
