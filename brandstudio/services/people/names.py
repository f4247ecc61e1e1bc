"""Checks on new people: name, password and roles."""

from collections.abc import Mapping

from brandstudio.domain.names import name_problem
from brandstudio.domain.passwords import password_problems
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.errors import BriefError, Problem
from brandstudio.services.people import passwords
from brandstudio.services.studio import Studio


def check_roles(studio: Studio, roles: Mapping[str, Role], by: Person) -> None:
    """Do nothing if there are such roles in such brands, or an error that says what is wrong."""
    for brand, role in roles.items():
        if brand != EVERY_BRAND:
            studio.catalogue_for(by).brand(brand)
            if role is Role.ADMINISTRATOR:
                advice = "administrators run every brand; choose another role"
                raise BriefError([Problem("role", advice)])


def check_new(studio: Studio, name: str, password: str | None, roles: Mapping[str, Role]) -> None:
    """Do nothing if someone can be added so, or BriefError with everything that is wrong."""
    problems = [] if password is None else _password_problems(studio, name, password, roles)
    if problem := name_problem(name):
        problems.insert(0, problem)
    if problems:
        raise BriefError(problems)


def _password_problems(
    studio: Studio, name: str, password: str, roles: Mapping[str, Role]
) -> list[Problem]:
    newcomer = Person(id=0, name=name, roles=roles)
    return password_problems(name, password, passwords.brands_of(studio, newcomer))
