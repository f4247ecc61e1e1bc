"""Colour profiles made by hand, whose meaning is known without any colour management."""

import struct
from itertools import product

from PIL import ImageCms

Lab = tuple[int, int, int]
WHITE: Lab = (100, 0, 0)
BLACK: Lab = (0, 0, 0)


def srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def wide_gamut() -> bytes:
    """sRGB with the primaries of Display P3, patched into the file."""
    content = bytearray(srgb().tobytes())
    primaries = {
        b"rXYZ": (0.5151, 0.2412, -0.0011),
        b"gXYZ": (0.2919, 0.6922, 0.0419),
        b"bXYZ": (0.1572, 0.0666, 0.7841),
    }
    for tag, xyz in primaries.items():
        entry = content.index(tag, 128)
        at = int.from_bytes(content[entry + 4 : entry + 8], "big")
        content[at + 8 : at + 20] = struct.pack(">3i", *(round(v * 65536) for v in xyz))
    return bytes(content)


def linear_grey() -> bytes:
    """Greys that are as light as their number says, which sRGB's are not."""
    straight = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0100) + bytes(2)
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": straight})


def four_inks(colours: dict[tuple[int, ...], Lab]) -> bytes:
    """Inks whose full prints have these colours; with black in it everything is black."""
    names = [*product((0, 1), repeat=4)]
    entries = [BLACK if inks[3] else colours.get(inks, WHITE) for inks in names]
    grid = bytes(v for lab in entries for v in (round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128))
    same = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if n % 4 == 0 else 0 for n in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + same * 4 + grid + same * 3
    return _profile(b"CMYK", b"Lab ", {b"A2B0": table})


def _profile(space: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    d50 = struct.pack(">3i", 63190, 65536, 54061)
    parts = tags | {b"wtpt": b"XYZ " + bytes(4) + d50}
    head = struct.pack(">I", len(parts))
    body, at = b"", 128 + 4 + 12 * len(parts)
    for name, content in parts.items():
        padded = content + bytes(-len(content) % 4)
        head += name + struct.pack(">II", at + len(body), len(content))
        body += padded
    size = at + len(body)
    begin = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"prtr", space, between)
    when = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    return (begin + when + b"acsp" + bytes(28) + d50).ljust(128, b"\0") + head + body
