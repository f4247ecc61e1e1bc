"""Planning over REST: what can be chosen from, and what a brief would give."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Body as InBody

from brandstudio.domain.access import Action, needs
from brandstudio.domain.brand import Brand, Swatch
from brandstudio.domain.brief import read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.layout import Position
from brandstudio.domain.placement import Placement
from brandstudio.domain.plan import Plan
from brandstudio.domain.template import TemplateField
from brandstudio.domain.values import Box
from brandstudio.services import brands, runs
from brandstudio.services.studio import Studio
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import CurrentPerson
from brandstudio.web.rest.part import part

BriefContent = Annotated[
    dict[str, Any],
    InBody(
        description="A brief, as in a YAML file; every problem is named at once.",
        examples=[
            {
                "brand": "voltra",
                "template": "product-hero",
                "layout": "product-left",
                "answers": {
                    "product": "can",
                    "product_color": "orange",
                    "headline": "Turn the volume up",
                    "cta": "Try it",
                },
                "axes": {"setting": ["beach", "studio"]},
                "seeds_per_arm": 2,
                "quality": "draft",
                "references": [12],
            }
        ],
    ),
]


class BrandBody(Body):
    """A brand, as far as a form needs it."""

    slug: str
    name: str
    version: int
    tagline: str
    about: str
    palette: tuple[Swatch, ...]
    templates: tuple[str, ...]
    layouts: tuple[str, ...]
    placements: tuple[str, ...]
    forbidden_words: tuple[str, ...]
    allow_self_review: bool
    logo: str
    logo_on_dark: str


class TemplateBody(Body):
    """A template: the questions of its form, and which of them can be compared."""

    slug: str
    title: str
    summary: str
    fields: tuple[TemplateField, ...]
    axes: tuple[str, ...]


class LayoutBody(Body):
    """A layout: where the product stands and where text goes, in fractions of the canvas."""

    slug: str
    title: str
    summary: str
    family: str
    position: Position
    aspect: str
    product: Box
    copy_space: Box


class BaseModelBody(Body):
    """The base model new runs use."""

    slug: str
    title: str
    about: str
    licence: str
    commercial_use: str


class CatalogueBody(Body):
    """Everything that can be chosen from."""

    brands: list[BrandBody]
    templates: list[TemplateBody]
    layouts: list[LayoutBody]
    placements: list[Placement]
    base_model: BaseModelBody


class PlannedVariantBody(Body):
    """One image that would be made."""

    index: int
    arm: str
    levels: dict[str, str]
    seed: int
    layout: str
    prompt: str
    negative_prompt: str
    width_px: int
    height_px: int
    steps: int
    fingerprint: str


class PlanBody(Body):
    """All variants of a brief and how long they would take; nothing is stored."""

    base_model: str
    seed: int
    estimated_s: float
    variants: list[PlannedVariantBody]


def router(studio: Studio) -> APIRouter:
    """The catalogue, and plans that are not stored."""
    routes = part("Planning")

    @routes.get("/catalogue")
    @needs(Action.VIEW)
    def catalogue(person: CurrentPerson) -> CatalogueBody:
        """Your brands, templates with their questions, layouts, placements and the base model."""
        return catalogue_body(brands.catalogue(studio, person=person), studio.settings.base_model)

    @routes.post("/plans")
    @needs(Action.CREATE_RUN)
    def plan(brief: BriefContent, person: CurrentPerson) -> PlanBody:
        """The variants a brief would give, with prompts and an estimate; nothing is stored."""
        return plan_body(runs.preview(studio, read_form(brief), person=person))

    return routes


def catalogue_body(catalogue: Catalogue, base_model: str) -> CatalogueBody:
    """Everything that can be chosen from; prompts, patterns and LoRAs stay inside."""
    return CatalogueBody.of(
        brands=[_brand_body(brand) for brand in catalogue.brands.values()],
        templates=list(catalogue.templates.values()),
        layouts=list(catalogue.layouts.values()),
        placements=list(catalogue.placements.values()),
        base_model=catalogue.base_model(base_model),
    )


def plan_body(plan: Plan) -> PlanBody:
    """A plan as JSON."""
    variants = [PlannedVariantBody.of(variant, variant.params) for variant in plan.variants]
    return PlanBody.of(plan, seed=plan.brief.seed, variants=variants)


def _brand_body(brand: Brand) -> BrandBody:
    files = f"/brands/{brand.slug}"
    return BrandBody.of(brand, logo=f"{files}/logo.svg", logo_on_dark=f"{files}/logo-on-dark.svg")
