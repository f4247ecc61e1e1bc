"""Forms as creators, careless programs and attackers send them, and the way all of them go."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from benchmarks.abuse.lock import plan_off_the_lock
from benchmarks.abuse.words import anything, number, text
from benchmarks.faults.report import Options
from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.plan import plan_brief
from brandstudio.domain.template import FieldKind, FieldUse, Template, TemplateField
from brandstudio.errors import BriefError
from brandstudio.presets import load_presets
from brandstudio.settings import Settings

COUNT = 10_000
MAX_VARIANTS = 12
LOCKED = (
    "negative_prompt", "loras", "lora_scale", "scale", "trigger", "base_model", "revision",
    "guidance_scale", "steps", "scheduler", "width_px", "height_px", "controlnet_scale", "prompt",
    "pattern", "brand_version", "creator", "role", "state", "id", "overlay", "forbidden_words",
    "__class__", "__proto__", "brand.loras",
)  # fmt: skip
"""What a form may never say, under the names it has inside."""


def measure(options: Options) -> dict[str, object]:
    """Every form through the way that forms go; `unexpected` must stay empty."""
    settings = Settings()
    catalogue = load_presets(settings.presets_dir, settings.lora_dir).catalogue
    dice = Random(options.seed)
    tally: Counter[str] = Counter()
    unexpected: list[str] = []
    for content in forms(dice, catalogue, options.count or COUNT):
        try:
            answer = answer_to(content, catalogue)
        except Exception as error:
            answer = "unexpected"
            unexpected.append(f"{type(error).__name__}: {error}"[:200])
        tally[answer] += 1
    return {"forms": tally.total(), **dict(tally), "unexpected": unexpected}


def answer_to(content: object, catalogue: Catalogue) -> str:
    """`accepted` or `refused`; AssertionError when either was not done as it must be."""
    try:
        brief = check_brief(read_form(content), catalogue, max_variants=MAX_VARIANTS, seed=7)
        plan = plan_brief(brief, catalogue, catalogue.base_model("house"))
    except BriefError as error:
        _check_refusal(error)
        return "refused"
    assert 0 < len(plan.variants) <= MAX_VARIANTS
    assert not plan_off_the_lock(plan, catalogue)
    return "accepted"


def _check_refusal(error: BriefError) -> None:
    assert 0 < len(error.problems) <= 60, f"{len(error.problems)} problems"
    assert all(problem.place and problem.message for problem in error.problems)
    str(error).encode()  # it has to leave as JSON, and surrogates could not
    assert len(str(error)) < 30_000


def forms(dice: Random, catalogue: Catalogue, count: int) -> Iterator[object]:
    """A third as a careful person fills them in, a third a little wrong, a third to do harm."""
    for number_ in range(count):
        made = sensible(dice, catalogue)
        yield (made, spoilt(dice, made, 1), spoilt(dice, made, dice.randint(2, 8)))[number_ % 3]


def sensible(dice: Random, catalogue: Catalogue) -> dict[str, Any]:
    """A form that a careful person could send; a wish that the brand cannot meet is possible."""
    brand = catalogue.brands[dice.choice(sorted(catalogue.brands))]
    template = catalogue.template(dice.choice(brand.templates))
    return {
        "brand": brand.slug,
        "template": template.slug,
        "layout": dice.choice(brand.layouts),
        "answers": answers(dice, template),
        "axes": _axes(dice, template),
        "seeds_per_arm": dice.randint(1, 3),
        "quality": dice.choice(("draft", "final")),
        "placements": dice.sample(brand.placements, dice.randint(0, 3)),
        "name": dice.choice(("", "Summer", "Herbst 2026")),
        **({"seed": dice.randrange(2**32)} if dice.random() < 0.5 else {}),
    }


def answers(dice: Random, template: Template) -> dict[str, str]:
    """An answer to every field that must have one, and to some of the others."""
    return {
        field.name: _answer(dice, field)
        for field in template.fields
        if field.required or dice.random() < 0.5
    }


def _answer(dice: Random, field: TemplateField) -> str:
    if field.kind is FieldKind.CHOICE:
        return dice.choice(field.choices).value
    typed = "soft morning mist" if field.use is FieldUse.PROMPT else "Turn the volume up"
    return typed[: field.max_length]


def _axes(dice: Random, template: Template) -> dict[str, list[str]]:
    chosen = dice.sample(template.axes, dice.randint(0, min(2, len(template.axes))))
    return {axis: _levels(dice, template, axis) for axis in chosen}


def _levels(dice: Random, template: Template, axis: str) -> list[str]:
    field = template.field(axis)
    assert field is not None
    return [choice.value for choice in dice.sample(field.choices, 2)]


def spoilt(dice: Random, form: dict[str, Any], changes: int) -> object:
    """The form with so many things wrong about it."""
    if dice.random() < 0.02:
        return anything(dice)
    made = form | {"answers": dict(form["answers"]), "axes": dict(form["axes"])}
    for _ in range(changes):
        dice.choice(_SPOILERS)(dice, made)
    return made


def _type_into_a_field(dice: Random, form: dict[str, Any]) -> None:
    area = _area(form, "answers")
    area[dice.choice(sorted(area) or ["headline"])] = text(dice)


def _answer_with_anything(dice: Random, form: dict[str, Any]) -> None:
    area = _area(form, "answers")
    area[dice.choice([*sorted(area), text(dice)])] = anything(dice)


def _name_what_is_locked(dice: Random, form: dict[str, Any]) -> None:
    target = dice.choice((form, _area(form, "answers"), _area(form, "axes")))
    target[dice.choice(LOCKED)] = anything(dice)


def _replace_a_key(dice: Random, form: dict[str, Any]) -> None:
    form[dice.choice(sorted(form))] = anything(dice)


def _drop_a_key(dice: Random, form: dict[str, Any]) -> None:
    form.pop(dice.choice(sorted(form)), None)


def _spoil_a_number(dice: Random, form: dict[str, Any]) -> None:
    form[dice.choice(("seeds_per_arm", "seed"))] = number(dice)


def _spoil_an_axis(dice: Random, form: dict[str, Any]) -> None:
    area = _area(form, "axes")
    axis = dice.choice(["setting", "position", "light", "headline", text(dice)])
    area[axis] = dice.choice(
        ([text(dice)], ["beach", "beach"], [], "beach", ["beach"] * 50, number(dice))
    )


def _name_it(dice: Random, form: dict[str, Any]) -> None:
    form["name"] = text(dice)


def _choose_what_is_not_there(dice: Random, form: dict[str, Any]) -> None:
    form[dice.choice(("brand", "template", "layout", "quality"))] = text(dice)


def _place_it_nowhere(dice: Random, form: dict[str, Any]) -> None:
    form["placements"] = dice.choice(([text(dice)], ["story"] * 65, text(dice), ["story", "story"]))


def _flood(dice: Random, form: dict[str, Any]) -> None:
    form["answers"] = {f"field{n}": "x" for n in range(dice.choice((65, 1000)))}


def _area(form: dict[str, Any], name: str) -> dict[str, Any]:
    area = form.get(name)
    if not isinstance(area, dict):
        form[name] = area = {}
    return area


_SPOILERS = (
    _type_into_a_field, _type_into_a_field, _type_into_a_field, _answer_with_anything,
    _name_what_is_locked, _replace_a_key, _drop_a_key, _spoil_a_number, _spoil_an_axis, _name_it,
    _choose_what_is_not_there, _place_it_nowhere, _flood,
)  # fmt: skip
