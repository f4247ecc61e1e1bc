"""How a body takes its fields from values."""

from dataclasses import dataclass, field

import pytest
from pydantic import ValidationError

from brandstudio.web.rest.body import Body


@dataclass(frozen=True)
class Frame:
    width_px: int
    secret: str = "not for browsers"


@dataclass(frozen=True)
class Picture:
    name: str
    frame: Frame
    width_px: int = 100
    parts: tuple[Frame, ...] = field(default=())


class FrameBody(Body):
    width_px: int


class PictureBody(Body):
    name: str
    width_px: int
    frame: FrameBody
    parts: list[FrameBody]


def test_fields_are_taken_by_name_within_values_too_and_nothing_else():
    body = PictureBody.of(Picture("sea", Frame(7), parts=(Frame(8),)))
    assert body.model_dump() == {
        "name": "sea",
        "width_px": 100,
        "frame": {"width_px": 7},
        "parts": [{"width_px": 8}],
    }


def test_of_two_values_with_a_name_the_first_counts_and_what_is_derived_before_both():
    picture = Picture("sea", Frame(7))
    assert PictureBody.of(picture, picture.frame).width_px == 100
    assert PictureBody.of(picture.frame, picture).width_px == 7
    assert PictureBody.of(picture, width_px=1).width_px == 1


def test_a_field_that_no_value_has_is_an_error():
    with pytest.raises(ValidationError, match="name"):
        PictureBody.of(Frame(7), frame=Frame(7), parts=[])
