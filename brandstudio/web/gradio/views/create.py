"""The brief form as values: what is offered, what was typed, what it adds up to, what is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brand import Brand
from brandstudio.domain.brief import BriefForm, arm_count, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.placement import Placement
from brandstudio.domain.run import RunRecord
from brandstudio.domain.template import FieldKind, FieldUse, Template, TemplateField
from brandstudio.errors import Problem
from brandstudio.web.gradio.views.words import first_upper

MAX_PILLS = 8
SEEDS_OFFERED = (1, 2, 3, 4, 6, 8, 12, 16)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was chosen and typed so far; each template keeps its own answers."""

    brand: str
    template: str
    layout: str
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    axes: Mapping[str, Mapping[str, list[str]]] = field(
        default_factory=dict[str, Mapping[str, list[str]]]
    )
    seeds_per_arm: int = 4
    quality: str = "draft"
    placements: tuple[str, ...] = ()
    name: str = ""
    references: tuple[int, ...] = ()
    key: str = ""
    version: int | None = None
    """Of the brand, when its form was drawn."""

    @property
    def own_answers(self) -> Mapping[str, str]:
        """The answers to the template of the moment."""
        return self.answers.get(self.template, {})

    @property
    def own_axes(self) -> Mapping[str, list[str]]:
        """What the template of the moment compares."""
        return self.axes.get(self.template, {})

    def form(self) -> BriefForm:
        """The draft as a form. Raises BriefError when it has not even the right shape."""
        return read_form(
            {
                "brand": self.brand,
                "template": self.template,
                "layout": self.layout,
                "answers": dict(self.own_answers),
                "axes": {axis: levels for axis, levels in self.own_axes.items() if levels},
                "seeds_per_arm": self.seeds_per_arm,
                "quality": self.quality,
                "placements": list(self.placements),
                "name": self.name,
                "references": list(self.references),
                "seen_version": self.version,
            }
        )


def first_draft(catalogue: Catalogue, key: str) -> Draft:
    """An empty form for the first brand there is."""
    brand = next(iter(catalogue.brands.values()))
    return Draft(brand.slug, brand.templates[0], brand.layouts[0], key=key, version=brand.version)


def draft_of(run: RunRecord, key: str) -> Draft:
    """The brief of an earlier run, to be changed and used again."""
    brief = run.brief
    return Draft(
        brand=brief.brand,
        template=brief.template,
        layout=brief.layout,
        answers={brief.template: brief.answers},
        axes={brief.template: {axis: list(levels) for axis, levels in brief.axes.items()}},
        seeds_per_arm=brief.seeds_per_arm,
        quality=brief.quality,
        placements=brief.placements,
        name=brief.name,
        references=brief.references,
        key=key,
    )


def fitted(draft: Draft, catalogue: Catalogue) -> Draft:
    """The draft with everything its brand does not offer replaced by something it does."""
    brand = catalogue.brand(draft.brand)
    return replace(
        draft,
        version=brand.version,
        template=draft.template if draft.template in brand.templates else brand.templates[0],
        layout=draft.layout if draft.layout in brand.layouts else brand.layouts[0],
        placements=tuple(slug for slug in draft.placements if slug in brand.placements),
    )


def answer_to(field_: TemplateField, draft: Draft) -> str:
    """What the field shows: what was typed, else its default, never a choice it does not have."""
    answer = draft.own_answers.get(field_.name, field_.default)
    if field_.kind is FieldKind.CHOICE and field_.choice(answer) is None:
        return field_.default
    return answer


def choices_of(field_: TemplateField) -> list[tuple[str, str]]:
    """The field's choices as (label, value); an optional one can be left open."""
    open_label = "As in the layout" if field_.use is FieldUse.POSITION else "No preference"
    left_open = [] if field_.required else [(open_label, "")]
    return left_open + [(choice.label, choice.value) for choice in field_.choices]


def has_pills(field_: TemplateField) -> bool:
    """Whether the choices are few enough to be seen all at once."""
    return len(choices_of(field_)) <= MAX_PILLS


def label_of(field_: TemplateField) -> str:
    """The label with what people need to know first: optional fields say so."""
    return field_.label if field_.required else f"{field_.label} (optional)"


