"""Why a picture from outside is not taken: one number for each reason, the helper's exit status."""

from enum import IntEnum

from brandstudio.errors import StudioError

MAX_PIXELS = 40_000_000
MAX_EDGE_PX = 1600
"""What is kept of a picture that is only looked at: enough to fill a large screen."""
MAX_RESULT_BYTES = 8_000_000
"""More than an image of that many pixels takes, however little it can be compressed."""
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


class Refusal(IntEnum):
    """What the helper's exit status says; every other one means that it was ended by a limit."""

    WRONG_KIND = 10
    TOO_MANY_PIXELS = 11
    MOVING = 12
    DAMAGED = 13
    TOO_HEAVY = 14


def looks_allowed(content: bytes) -> bool:
    """Whether the first bytes are those of a kind that is opened; nothing is decoded."""
    return content.startswith(_BEGINNINGS) and (
        not content.startswith(b"RIFF") or content[8:12] == b"WEBP"
    )


class UnfitError(Exception):
    """Raised in the helper; the studio's side turns it into words."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


class ImageRefusedError(StudioError):
    """A picture was not taken; nothing of it was kept."""

    status = 422
    hint = "Open it in a picture program, save it as PNG or JPEG, and upload that."

    def __init__(self, refusal: Refusal) -> None:
        message, self.hint = WORDS[refusal]
        super().__init__(message)
        self.refusal = refusal


WORDS = {
    Refusal.WRONG_KIND: (
        "Please upload PNG, JPEG or WebP",
        "Open the file in a picture program and save it as PNG or JPEG.",
    ),
    Refusal.TOO_MANY_PIXELS: (
        "This image has more than 40 megapixels",
        "Save a smaller copy, for example 4000 pixels wide, and upload that.",
    ),
    Refusal.MOVING: (
        "This image moves",
        "Upload one still picture, such as a screenshot of the frame that matters.",
    ),
    Refusal.DAMAGED: (
        "This image is incomplete or damaged",
        "Open it in a picture program and save it again, or choose another file.",
    ),
    Refusal.TOO_HEAVY: (
        "This image takes too much time or memory to open",
        "Save a plain copy of it as PNG or JPEG, and upload that.",
    ),
}
