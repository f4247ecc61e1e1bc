"""Forms as creators, careless programs and attackers send them, and the way all of them go."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.domain.plan import plan_brief
from brandstudio.domain.template import FieldKind, FieldUse, Template, TemplateField
from brandstudio.errors import BriefError
from brandstudio.presets import load_presets
from brandstudio.services.people import users
from brandstudio.settings import Settings
from campaigns.abuse.damage import any_digits
from campaigns.abuse.lock import plan_off_the_lock
from campaigns.abuse.server import PASSWORD, Request, fault_of, sender, served, signed_in, spread
from campaigns.abuse.words import anything, number, text
from campaigns.report import Options
from tests.small_studio import small_studio

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
    """Every form through the way that forms go, and over REST; `unexpected` must stay empty."""
    settings = Settings()
    catalogue = load_presets(settings.presets_dir, settings.lora_dir).catalogue
    made = list(forms(Random(options.seed), catalogue, options.count or COUNT))
    tally: Counter[str] = Counter()
    unexpected: list[str] = []
    for content in made:
        try:
            answer = answer_to(content, catalogue)
        except Exception as error:
            answer = "unexpected"
            unexpected.append(f"{type(error).__name__}: {error}"[:200])
        tally[answer] += 1
    over_rest = sent(made, catalogue)
    return {"forms": tally.total(), **dict(tally), "unexpected": unexpected, "over_rest": over_rest}


def sent(made: list[object], catalogue: Catalogue) -> dict[str, object]:
    """Every form to a real server, which must accept and refuse the same ones."""
    statuses, times, unexpected = Counter[str](), list[float](), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        studio = small_studio(Path(folder) / "data")
        settings = studio.settings.model_copy(update={"max_variants": MAX_VARIANTS})
        studio = replace(studio, settings=settings)
        operator = users.operator(studio)
        carla = users.add(studio, "carla", {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=operator)
        both = signed_in(studio, carla, carla)
        with served(studio) as live, sender(live.port, both) as send:
            for form in made:
                request = Request("/api/v1/plans", as_json(form), "application/json", "")
                answer = send(request)
                statuses[str(answer.status)] += 1
                times.append(answer.ms)
                wrong = fault_of(answer) or disagreement(answer.status, request.content, catalogue)
                if wrong:
                    unexpected.append(f"{wrong}: {request.content[:160]!r}")
        studio.database.close()
    return {"statuses": dict(sorted(statuses.items())), "unexpected": unexpected, **spread(times)}


def as_json(form: object) -> bytes:
    """The form as a program sends it; what JSON has no word for goes as a text."""
    with any_digits():
        return json.dumps(form, default=repr, skipkeys=True).encode()


def disagreement(status: int, content: bytes, catalogue: Catalogue) -> str:
    """Where a server's status is not the answer that the same JSON gets without one."""
    try:
        expected = answer_to(json.loads(content), catalogue)
    except (ValueError, RecursionError):
        expected = "refused"
    return "" if (status == 200) == (expected == "accepted") else f"{status}, yet {expected}"


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
