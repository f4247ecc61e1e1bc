"""Checksums of files and of folders of weights; torch is not needed to compute them."""

import hashlib
from functools import lru_cache
from pathlib import Path

_LOADED_SUFFIXES = frozenset({".json", ".model", ".safetensors", ".txt"})


def file_sha256(path: Path) -> str:
    """The sha256 of a file in hexadecimal; an unchanged file (path, size, time) is read only once.

    Raises FileNotFoundError.
    """
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


def folder_sha256(folder: Path) -> str:
    """One sha256 over the names and checksums of every weight, config and vocabulary file below.

    This is the `revision` of a checkpoint that ships with the studio. Hidden files, notes and
    anything no loader reads do not count. Raises FileNotFoundError when there is no such file.
    """
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in _LOADED_SUFFIXES and not path.name.startswith(".")
    )
    if not names:
        raise FileNotFoundError(f"no weights in {folder}")
    listing = "".join(f"{file_sha256(folder / name)}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


@lru_cache(maxsize=1024)
def _sha256(path: Path, _size_bytes: int, _modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
