"""A brief: a filled-in, checked form."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from math import isfinite, prod
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError

from brandstudio.domain.base_model import Quality
from brandstudio.domain.brand import Brand
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.layout import Layout
from brandstudio.domain.template import FieldKind, FieldUse, Template, TemplateField
from brandstudio.domain.text import forbidden_word, plain, refusal, writable
from brandstudio.domain.upload import MAX_REFERENCES
from brandstudio.domain.values import Frozen
from brandstudio.errors import BriefError, NotFoundError, Problem, count_of

BASELINE = "baseline"
MAX_PROBLEMS = 50
"""More than a person reads; so that an answer is never longer than what was asked."""
_MAX_DIGITS = 300

_Name = Annotated[str, Field(max_length=200)]
_Answer = Annotated[str, Field(max_length=2_000)]
UploadId = Annotated[int, Field(ge=1, lt=2**63)]


class BriefForm(Frozen):
    """What a person submitted: the right shape, not yet checked against brand and template."""

    brand: str = Field(max_length=64)
    template: str = Field(max_length=64)
    layout: str = Field(max_length=64)
    answers: dict[_Name, _Answer] = Field(default_factory=dict, max_length=64)
    axes: dict[_Name, Annotated[tuple[_Name, ...], Field(max_length=64)]] = Field(
        default_factory=dict, max_length=4
    )
    seeds_per_arm: int = Field(default=4, ge=1, le=1_000_000, strict=True)
    seed: int | None = Field(default=None, ge=0, lt=2**32, strict=True)
    quality: Quality = "final"
    placements: tuple[_Name, ...] = Field(default=(), max_length=64)
    name: _Answer = Field(default="", description="What the campaign is called; shown in lists")
    references: tuple[UploadId, ...] = Field(
        default=(), max_length=64, description="Uploaded images to look at beside the variants"
    )
    # No part of what is asked for: the same form is the same brief.
    seen_version: int | None = Field(
        default=None,
        ge=1,
        lt=2**31,
        strict=True,
        exclude=True,
        description="The brand's version as the form was filled in; refused if it is another now",
    )


class Brief(Frozen):
    """A checked form: every name exists, every answer is allowed, the seed is settled."""

    brand: str
    template: str
    layout: str
    answers: dict[str, str]
    axes: dict[str, tuple[str, ...]]
    seeds_per_arm: int
    seed: int
    quality: Quality
    placements: tuple[str, ...]
    name: str
    references: tuple[int, ...] = ()

    def overlay(self, template: Template) -> dict[str, str]:
        """The answers that are set on finished renditions: headline, call to action."""
        return {
            field.name: self.answers[field.name]
            for field in template.fields
            if field.use is FieldUse.OVERLAY and self.answers.get(field.name)
        }


def read_form(content: Any) -> BriefForm:
    """A form from parsed YAML or JSON, or BriefError naming each place that has the wrong shape."""
    if not isinstance(content, dict):
        raise BriefError([Problem("brief", "must be a mapping such as 'brand: voltra'")])
    try:
        return BriefForm.model_validate(_as_text(cast("dict[Any, Any]", content)))
    except ValidationError as error:
        raise BriefError(problems_of(error)) from error


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's complaints as places and sentences, the first fifty of them."""
    return [
        Problem(
            ".".join(writable(str(part)[:80]) for part in fault["loc"]) or "file",
            writable(fault["msg"].removeprefix("Value error, ")),
        )
        for fault in error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
    ]


def check_brief(
    form: BriefForm,
    catalogue: Catalogue,
    *,
    max_variants: int,
    seed: int,
    unusable: Collection[int] = (),
) -> Brief:
    """The checked brief, or BriefError with every problem at once.

    `seed` is used when the form has none; `unusable` are those of its references that do not exist
    or are not for whoever submits it.
    """
    try:
        brand, template = catalogue.brand(form.brand), catalogue.template(form.template)
        layout = catalogue.layout(form.layout)
    except NotFoundError as error:
        raise BriefError([Problem(error.kind, str(error))]) from error
    answers = _with_defaults(form, template)
    problems = [
        *_choice_problems(form, brand, catalogue),
        *_name_problems(form, brand),
        *_unknown_fields(form, template),
        *chain.from_iterable(
            _answer_problems(f, answers.get(f.name, ""), brand) for f in template.fields
        ),
        *_axis_problems(form, template),
        *_position_problems(form, answers, template, layout, brand, catalogue),
        *_size_problems(form, max_variants),
        *_reference_problems(form, unusable),
    ]
    if problems:
        raise BriefError(problems[:MAX_PROBLEMS])
    return Brief(
        **form.model_dump(exclude={"answers", "seed", "name"}),
        answers=answers,
        seed=seed if form.seed is None else form.seed,
        name=plain(form.name),
    )


def arm_count(axes: dict[str, tuple[str, ...]]) -> int:
    """How many combinations of levels the axes give; 1 without axes."""
    return prod(len(levels) for levels in axes.values())


def _as_text(content: dict[Any, Any]) -> dict[Any, Any]:
    """YAML reads 'sku: 12' as a number and 'yes' as a truth value; answers are text."""
    answers: Any = content.get("answers")
    if not isinstance(answers, dict):
        return content
    texts = {name: _scalar_text(answer) for name, answer in cast("dict[Any, Any]", answers).items()}
    return content | {"answers": texts}


