"""What of a prompt the encoders read: every locked word, whatever is chosen and typed."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import open_clip
import pytest

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.plan import plan_brief
from brandstudio.domain.template import FieldKind, FieldUse, Template, TemplateField
from brandstudio.presets.reading import counter, room

PLAIN = (
    "solenne brand style, an orange watch on the floor, in the desert with green leaves",
    "blurry, text, watermark, harsh shadows",
    "it's 5 o'clock: 100 % fresh, don't wait!",
    "Größer. Schöner. 日本の夏 नमस्ते",
    "q" * 40,
    "",
)


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("slug", ["sdxl", "sd15", "sd35-large", "flux1-dev"])
def test_tokens_are_counted_as_clip_counts_them(catalogue: Catalogue, slug: str, text: str) -> None:
    profile = catalogue.base_model(slug)
    assert room(profile) == 75
    assert counter(profile)(text) == len(open_clip.tokenizer.SimpleTokenizer().encode(text))


def test_a_tokenizer_that_is_not_known_is_never_counted_too_low(catalogue: Catalogue) -> None:
    profile = catalogue.base_model("qwen-image")
    assert room(profile) == 512
    assert all(counter(profile)(text) >= len(text.split()) for text in PLAIN)


def longest(field: TemplateField, count: Callable[[str], int]) -> Iterator[str]:
    """The answers that take the most room, one for each way a pattern may ask about them."""
    kinds: dict[object, Any] = {}
    for choice in field.choices:
        kind = ("studio" in choice.prompt, choice.prompt[:1] in "aeiou", bool(choice.prompt))
        kinds[kind] = max(kinds.get(kind, choice), choice, key=lambda c: count(c.prompt))
    yield from (choice.value for choice in kinds.values())
    if not field.required:
        yield ""


def forms(catalogue: Catalogue, count: Callable[[str], int]) -> Iterator[dict[str, Any]]:
    """Every brand and template with every combination of its longest choices, and all typed."""
    for brand in catalogue.brands.values():
        for template in map(catalogue.template, brand.templates):
            asked = [f for f in template.fields if f.kind is FieldKind.CHOICE]
            asked = [f for f in asked if f.use is FieldUse.PROMPT]
            typed = {f.name: "q" * f.max_length for f in template.fields if f not in asked}
            typed = {n: t for n, t in typed.items() if is_text(template, n)}
            for answers in product(*(longest(field, count) for field in asked)):
                chosen = dict(zip([f.name for f in asked], answers, strict=True))
                yield {
                    "brand": brand.slug,
                    "template": template.slug,
                    "layout": "product-right",
                    "answers": {n: a for n, a in (typed | chosen).items() if a},
                    "seeds_per_arm": 1,
                }


def is_text(template: Template, name: str) -> bool:
    field = template.field(name)
    return field is not None and field.kind is FieldKind.TEXT


def locked_words(prompt: str) -> str:
    """The prompt without what was typed, which stands last."""
    return prompt.partition(", " + "q" * 8)[0]


# The house model reads 30 tokens. What the longest choices push out of them is light and position;
# the position is in the control map, too.
MAY_BE_UNREAD = {"house": (", warm lighting", ", product on the right"), "sdxl": ()}


@pytest.mark.parametrize("slug", MAY_BE_UNREAD)
def test_locked_words_are_read_in_every_arm_with_the_longest_answers(
    catalogue: Catalogue, slug: str
) -> None:
    profile, house = catalogue.base_model(slug), catalogue.base_model("house")
    count, prompts = counter(profile), set[tuple[str, str]]()
    for form in forms(catalogue, count):
        brief = check_brief(read_form(form), catalogue, max_variants=4, seed=1)
        [variant] = plan_brief(brief, catalogue, house).variants
        prompts.add((brief.brand, variant.params.prompt))
    assert len(prompts) > 150
    for brand, prompt in prompts:
        lora = catalogue.brand(brand).lora_for("house")
        assert lora is not None
        assert prompt.startswith(f"{lora.trigger}, ")
        locked = locked_words(prompt)
        for words in MAY_BE_UNREAD[slug]:
            locked = locked.replace(words, "")
        assert count(locked) <= room(profile), locked
