"""Whether a pack is what was built: every file, the list of them, and every byte in between.

Nothing but Python's own library is imported, so that whoever gets a pack can have it checked with
this one file and without the studio: `python proof.py pack.zip`. Nothing is unpacked, and what is
read may have been made by anybody.
"""

import hashlib
import json
import re
import struct
import sys
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

SUMS, MANIFEST, VERSION = "SHA256SUMS", "manifest.json", 2
MAX_WHOLE_BYTES = 100_000_000
"""Of the list, the manifest and each original, which are read as a whole: more than any needs."""
ATTRIBUTES = 0o100644 << 16
"""A file that its owner may write and everybody may read."""

_NAME = re.compile(r"(?:[a-z0-9-]{1,60}/)?[a-z0-9-]{1,60}\.[a-z]{3,4}|SHA256SUMS")
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")
_PICTURES = (".png", ".jpg")
_UNIX, _NEEDS = 3, 20
_PIECE = 1 << 20

Sums = Mapping[str, str]
"""The checksum of each file by its name, in the order in which they lie in the archive."""


class ChangedError(Exception):
    """The pack is not what was built; the message says where."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A pack of which every byte is as it was written."""

    sha256: str
    files: int
    title: str
    brand: str
    as_of: str
    approvals: int


def examine(pack: Path, sha256: str = "") -> Verification:
    """Read the whole pack; `sha256` is what its checksum has to be, where that is known.

    Raises ChangedError, or OSError when the file cannot be read.
    """
    with pack.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
        if sha256 and sha256.strip().lower() != checksum:
            raise ChangedError(f"its checksum is {checksum}, not the one that was asked for")
        try:
            with zipfile.ZipFile(file) as archive:
                _require_frame(archive, file)
                sums = _sums(archive)
                _require_files(archive, sums)
                manifest = _manifest(archive, sums)
                _require_originals(archive, manifest)
        except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError) as error:
            raise ChangedError(f"it is no whole ZIP file ({error})") from error
    return Verification(
        sha256=checksum,
        files=len(sums) + 1,
        title=_shown(manifest["title"]),
        brand=_shown(manifest["brand"]),
        as_of=_shown(manifest["as_of"]),
        approvals=len(manifest["originals"]),
    )


def _shown(text: object) -> str:
    """A short text that no terminal takes for anything else."""
    return "".join(c if c.isprintable() else " " for c in str(text))[:100]


def _require_frame(archive: zipfile.ZipFile, file: BinaryIO) -> None:
    """Nothing, or ChangedError: only valid names, and no bytes outside the files' records."""
    at, directory, seen = 0, bytearray(), set[str]()
    for record in archive.infolist():
        name = record.filename
        if not _NAME.fullmatch(name):
            raise ChangedError(f"{ascii(name)[:120]} is no name that a pack has")
        if name in seen:
            raise ChangedError(f"{name} is in it twice")
        seen.add(name)
        head = _head(record)
        file.seek(at)
        if file.read(len(head)) != head:
            raise ChangedError(f"{name} does not lie in it as it was written")
        directory += _line(record, at)
        at += len(head) + record.file_size
    file.seek(at)
    end = bytes(directory) + _end(len(seen), len(directory), at)
    if file.read(len(end) + 1) != end:
        raise ChangedError("something was added before, between or behind the files")


def _facts(record: zipfile.ZipInfo) -> tuple[int, ...]:
    """The fields that a file's local header and its entry in the central directory share."""
    year, month, day, hour, minute, second = record.date_time
    return (
        _NEEDS,
        0,
        zipfile.ZIP_STORED,
        hour << 11 | minute << 5 | second // 2,
        (year - 1980) << 9 | month << 5 | day,
        record.CRC,
        record.file_size,
        record.file_size,
        len(record.filename),
        0,
    )


def _head(record: zipfile.ZipInfo) -> bytes:
    """The local header of a file."""
    return struct.pack("<4s5H3L2H", b"PK\3\4", *_facts(record)) + record.filename.encode()


def _line(record: zipfile.ZipInfo, at: int) -> bytes:
    """A file's entry in the central directory."""
    more = 0, 0, 0, ATTRIBUTES, at
    line = struct.pack("<4s2B5H3L5H2L", b"PK\1\2", _NEEDS, _UNIX, *_facts(record), *more)
    return line + record.filename.encode()


