"""The parts of the brief form that are ours: cards, the summary, what is locked, prompts."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brand import Brand
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.plan import Plan, Variant
from brandstudio.domain.template import Template
from brandstudio.errors import count_of
from brandstudio.web.gradio.views.brands import lock_line, logo_urls, sketch_of
from brandstudio.web.gradio.views.create import Sum
from brandstudio.web.gradio.views.markup import Markup, element, text
from brandstudio.web.gradio.views.words import roughly

Cards = dict[str, dict[str, object]]


def brand_cards(catalogue: Catalogue) -> Cards:
    """A face per brand: its logo and its palette."""
    return {brand.slug: _brand_card(brand) for brand in catalogue.brands.values()}


def template_cards(brand: Brand, catalogue: Catalogue) -> Cards:
    """A face per template of the brand: what it is for."""
    templates = (catalogue.template(slug) for slug in brand.templates)
    return {t.slug: {"title": t.title, "text": t.summary} for t in templates}


def layout_cards(brand: Brand, catalogue: Catalogue) -> Cards:
    """A face per layout of the brand: a drawing of where everything stands."""
    layouts = (catalogue.layout(slug) for slug in brand.layouts)
    return {
        lay.slug: {"title": lay.title, "note": lay.aspect, "layout": sketch_of(lay)}
        for lay in layouts
    }


def step(number: int, title: str, sentence: str) -> Markup:
    """The heading of one part of the form."""
    return element(
        "static-part",
        element(
            "div",
            element("span", text(number), class_="bs-step-number", aria_hidden="true"),
            element("div", element("h2", text(title)), element("p", text(sentence))),
            class_="bs-step",
        ),
    )


def summary(total: Sum) -> Markup:
    """`8 variants`, how they come about, how long they take."""
    factors = f"{count_of(total.arms, 'arm')} × {total.seeds_per_arm}"
    return element(
        "static-part",
        element(
            "div",
            element("strong", text(count_of(total.variants, "variant")), class_="bs-sum-count"),
            element("span", text(f"{factors} · {roughly(total.estimated_s)}"), class_="bs-quiet"),
            class_="bs-sum",
            role="status",
        ),
    )


def locked(brand: Brand, base_model: BaseModelProfile) -> Markup:
    """What nobody can change from here."""
    lora = brand.lora_for(base_model.slug)
    look = f"{lora.name} at {lora.scale:g}" if lora else "none for this base model"
    dots = (
        element("i", style=f"background:{swatch.hex}", title=swatch.name)
        for swatch in brand.palette
    )
    return element(
        "static-part",
        element("h3", "Locked by the brand", class_="bs-eyebrow"),
        element(
            "ul",
            lock_line("LoRA", look),
            lock_line("Base model", base_model.title),
            lock_line("Never drawn", _never_drawn(brand, base_model)),
            lock_line("Typeface", brand.typography.family),
            class_="bs-locks",
        ),
        element("span", *dots, class_="bs-face-colours"),
        class_="bs-locked",
    )


def _never_drawn(brand: Brand, base_model: BaseModelProfile) -> str:
    """What the brand excludes, unless the base model cannot be told."""
    if not base_model.takes_negative_prompt:
        return "not used here"
    return brand.negative_prompt or "nothing"


def prompts(plan: Plan, template: Template) -> Markup:
    """The expanded prompts, one per arm; to read only."""
    arms = [next(group) for _, group in groupby(plan.variants, lambda variant: variant.arm)]
    first = arms[0].params.negative_prompt
    return element(
        "static-part",
        *(_prompt(variant, template) for variant in arms),
        element("p", element("b", "Never drawn: "), text(first), class_="bs-quiet"),
        class_="bs-prompts",
    )


def not_yet(problems: Iterable[Mapping[str, str]]) -> Markup:
    """Why there is nothing to preview."""
    lines = (
        element("p", text(f"{p['label']}: {p['message']}."), class_="bs-quiet") for p in problems
    )
    return element("static-part", *lines, class_="bs-prompts")


def _brand_card(brand: Brand) -> dict[str, object]:
    logo, on_dark = logo_urls(brand)
    return {
        "title": brand.name,
        "logo": logo,
        "logo_on_dark": on_dark,
        "text": brand.tagline,
        "colours": [swatch.hex for swatch in brand.palette],
    }


def _prompt(variant: Variant, template: Template) -> Markup:
    levels = (_level(template, axis, level) for axis, level in variant.levels.items())
    title = " · ".join(levels) or "All variants"
    return element(
        "figure",
        element("figcaption", text(title)),
        element("p", text(variant.params.prompt), class_="bs-mono"),
    )


def _level(template: Template, axis: str, level: str) -> str:
    field = template.field(axis)
    choice = field.choice(level) if field else None
    return choice.label if choice else level
