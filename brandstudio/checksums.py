"""Checksums of files and of folders of weights; torch is not needed to compute them."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_PART_BYTES = 8 * 2**20
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
    names = _names_below(folder)
    return _listed({name: file_sha256(folder / name) for name in names})


def copied_sha256(folder: Path, into: Path) -> str:
    """Copy what `folder_sha256` counts, and the same sha256 over the very bytes of the copy.

    Each file is read once, so that nobody can exchange it in between. Raises FileNotFoundError.
    """
    hashes: dict[str, str] = {}
    for name in _names_below(folder):
        digest, target = hashlib.sha256(), into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("rb") as source, target.open("xb") as copy:
            while part := source.read(_PART_BYTES):
                digest.update(part)
                copy.write(part)
        hashes[name] = digest.hexdigest()
    return _listed(hashes)


def _names_below(folder: Path) -> list[str]:
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in _LOADED_SUFFIXES and not path.name.startswith(".")
    )
    if not names:
        raise FileNotFoundError(f"no weights in {folder}")
    return names


def _listed(hashes: Mapping[str, str]) -> str:
    listing = "".join(f"{sha256}  {name}\n" for name, sha256 in hashes.items())
    return hashlib.sha256(listing.encode()).hexdigest()


@lru_cache(maxsize=1024)
def _sha256(path: Path, _size_bytes: int, _modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
