"""Files of so many parts that reading them takes seconds, told before anything reads them.

Each part costs a little, and a file within its size may have millions. A program that writes
pictures makes hundreds; nothing here depends on what is in them.
"""

MAX_PARTS = 25_000
"""Chunks of a PNG, or segments of a JPEG before its first scan: 20 MB in pieces of 800 bytes."""
MAX_SCANS = 64
"""A progressive JPEG has about ten, and each runs over the whole picture."""

_SCAN = b"\xff\xda"
_ALONE = frozenset({0x00, 0x01, 0xFF, *range(0xD0, 0xDA)})
"""What follows 0xFF where no length follows: a filler, a stuffed byte, a marker by itself."""


def is_flood(content: bytes) -> bool:
    """Whether the file has more parts than any program writes."""
    if content.startswith(b"\x89PNG"):
        return _is_flood_of_chunks(content)
    return content.startswith(b"\xff\xd8") and _is_flood_of_segments(content)


def _is_flood_of_chunks(content: bytes) -> bool:
    at = 8
    for _ in range(MAX_PARTS):
        if at + 12 > len(content) or content[at + 4 : at + 8] == b"IEND":
            return False
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    return True


def _is_flood_of_segments(content: bytes) -> bool:
    at = 2
    for _ in range(MAX_PARTS):
        if at + 4 > len(content) or content.startswith(_SCAN, at):
            return content.count(_SCAN, at) > MAX_SCANS
        is_segment = content[at] == 0xFF and content[at + 1] not in _ALONE
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big") if is_segment else 1
    return True