def _end(count: int, size: int, at: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, at, 0)


def _sums(archive: zipfile.ZipFile) -> Sums:
    """The list of checksums; it names what is there, no more and no less, and comes last."""
    lines = _whole(archive, SUMS).decode().split("\n")
    matches = [_SUM.fullmatch(line) for line in lines[:-1]]
    if lines[-1] or not all(matches):
        raise ChangedError(f"{SUMS} is not as it was written")
    sums = {match[2]: match[1] for match in matches if match}
    names = archive.namelist()
    listed, present = {*sums, SUMS}, {*names}
    if added := next((name for name in names if name not in listed), None):
        raise ChangedError(f"{added} was added; {SUMS} does not name it")
    if missing := next((name for name in sums if name not in present), None):
        raise ChangedError(f"{missing} is missing")
    if [*sums, SUMS] != names:
        raise ChangedError(f"{SUMS} names the files in another order")
    return sums


def _require_files(archive: zipfile.ZipFile, sums: Sums) -> None:
    """Every file has its checksums, the archive's own short one, too."""
    for name, sha256 in sums.items():
        digest, crc = hashlib.sha256(), 0
        for piece in _pieces(archive, name):
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
        if digest.hexdigest() != sha256 or crc != archive.getinfo(name).CRC:
            raise ChangedError(f"{name} was changed")


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as file:
            while piece := file.read(_PIECE):
                yield piece
    except zipfile.BadZipFile as error:
        raise ChangedError(f"{name} was changed") from error


def _manifest(archive: zipfile.ZipFile, sums: Sums) -> Mapping[str, Any]:
    """What the manifest says, once it agrees with the list about every picture."""
    try:
        manifest = json.loads(_whole(archive, MANIFEST))
        version, originals = manifest["manifest_version"], manifest["originals"]
        entries = [*manifest["renditions"], *originals]
        listed = {entry["path"]: (entry["sha256"], entry["size_bytes"]) for entry in entries}
        title, brand = manifest["title"], manifest["brand"]["name"]
        summary = {"title": title, "brand": brand, "as_of": manifest["as_of"]}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ChangedError(f"{MANIFEST} cannot be read") from error
    if version != VERSION:
        raise ChangedError(f"it is of another form ({version!r:.20}) than can be checked here")
    pictures = [name for name in sums if name.endswith(_PICTURES)]
    present = {name: (sums[name], archive.getinfo(name).file_size) for name in pictures}
    if listed != present or len(listed) != len(entries):
        wrong = sorted(map(str, {*listed.items()} ^ {*present.items()}))
        raise ChangedError(f"{MANIFEST} and the files do not agree: {', '.join(wrong)[:200]}")
    return summary | {"originals": originals}


def _require_originals(archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    """With what was withheld put back, each is the very file that its decision names."""
    for entry in manifest["originals"]:
        content = _whole(archive, entry["path"])
        try:
            approved, withheld = entry["decision"]["image_sha256"], entry["withheld"]
            if withheld:
                at, length = withheld["at"], withheld["length"]
                removed = b64decode(withheld["bytes"], validate=True)
                content = content[:at] + removed + content[at + length :]
        except (KeyError, TypeError, ValueError) as error:
            raise ChangedError(f"{MANIFEST} cannot be read") from error
        if hashlib.sha256(content).hexdigest() != approved:
            raise ChangedError(f"{entry['path']} is not the image that was approved")


def _whole(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        raise ChangedError(f"{name} is missing")
    if archive.getinfo(name).file_size > MAX_WHOLE_BYTES:
        raise ChangedError(f"{name} is far too large")
    return b"".join(_pieces(archive, name))


def main(arguments: list[str]) -> int:
    """Check one pack, for whoever has only this file and Python."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: python proof.py PACK.zip [SHA256]\n")
        return 2
    try:
        verification = examine(Path(arguments[0]), *arguments[1:])
    except (ChangedError, OSError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1
    sys.stdout.write(f"{arguments[0]}: {verification.files} files, each as it was written.\n")
    sys.stdout.write(f"SHA256 of the whole: {verification.sha256}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
