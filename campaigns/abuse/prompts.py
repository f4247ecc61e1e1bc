"""What creators type into prompts, and what of it reaches the model."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import ByteLevel, Whitespace

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.pattern import tidy
from brandstudio.domain.plan import Plan, plan_brief
from brandstudio.domain.template import FieldKind
from brandstudio.errors import BriefError
from brandstudio.imaging.generator import DiffusersGenerator
from brandstudio.presets import load_presets
from brandstudio.settings import Settings
from brandstudio.weights import WEIGHTS
from campaigns.abuse.forms import answers
from campaigns.abuse.lock import locked_words, plan_off_the_lock
from campaigns.abuse.watching import watched
from campaigns.abuse.words import text
from campaigns.report import Options
from tests.small_studio import loaded, small_studio

COUNT = 10_000
DRAWN = 500
SPECIAL = frozenset({"<|startoftext|>", "<|endoftext|>"})

Tokens = Callable[[str], Sequence[str]]
"""A text's tokens as an encoder reads them: cut off at its window."""


def measure(options: Options) -> dict[str, object]:
    """Plan all of them, look at every token, and draw some with a look at what the model wears."""
    settings, dice = Settings(), Random(options.seed)
    catalogue = load_presets(settings.presets_dir, settings.lora_dir).catalogue
    tally, unexpected, prompts = Counter[str](), list[str](), list[Plan]()
    readers = {"house": house_tokens(), "bytes": byte_tokens(32), "words": word_tokens(10)}
    for form in hostile_forms(dice, catalogue, options.count or COUNT):
        plan = planned(form, catalogue)
        tally["accepted" if plan else "refused"] += 1
        if plan is None:
            continue
        unexpected += plan_off_the_lock(plan, catalogue)
        unexpected += outside_the_window(plan, catalogue, readers)
        if typed_prompt(form):
            prompts.append(plan)
    chosen = dice.sample(prompts, min(DRAWN, len(prompts)))
    drawn, worn_wrongly = drawn_and_watched(chosen)
    return {
        "forms": tally.total(),
        **tally,
        "with_a_typed_prompt": len(prompts),
        "drawn": drawn,
        "unexpected": unexpected + worn_wrongly,
    }


def hostile_forms(dice: Random, catalogue: Catalogue, count: int) -> Iterator[dict[str, Any]]:
    """Forms that are right but for what is typed into their text fields."""
    for _ in range(count):
        brand = catalogue.brands[dice.choice(sorted(catalogue.brands))]
        # The one shipped template with a typed part in its prompt comes most often.
        template = catalogue.template(
            "lifestyle-scene" if dice.random() < 0.6 else dice.choice(brand.templates)
        )
        typed = {f.name for f in template.fields if f.kind is FieldKind.TEXT}
        given = answers(dice, template)
        for name in dice.sample(sorted(typed), dice.randint(1, len(typed))):
            given[name] = _typed(dice)
        yield {
            "brand": brand.slug,
            "template": template.slug,
            "layout": dice.choice(brand.layouts),
            "answers": given,
            "seeds_per_arm": 1,
            "quality": dice.choice(("draft", "final")),
            "name": text(dice) if dice.random() < 0.1 else "",
        }


def _typed(dice: Random) -> str:
    """Hostile texts, cut to what fits half of the time: the length is not the only defence."""
    typed = text(dice)
    return typed[: dice.choice((20, 30, 40))] if dice.random() < 0.5 else typed


def planned(form: dict[str, Any], catalogue: Catalogue) -> Plan | None:
    """The plan of a form, or None when it was refused."""
    try:
        brief = check_brief(read_form(form), catalogue, max_variants=4, seed=3)
    except BriefError:
        return None
    return plan_brief(brief, catalogue, catalogue.base_model("house"))


def typed_prompt(form: dict[str, Any]) -> bool:
    """Whether something typed reaches the prompt."""
    return form["template"] == "lifestyle-scene" and bool(form["answers"].get("detail"))


def outside_the_window(plan: Plan, catalogue: Catalogue, readers: dict[str, Tokens]) -> list[str]:
    """Locked tokens that an encoder would not read, and special ones that somebody typed."""
    brand, base_model = catalogue.brand(plan.brief.brand), catalogue.base_model(plan.base_model)
    locked = locked_words(brand, base_model)
    prompts = {variant.params.prompt for variant in plan.variants}
    return [
        f"{name}: {prompt!r}"
        for name, read in readers.items()
        for prompt in prompts
        if read(prompt)[: len(read(locked))] != read(locked) or SPECIAL & {*read(prompt)}
    ]


def house_tokens() -> Tokens:
    """The shipped model's own tokenizer, with its own window."""
    folder = WEIGHTS / "base" / "tokenizer"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    window = json.loads((folder / "tokenizer_config.json").read_text())["model_max_length"] - 2
    return _reader(tokenizer, window)


def byte_tokens(window: int) -> Tokens:
    """The tokenizer that makes the most tokens of a text: one for each byte."""
    alphabet = {letter: number for number, letter in enumerate(sorted(ByteLevel.alphabet()))}
    tokenizer = Tokenizer(BPE(vocab=alphabet, merges=[]))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    return _reader(tokenizer, window)


def word_tokens(window: int) -> Tokens:
    """One that knows a few words, and takes every other for the same unknown one."""
    known = {word: number for number, word in enumerate(("?", "brand", "style", ",", "a", "on"))}
    tokenizer = Tokenizer(WordLevel(known, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    return _reader(tokenizer, window)


def _reader(tokenizer: Tokenizer, window: int) -> Tokens:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda words: tokenizer.encode(words, add_special_tokens=False).tokens[:window]


def drawn_and_watched(plans: Sequence[Plan]) -> tuple[int, list[str]]:
    """Draw the plans for real, small, and look at all that the networks are given at every step.

    The model is told the brand's negative prompt here, though the shipped one does without.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        studio = small_studio(Path(folder) / "data")
        generator = loaded(studio).generator
        assert isinstance(generator, DiffusersGenerator)
        small = studio.base_model.but(takes_negative_prompt=True)
        faults: list[str] = []
        for plan in plans:
            brief = plan.brief
            [variant, *_] = plan_brief(brief, studio.catalogue, small).variants
            brand = studio.catalogue.brand(brief.brand)
            assert variant.params.negative_prompt == tidy(brand.negative_prompt)
            faults += watched(generator, variant.params, locked_words(brand, small))
        studio.database.close()
    return len(plans), faults
