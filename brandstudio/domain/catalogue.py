"""The catalogue: everything presets/ declares, checked, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brand import Brand
from brandstudio.domain.layout import Layout
from brandstudio.domain.placement import Placement
from brandstudio.domain.template import Template
from brandstudio.errors import NotFoundError, StudioError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outline:
    """The line drawing of one product type, as SVG."""

    slug: str
    svg: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be chosen from; every lookup of an unknown name says what there is."""

    brands: Mapping[str, Brand]
    templates: Mapping[str, Template]
    layouts: Mapping[str, Layout]
    placements: Mapping[str, Placement]
    base_models: Mapping[str, BaseModelProfile]
    outlines: Mapping[str, Outline]
    broken: Mapping[tuple[str, str], StudioError] = field(
        default_factory=dict[tuple[str, str], StudioError]
    )

    def only(self, brands: frozenset[str] | None) -> "Catalogue":
        """The catalogue as if there were no other brands; all of it for None."""
        if brands is None:
            return self
        return replace(
            self,
            brands={slug: brand for slug, brand in self.brands.items() if slug in brands},
            broken={
                (kind, slug): error
                for (kind, slug), error in self.broken.items()
                if kind != "brand" or slug in brands
            },
        )

    def brand(self, slug: str) -> Brand:
        return self._named("brand", self.brands, slug)

    def template(self, slug: str) -> Template:
        return self._named("template", self.templates, slug)

    def layout(self, slug: str) -> Layout:
        return self._named("layout", self.layouts, slug)

    def placement(self, slug: str) -> Placement:
        return self._named("placement", self.placements, slug)

    def base_model(self, slug: str) -> BaseModelProfile:
        return self._named("base model", self.base_models, slug)

    def outline(self, slug: str) -> Outline:
        return self._named("product outline", self.outlines, slug)

    def layout_at(self, layout: Layout, position: str) -> Layout | None:
        """The layout of the same family with the product at that position, or None."""
        return next(
            (
                other
                for other in self.layouts.values()
                if other.family == layout.family and other.position == position
            ),
            None,
        )

    def _named(self, kind: str, values: Mapping[str, T], slug: str) -> T:
        if (kind, slug) in self.broken:
            raise self.broken[kind, slug]
        try:
            return values[slug]
        except KeyError:
            raise NotFoundError(kind, slug[:80], choices=values) from None
