"""Checksums of files and of folders of weights; torch is not needed to compute them."""

import hashlib
from functools import lru_cache
from pathlib import Path

_PART_BYTES = 8 * 2**20
_LOADED_SUFFIXES = frozenset({".json", ".model", ".safetensors", ".txt"})
MANIFEST = "SHA256SUMS"
"""A folder's own list of what it should hold. It is believed while it has the locked checksum."""


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
    return listing_sha256(listing(folder))


def listing(folder: Path) -> str:
    """What counts of a folder, a line for each file: its checksum and its name."""
    return _lines({name: file_sha256(folder / name) for name in _names_below(folder)})


def copied_listing(folder: Path, into: Path) -> str:
    """Copy what counts, and the same lines for the very bytes of the copy.

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
    return _lines(hashes)


def listing_sha256(lines: str) -> str:
    """The checksum of a folder by its lines."""
    return hashlib.sha256(lines.encode()).hexdigest()


def astray(folder: Path, lines: str, locked: str) -> list[str]:
    """Which files of a folder are not the locked ones: missing, changed, or too many.

    `lines` are its listing now and `locked` its checksum. Without the folder's own manifest, or
    when that has another checksum, nothing can be told and the list is empty.
    """
    try:
        manifest = (folder / MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    if listing_sha256(manifest) != locked:
        return []
    return sorted(
        {line.partition("  ")[2] for line in {*manifest.split("\n")} ^ {*lines.split("\n")}}
    )


def _names_below(folder: Path) -> list[str]:
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in _LOADED_SUFFIXES and not path.name.startswith(".")
    )
    if not names:
        raise FileNotFoundError(f"no weights in {folder}")
    return names


def _lines(hashes: dict[str, str]) -> str:
    return "".join(f"{sha256}  {name}\n" for name, sha256 in hashes.items())


@lru_cache(maxsize=1024)
def _sha256(path: Path, _size_bytes: int, _modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
