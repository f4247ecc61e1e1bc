"""A placement: a named size, format, byte limit and safe zone of an advertising channel."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from brandstudio.domain.values import Frozen, Line, Slug


class SafeZone(Frozen):
    """Margins in pixels that the channel's own interface covers; text and logo stay inside."""

    top_px: int = Field(default=0, ge=0)
    right_px: int = Field(default=0, ge=0)
    bottom_px: int = Field(default=0, ge=0)
    left_px: int = Field(default=0, ge=0)


class Placement(Frozen):
    """A named size, format, byte limit and safe zone of a channel, with the facts' source."""

    slug: Slug
    channel: Line
    title: Line
    width_px: int = Field(gt=0, le=8000)
    height_px: int = Field(gt=0, le=8000)
    format: Literal["png", "jpeg"] = "png"
    max_bytes: int = Field(gt=0)
    safe_zone: SafeZone = SafeZone()
    headline_max_length: int | None = Field(default=None, gt=0)
    grade: Literal["A", "B", "C", "X"]
    source: Line
    checked_on: date
    note: str = Field(default="", max_length=300)

    @model_validator(mode="after")
    def _safe_zone_leaves_room(self) -> Self:
        zone = self.safe_zone
        if zone.left_px + zone.right_px >= self.width_px:
            raise ValueError("the safe zone leaves no width for text")
        if zone.top_px + zone.bottom_px >= self.height_px:
            raise ValueError("the safe zone leaves no height for text")
        return self

    @property
    def aspect(self) -> float:
        """Width divided by height."""
        return self.width_px / self.height_px
