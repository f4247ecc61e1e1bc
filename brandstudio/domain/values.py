"""What every value of the domain is made of."""

import hashlib
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=64)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
HexColour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
RelativeFile = Annotated[
    str, StringConstraints(pattern=r"^\w[\w.+-]*(?:/\w[\w.+-]*)*$", max_length=200, strict=True)
]
"""A file below a folder: no way up, no way out, no address on a network."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class Frozen(BaseModel):
    """A value read from a file or a form: checked once here, trusted everywhere after."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def but(self, **changes: Any) -> Self:
        """Return a checked copy; pydantic's own model_copy(update=...) does not check."""
        return self.model_validate(self.model_dump() | changes)

    @property
    def digest(self) -> str:
        """The sha256 of this value's JSON, in hexadecimal: equal values have equal digests."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Box(Frozen):
    """A rectangle in fractions of its canvas: (0, 0) is top left, (1, 1) bottom right."""

    left: float = Field(ge=0, le=1)
    top: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def pixels(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """The box on a canvas of that size as (left, top, right, bottom) in whole pixels."""
        return (
            round(self.left * width_px),
            round(self.top * height_px),
            round(min(self.right, 1.0) * width_px),
            round(min(self.bottom, 1.0) * height_px),
        )

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )
