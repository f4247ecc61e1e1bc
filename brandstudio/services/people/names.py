"""Newcomers: what they may be called, and which roles there are to give."""

import re
from collections.abc import Mapping

from brandstudio.domain.lookalikes import unmasked
from brandstudio.domain.people import EVERY_BRAND, OPERATOR, Person, Role
from brandstudio.errors import BriefError, Problem
from brandstudio.services.people import passwords
from brandstudio.services.studio import Studio

_NAME = re.compile(r"[^\W_][\w .@'-]{0,62}[\w.]")


def check_roles(studio: Studio, roles: Mapping[str, Role], by: Person) -> None:
    """Do nothing if there are such roles in such brands, or an error that says what is wrong."""
    for brand, role in roles.items():
        if brand != EVERY_BRAND:
            studio.catalogue_for(by).brand(brand)
            if role is Role.ADMINISTRATOR:
                said = "administrators run every brand; choose another role"
                raise BriefError([Problem("role", said)])


def check_new(studio: Studio, name: str, password: str | None, roles: Mapping[str, Role]) -> None:
    """Do nothing if someone can be added so, or BriefError with everything that is wrong."""
    problems = [] if password is None else _password_problems(studio, name, password, roles)
    if problem := name_problem(name):
        problems.insert(0, problem)
    if problems:
        raise BriefError(problems)


def name_problem(name: str) -> Problem | None:
    """What keeps anyone from having this name, or None."""
    if _NAME.fullmatch(name) and unmasked(name) != OPERATOR:
        return None
    said = "use 2 to 64 letters, digits, spaces or . - ' @, starting with a letter"
    return Problem("name", said)


def taken(name: str) -> Problem:
    """That someone else has the name, or one like it."""
    return Problem("name", f"'{name}' or a name that looks like it is taken; choose another")


def _password_problems(
    studio: Studio, name: str, password: str, roles: Mapping[str, Role]
) -> list[Problem]:
    newcomer = Person(id=0, name=name, roles=roles)
    return passwords.check(name, password, passwords.brands_of(studio, newcomer))