def title_of(placement: Placement) -> str:
    """`Story 1080 × 1920`, the size never broken over two lines."""
    size = f"{placement.width_px} × {placement.height_px}".replace(" ", "\N{NO-BREAK SPACE}")
    return f"{placement.title} {size}"


def placements_by_channel(brand: Brand, catalogue: Catalogue) -> dict[str, list[Placement]]:
    """The brand's placements under their channels, in alphabetical order."""
    placements = sorted(
        (catalogue.placement(slug) for slug in brand.placements),
        key=lambda p: (p.channel, p.title),
    )
    return {channel: list(group) for channel, group in groupby(placements, lambda p: p.channel)}


def rehearsal(form: BriefForm, template: Template) -> BriefForm:
    """The form with stand-ins for its empty required texts, to plan it before it is complete."""
    blank = {
        f.name: f.label[: f.max_length]
        for f in template.fields
        if f.required and f.kind is FieldKind.TEXT and not form.answers.get(f.name, "").strip()
    }
    return form.but(answers=form.answers | blank)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a form adds up to."""

    arms: int
    seeds_per_arm: int
    estimated_s: float

    @property
    def variants(self) -> int:
        return self.arms * self.seeds_per_arm


def sum_of(draft: Draft, base_model: BaseModelProfile) -> Sum:
    """How many arms and variants, and how long they take by the profile's own measure."""
    arms = arm_count({axis: tuple(v) for axis, v in draft.own_axes.items() if v})
    quality = "draft" if draft.quality == "draft" else "final"
    seconds = arms * draft.seeds_per_arm * base_model.seconds_each(quality)
    return Sum(arms, draft.seeds_per_arm, seconds)


def placed(problems: Iterable[Problem], template: Template) -> list[dict[str, str]]:
    """Each problem with the id and the label of the field it belongs to."""
    return [
        {
            "field": field_id(problem.place),
            "label": _label_at(problem.place, template),
            "message": first_upper(problem.message),
        }
        for problem in problems
    ]


def field_id(where: str) -> str:
    """The id of the form's field for a place in a brief: `answers.headline` → `answer-headline`."""
    area, _, name = where.partition(".")
    if area in _AREAS:
        return f"{_AREAS[area]}-{name}" if name else _AREAS[area]
    return _FIELDS.get(area, f"answer-{area}")


def draft_from(typed: Mapping[str, Any], draft: Draft) -> Draft:
    """The draft with what the fields hold now; `typed` is keyed by field id."""
    answers = {_name(key): value or "" for key, value in typed.items() if key.startswith("answer-")}
    axes: dict[str, list[str]] = {
        _name(key): value or [] for key, value in typed.items() if key.startswith("axis-")
    }
    placements = [s for key, v in typed.items() if key.startswith("placements-") for s in v or ()]
    return replace(
        draft,
        layout=typed["layout"],
        answers={**draft.answers, draft.template: answers},
        axes={**draft.axes, draft.template: axes},
        seeds_per_arm=int(typed["seeds-per-arm"]),
        quality=typed["quality"],
        placements=tuple(placements),
        name=typed["campaign-name"] or "",
        references=numbers_in(typed["references"] or ""),
    )


def numbers_in(text: str) -> tuple[int, ...]:
    """The ids in the hidden field; what is none was not put there by the form, and is left out."""
    return tuple(int(part) for part in text.split()[:64] if part.isdecimal() and len(part) < 19)


_AREAS = {"answers": "answer", "axes": "axis"}
_FIELDS = {
    "brand": "brand",
    "template": "template",
    "layout": "layout",
    "name": "campaign-name",
    "seeds_per_arm": "seeds-per-arm",
    "quality": "quality",
    "placements": "placements",
    "references": "references",
}
_LABELS = {
    "name": "Campaign name",
    "seeds_per_arm": "Variants per arm",
    "references": "Reference images",
}


def _label_at(where: str, template: Template) -> str:
    area, _, name = where.partition(".")
    field_ = template.field(name or area)
    if field_ is not None:
        return f"Compare {field_.label.lower()}" if area == "axes" else field_.label
    return _LABELS.get(area, area.capitalize())


def _name(key: str) -> str:
    return key.partition("-")[2]
