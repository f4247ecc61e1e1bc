"""`python -m brandstudio.decoder`: an image at stdin, the decoded one at stdout, or a status."""

import os
import sys

from brandstudio.decoder.confinement import confine
from brandstudio.decoder.errors import UnfitError
from brandstudio.decoder.pictures import decode

_STDIN, _STDOUT = 0, 1
_PIECE = 1 << 20


def main() -> int:
    """Serve one picture."""
    confine()
    try:
        picture = decode(_everything())
    except UnfitError as error:
        return error.refusal
    _send(b"%d %d\n" % (picture.width_px, picture.height_px) + picture.content)
    return 0


def _everything() -> bytes:
    pieces: list[bytes] = []
    while piece := os.read(_STDIN, _PIECE):
        pieces.append(piece)
    return b"".join(pieces)


def _send(content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(_STDOUT, left) :]


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # Skip the interpreter's shutdown, which would open and close what is no longer allowed.
    os._exit(status)
