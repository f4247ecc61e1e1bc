"""Hostile words in every field: LoRA, scales, model and words stay as they are locked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from PIL import Image

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.plan import plan_brief
from brandstudio.domain.template import FieldKind, FieldUse
from brandstudio.imaging import adapters
from brandstudio.imaging.adapters import LoraFile
from brandstudio.imaging.generator import DiffusersGenerator
from campaigns.abuse.lock import locked_words, plan_off_the_lock
from campaigns.abuse.prompts import (
    byte_tokens,
    drawn_and_watched,
    hostile_forms,
    house_tokens,
    outside_the_window,
    planned,
    typed_prompt,
    word_tokens,
)
from campaigns.abuse.watching import watched
from campaigns.abuse.words import PLAIN
from tests.abuse.conftest import SEED
from tests.conftest import BRIEF
from tests.small_studio import loaded, small_studio

READERS = {"house": house_tokens(), "bytes": byte_tokens(32), "words": word_tokens(10)}


def test_what_is_accepted_changes_nothing_that_is_locked(catalogue: Catalogue):
    plans = [planned(form, catalogue) for form in hostile_forms(Random(SEED), catalogue, 700)]
    accepted = [plan for plan in plans if plan]
    assert 50 < len(accepted) < 400
    for plan in accepted:
        assert plan_off_the_lock(plan, catalogue) == []
        assert outside_the_window(plan, catalogue, READERS) == []


@pytest.mark.parametrize("reader", READERS)
def test_locked_words_are_read_with_every_field_at_its_longest(catalogue: Catalogue, reader: str):
    for brand in catalogue.brands.values():
        for slug in brand.templates:
            template = catalogue.template(slug)
            longest = {
                field.name: "q" * field.max_length
                if field.kind is FieldKind.TEXT
                else max(field.choices, key=lambda choice: len(choice.prompt)).value
                for field in template.fields
                if field.use is not FieldUse.POSITION
            }
            form = {"brand": brand.slug, "template": slug, "layout": brand.layouts[0]}
            plan = planned(form | {"answers": longest, "seeds_per_arm": 1}, catalogue)
            assert plan is not None
            assert outside_the_window(plan, catalogue, {reader: READERS[reader]}) == []


def test_the_window_check_finds_words_that_were_pushed_out(catalogue: Catalogue):
    plan = planned(BRIEF | {"axes": {}}, catalogue)
    assert plan is not None
    [first, *_] = plan.variants
    pushed = first.params.but(prompt=f"{'noise ' * 40}{first.params.prompt}")
    spoilt = plan.but(variants=[first.but(params=pushed.model_dump()).model_dump()])
    assert outside_the_window(spoilt, catalogue, READERS) != []
    assert plan_off_the_lock(spoilt, catalogue) != []


def test_the_model_wears_the_locked_loras_at_every_step_whatever_was_typed(catalogue: Catalogue):
    forms = hostile_forms(Random(SEED), catalogue, 400)
    plans = [plan for form in forms if typed_prompt(form) and (plan := planned(form, catalogue))]
    drawn, faults = drawn_and_watched(plans[:4])
    assert (drawn, faults) == (4, [])


def stronger(easel: Any, _: pytest.MonkeyPatch) -> None:
    activate = easel.wardrobe._activate
    easel.wardrobe._activate = lambda loras: activate([x.but(scale=x.scale * 2) for x in loras])


def bare(easel: Any, _: pytest.MonkeyPatch) -> None:
    easel.wardrobe._activate = lambda _loras: None


def other_weights(easel: Any, patch: pytest.MonkeyPatch) -> None:
    read = adapters.read_lora

    def exchanged(path: Path, sha256: str) -> LoraFile:
        file = read(path, sha256)
        return replace(file, tensors={name: -tensor for name, tensor in file.tensors.items()})

    patch.setattr(adapters, "read_lora", exchanged)
    easel.wardrobe.clear()


def other_words(easel: Any, _: pytest.MonkeyPatch) -> None:
    ask = easel.prompts.arguments
    easel.prompts.arguments = lambda batch: ask([p.but(prompt="a cat") for p in batch])


def nothing_excluded(easel: Any, _: pytest.MonkeyPatch) -> None:
    ask = easel.prompts.arguments
    easel.prompts.arguments = lambda batch: ask([p.but(negative_prompt="") for p in batch])


def told(name: str, value: Any) -> Callable[[Any, pytest.MonkeyPatch], None]:
    def change(easel: Any, _: pytest.MonkeyPatch) -> None:
        ask = easel._arguments
        easel._arguments = lambda *all_: ask(*all_) | {name: value}

    return change


SABOTAGE: Mapping[str, tuple[str, Callable[[Any, pytest.MonkeyPatch], None]]] = {
    "a stronger LoRA": ("LoRAs", stronger),
    "no LoRA": ("LoRAs", bare),
    "another LoRA": ("weights of the LoRAs", other_weights),
    "another prompt": ("text_encoder", other_words),
    "no negative prompt": ("text_encoder", nothing_excluded),
    "more guidance": ("guidance", told("guidance_scale", 9.0)),
    "less control": ("control scale", told("controlnet_conditioning_scale", 0.3)),
    "more steps": ("steps", told("num_inference_steps", 3)),
    "another control map": ("control map", told("image", [Image.new("RGB", (64, 64), "white")])),
}


@pytest.mark.parametrize(("what", "sabotage"), SABOTAGE.values(), ids=SABOTAGE.keys())
def test_the_watch_sees_whatever_the_model_is_given_besides_the_plan(
    catalogue: Catalogue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    sabotage: Callable[[Any, pytest.MonkeyPatch], None],
):
    """Or what it does not see would prove nothing."""
    studio = small_studio(tmp_path)
    generator = cast("DiffusersGenerator", loaded(studio).generator)
    small = studio.base_model.but(takes_negative_prompt=True)
    brief = check_brief(
        read_form(BRIEF | {"axes": {}, "quality": "final"}), catalogue, max_variants=4, seed=7
    )
    [variant, *_] = plan_brief(brief, studio.catalogue, small).variants
    locked = locked_words(studio.catalogue.brand("voltra"), small)
    assert watched(generator, variant.params, locked) == []
    sabotage(generator.easel_for(variant.params), monkeypatch)
    seen = watched(generator, variant.params, locked)
    studio.database.close()
    assert any(fault.startswith(what) for fault in seen), seen


@pytest.mark.parametrize("words", PLAIN)
def test_plain_words_are_taken(catalogue: Catalogue, words: str):
    given = BRIEF["answers"] | {"headline": words[:40]}
    assert planned(BRIEF | {"answers": given, "seeds_per_arm": 1}, catalogue) is not None
