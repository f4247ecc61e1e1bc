"""The catalogue: lookups, and what is left of it for people of some brands."""

from dataclasses import replace

import pytest

from brandstudio.errors import NotFoundError, PresetError

KINDS = {
    "brand": "brands",
    "template": "templates",
    "layout": "layouts",
    "placement": "placements",
    "base model": "base_models",
    "product outline": "outlines",
}


def lookup(catalogue, kind):
    return getattr(catalogue, kind.replace("product ", "").replace(" ", "_"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_there_is_is_found_by_its_name(catalogue, kind):
    values = getattr(catalogue, KINDS[kind])
    assert {slug: lookup(catalogue, kind)(slug) for slug in values} == values


@pytest.mark.parametrize("kind", KINDS)
def test_what_there_is_not_is_refused_with_what_there_is(catalogue, kind):
    name = "x" * 81
    with pytest.raises(NotFoundError) as refused:
        lookup(catalogue, kind)(name)
    values = getattr(catalogue, KINDS[kind])
    assert str(refused.value) == str(NotFoundError(kind, name[:80], choices=values))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_broken_is_refused_with_what_is_wrong_with_it(catalogue, kind):
    error = PresetError("x.yaml", [])
    with pytest.raises(PresetError) as refused:
        lookup(replace(catalogue, broken={(kind, "x"): error}), kind)("x")
    assert refused.value is error


def test_for_everybody_it_is_whole(catalogue):
    assert catalogue.only(None) is catalogue


def test_for_people_of_one_brand_there_is_no_other_brand_sound_or_broken(catalogue):
    error = PresetError("x.yaml", [])
    broken = {("brand", "voltra"): error, ("brand", "gone"): error, ("layout", "gone"): error}
    own = replace(catalogue, broken=broken).only(frozenset({"voltra"}))
    assert set(own.brands) == {"voltra"}
    assert own.broken == {("brand", "voltra"): error, ("layout", "gone"): error}
    assert own.templates == catalogue.templates


def test_a_family_without_a_layout_at_a_position_has_none_there(catalogue):
    layout = catalogue.layout("product-left")
    alone = replace(catalogue, layouts={layout.slug: layout})
    assert alone.layout_at(layout, "left") == layout
    assert alone.layout_at(layout, "right") is None
