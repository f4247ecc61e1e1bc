"""Brands and what can be made for them, as far as a person works for them."""

from brandstudio.domain.access import Action, require_scope
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.people import Person
from brandstudio.services.studio import Studio


def catalogue(studio: Studio, *, person: Person) -> Catalogue:
    """What there is to choose from: the person's brands, and no trace of others."""
    require_scope(person, Action.VIEW)
    return studio.catalogue_for(person)