def _scalar_text(value: object) -> object:
    """Numbers as they were typed; what no decimal text could have meant is left to be refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    is_writable = isfinite(value) if isinstance(value, float) else abs(value) < 10**_MAX_DIGITS
    return str(value) if is_writable else value


def _with_defaults(form: BriefForm, template: Template) -> dict[str, str]:
    known = {f.name: plain(form.answers.get(f.name, "")) or f.default for f in template.fields}
    for axis, levels in form.axes.items():
        if axis in known and not known[axis] and levels:
            known[axis] = levels[0]
    return {name: answer for name, answer in known.items() if answer}


def _choice_problems(form: BriefForm, brand: Brand, catalogue: Catalogue) -> Iterator[Problem]:
    if form.template not in brand.templates:
        yield Problem("template", _not_allowed(brand, "template", form.template, brand.templates))
    if form.layout not in brand.layouts:
        yield Problem("layout", _not_allowed(brand, "layout", form.layout, brand.layouts))
    for slug in form.placements:
        if slug not in catalogue.placements:
            yield Problem(
                "placements", str(NotFoundError("placement", slug[:80], choices=brand.placements))
            )
        elif slug not in brand.placements:
            yield Problem("placements", _not_allowed(brand, "placement", slug, brand.placements))


def _not_allowed(brand: Brand, kind: str, slug: str, allowed: Iterable[str]) -> str:
    return f"{brand.name} does not use the {kind} '{slug}'; it uses: {', '.join(sorted(allowed))}"


def _name_problems(form: BriefForm, brand: Brand) -> Iterator[Problem]:
    yield from _text_problems("name", plain(form.name), 80, brand, in_prompt=False)


def _unknown_fields(form: BriefForm, template: Template) -> Iterator[Problem]:
    names = [field.name for field in template.fields]
    for name in form.answers:
        if name not in names:
            choices = ", ".join(names)
            yield Problem(
                f"answers.{name[:80]}", f"{template.title} has no such field; it has: {choices}"
            )


def _answer_problems(field: TemplateField, answer: str, brand: Brand) -> Iterator[Problem]:
    place = f"answers.{field.name}"
    if not answer:
        if field.required and field.use is not FieldUse.POSITION:
            yield Problem(place, f"{field.label} is required")
        return
    if field.kind is FieldKind.TEXT:
        in_prompt = field.use is FieldUse.PROMPT
        yield from _text_problems(place, answer, field.max_length, brand, in_prompt=in_prompt)
    elif field.choice(answer) is None:
        yield Problem(place, _not_a_choice(field, answer))


def _text_problems(
    place: str, text: str, max_length: int, brand: Brand, *, in_prompt: bool
) -> Iterator[Problem]:
    reason = refusal(text, max_length=max_length, in_prompt=in_prompt)
    if reason:
        yield Problem(place, reason)
        return
    word = forbidden_word(text, brand.forbidden_words)
    if word:
        yield Problem(place, f"{brand.name} does not use the word '{word}'; say it another way")


def _not_a_choice(field: TemplateField, answer: str) -> str:
    known = ", ".join(choice.value for choice in field.choices)
    return f"'{answer[:80]}' is not one of: {known}"


def _axis_problems(form: BriefForm, template: Template) -> Iterator[Problem]:
    for axis, levels in form.axes.items():
        place, field = f"axes.{axis[:80]}", template.field(axis)
        if field is None or axis not in template.axes:
            choices = ", ".join(template.axes) or "none"
            yield Problem(place, f"{template.title} cannot compare this; it can compare: {choices}")
            continue
        if len(levels) != len(set(levels)):
            yield Problem(place, "a value is listed twice; list each once")
        if not levels:
            yield Problem(place, "lists no values; list at least one")
        for level in levels:
            if field.choice(level) is None:
                yield Problem(place, _not_a_choice(field, level))


def _position_problems(
    form: BriefForm,
    answers: dict[str, str],
    template: Template,
    layout: Layout,
    brand: Brand,
    catalogue: Catalogue,
) -> Iterator[Problem]:
    field = template.position_field
    if field is None:
        return
    wanted = form.axes.get(field.name) or (answers.get(field.name, layout.position),)
    for position in wanted:
        moved = catalogue.layout_at(layout, position)
        if field.choice(position) is not None and (
            moved is None or moved.slug not in brand.layouts
        ):
            yield Problem(
                field.name,
                f"{brand.name} has no layout like '{layout.slug}' with the product {position}",
            )


def _size_problems(form: BriefForm, max_variants: int) -> Iterator[Problem]:
    arms = arm_count(form.axes)
    wanted = arms * form.seeds_per_arm
    if wanted > max_variants:
        yield Problem(
            "seeds_per_arm",
            f"{count_of(arms, 'arm')} of {count_of(form.seeds_per_arm, 'seed')} make "
            f"{wanted:,} variants; at most {max_variants} fit in one run",
        )


def _reference_problems(form: BriefForm, unusable: Collection[int]) -> Iterator[Problem]:
    wanted = form.references
    if len(wanted) > MAX_REFERENCES:
        yield Problem(
            "references", f"{len(wanted)} images are attached; at most {MAX_REFERENCES} fit"
        )
    if len(wanted) != len(set(wanted)):
        yield Problem("references", "an image is attached twice; attach each once")
    for upload_id in dict.fromkeys(wanted):
        if upload_id in unusable:
            yield Problem("references", f"image {upload_id} cannot be used here; attach it again")
