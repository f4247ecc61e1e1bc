"""A layout: a composition enforced by ControlNet."""

from typing import Literal, Self

from pydantic import Field, model_validator

from brandstudio.domain.values import Box, Frozen, Line, Sha256, Slug

Stand = Literal["none", "floor", "podium", "table"]
Position = Literal["left", "center", "right"]


class ControlDrawing(Frozen):
    """What the control map shows: the product's outline in its box, the horizon, the podium."""

    outline: Slug
    outline_sha256: Sha256
    product: Box
    horizon: float | None = Field(default=None, gt=0, lt=1)
    stand: Stand = "none"


class Layout(Frozen):
    """Regions of a composition; layouts of one family differ by the product's position alone."""

    slug: Slug
    title: Line
    summary: Line
    family: Slug
    position: Position
    aspect: Literal["1:1", "4:5", "9:16", "16:9"]
    product: Box
    copy_space: Box
    horizon: float | None = Field(default=None, gt=0, lt=1)
    stand: Stand = "none"
    controlnet_scale: float = Field(default=1.0, ge=0.0, le=2.0)
    prompt: str = Field(
        default="", max_length=120, description="Words the pattern gets as `layout`"
    )

    @model_validator(mode="after")
    def _regions_apart(self) -> Self:
        for name, box in (("product", self.product), ("copy_space", self.copy_space)):
            if box.right > 1.0001 or box.bottom > 1.0001:
                raise ValueError(f"{name} reaches outside the canvas")
        if self.product.overlaps(self.copy_space):
            raise ValueError("the copy space overlaps the product")
        return self

    def drawing(self, outline: str, outline_sha256: str) -> ControlDrawing:
        """This layout's control drawing for that product outline."""
        return ControlDrawing(
            outline=outline,
            outline_sha256=outline_sha256,
            product=self.product,
            horizon=self.horizon,
            stand=self.stand,
        )
