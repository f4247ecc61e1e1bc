"""Hostile words in every field: LoRA, scales, model and words stay as they are locked."""

from random import Random

import pytest

from benchmarks.abuse.lock import plan_off_the_lock
from benchmarks.abuse.prompts import (
    byte_tokens,
    drawn_and_watched,
    hostile_forms,
    house_tokens,
    outside_the_window,
    planned,
    typed_prompt,
    word_tokens,
)
from benchmarks.abuse.words import PLAIN
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.template import FieldKind, FieldUse
from tests.abuse.conftest import SEED
from tests.conftest import BRIEF

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


@pytest.mark.parametrize("words", PLAIN)
def test_plain_words_are_taken(catalogue: Catalogue, words: str):
    given = BRIEF["answers"] | {"headline": words[:40]}
    assert planned(BRIEF | {"answers": given, "seeds_per_arm": 1}, catalogue) is not None
