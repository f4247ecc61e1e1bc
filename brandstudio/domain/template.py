"""A template: a form and its prompt pattern."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from brandstudio.domain.values import Frozen, Line, Slug


class FieldKind(StrEnum):
    """How a field is answered."""

    CHOICE = "choice"
    TEXT = "text"


class FieldUse(StrEnum):
    """Where an answer goes."""

    PROMPT = "prompt"  # into the prompt pattern
    OVERLAY = "overlay"  # onto the finished rendition: headline, call to action
    POSITION = "position"  # chooses the layout of the same family


class Choice(Frozen):
    """One answer a person can pick; `prompt` is what the pattern gets for it."""

    value: Slug
    label: Line
    prompt: str = Field(default="", max_length=120)


class TemplateField(Frozen):
    """One question of the form."""

    name: Slug
    kind: FieldKind
    label: Line
    help: str = Field(default="", max_length=200)
    use: FieldUse = FieldUse.PROMPT
    choices: tuple[Choice, ...] = ()
    default: str = ""
    required: bool = True
    max_length: int = Field(default=40, ge=1, le=200)
    outline: bool = Field(
        default=False, description="Whether the answer names the product outline the layout draws"
    )

    @model_validator(mode="after")
    def _choices_fit_kind(self) -> Self:
        values = [choice.value for choice in self.choices]
        if (self.kind is FieldKind.CHOICE) != bool(values):
            raise ValueError("a choice field needs choices, a text field has none")
        if len(values) != len(set(values)):
            raise ValueError("a choice is listed twice")
        if self.kind is FieldKind.CHOICE and self.default and self.default not in values:
            raise ValueError(f"the default '{self.default}' is not one of the choices")
        if self.kind is FieldKind.TEXT and self.use is FieldUse.POSITION:
            raise ValueError("a position is chosen, not typed")
        return self

    def choice(self, value: str) -> Choice | None:
        """The choice of that value, or None."""
        return next((choice for choice in self.choices if choice.value == value), None)


class Template(Frozen):
    """A form and its prompt pattern (Jinja2, sandboxed and strict)."""

    slug: Slug
    title: Line
    summary: Line
    fields: tuple[TemplateField, ...] = Field(min_length=1)
    pattern: str = Field(min_length=1, max_length=2000)
    negative_pattern: str = Field(default="", max_length=1000)
    axes: tuple[Slug, ...] = Field(default=(), description="Choice fields a comparison may vary")

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [field.name for field in self.fields]
        if len(names) != len(set(names)):
            raise ValueError("a field is listed twice")
        for axis in self.axes:
            field = self.field(axis)
            if field is None or field.kind is not FieldKind.CHOICE:
                raise ValueError(f"axis '{axis}' is not a choice field of this template")
        if sum(field.outline for field in self.fields) != 1:
            raise ValueError("exactly one choice field must carry 'outline: true' (the product)")
        return self

    def field(self, name: str) -> TemplateField | None:
        """The field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def product_field(self) -> TemplateField:
        """The field whose answer names the product outline."""
        return next(field for field in self.fields if field.outline)

    @property
    def position_field(self) -> TemplateField | None:
        """The field that chooses the layout's position, if the template asks for it."""
        return next((f for f in self.fields if f.use is FieldUse.POSITION), None)
