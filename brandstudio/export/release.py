"""The approved PNG as it leaves the house: the same image, without what says how it was made."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from brandstudio.export.xmp import Credits, packet

PNG_XMP = "XML:com.adobe.xmp"
_SIGNATURE, _FRAME = 8, 12
_TELLING = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"})


@dataclass(frozen=True, slots=True)
class Released:
    """A file that leaves, and what has to be put back to have the approved one, byte for byte.

    `length` bytes from `at` on took the place of `withheld`.
    """

    content: bytes
    at: int
    length: int
    withheld: bytes

    @property
    def record(self) -> dict[str, object]:
        """The same for the manifest."""
        return {"at": self.at, "length": self.length, "bytes": b64encode(self.withheld).decode()}


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    start: int
    end: int


def released(png: bytes, credits_: Credits) -> Released:
    """The PNG with its texts exchanged for the mark of a generated image and these credits."""
    chunks = list(_chunks(png))
    telling = [chunk for chunk in chunks if chunk.kind in _TELLING] or [
        _Chunk(b"", *_after(chunks))
    ]
    start, end = telling[0].start, telling[-1].end
    between = (c for c in chunks if start <= c.start < end and c.kind not in _TELLING)
    put = b"".join(png[c.start : c.end] for c in between) + _mark(credits_)
    return Released(png[:start] + put + png[end:], start, len(put), png[start:end])


def _chunks(png: bytes) -> Iterator[_Chunk]:
    at = _SIGNATURE
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        end = at + _FRAME + length
        yield _Chunk(png[at + 4 : at + 8], at, end)
        at = end


def _after(chunks: list[_Chunk]) -> tuple[int, int]:
    """The offset behind the PNG's header chunk."""
    return chunks[0].end, chunks[0].end


def _mark(credits_: Credits) -> bytes:
    """An XMP packet as PNG keeps it: a key, five times nothing, the text as it is."""
    content = b"iTXt" + PNG_XMP.encode() + bytes(5) + packet(credits_)
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
