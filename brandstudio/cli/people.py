"""users: people, from the machine's own terminal."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.errors import SignInError
from brandstudio.services import users
from brandstudio.services.studio import build_studio
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)


@cli.command()
@needs(Action.MANAGE_PEOPLE)
def add(
    name: Annotated[str, typer.Argument(help="What the person signs in as.")],
    role: Annotated[Role, typer.Option(help="What the person is here for.")],
    brand: Annotated[str, typer.Option(help="For this brand only; every brand unless given.")] = "",
) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    studio = build_studio(read_settings())
    where = studio.catalogue.brand(brand).slug if brand else EVERY_BRAND
    person = users.add(studio, name, {where: role}, _password(), by=users.operator(studio))
    print(f"{person.name} can sign in as {role.in_words} of {brand or 'every brand'}.")


@cli.command()
@needs(Action.MANAGE_PEOPLE)
def password(name: Annotated[str, typer.Argument(help="Who forgot theirs.")]) -> None:
    """Give a person a new password; it is asked for, or read from standard input."""
    studio = build_studio(read_settings())
    users.reset_password(studio, name, _password(), by=users.operator(studio))
    print(f"{name} can sign in with the new password; older sessions have ended.")


@cli.command("list")
@needs(Action.MANAGE_PEOPLE)
def list_() -> None:
    """List who may sign in."""
    studio = build_studio(read_settings())
    for person in users.everyone(studio, person=users.operator(studio)):
        roles = (f"{role.in_words} of {_brand(slug)}" for slug, role in person.roles.items())
        print(f"{person.name:<32} {', '.join(sorted(roles)) or 'no role yet'}")


def _brand(slug: str) -> str:
    return "every brand" if slug == EVERY_BRAND else slug


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Again: ") != password:
        raise SignInError("The two passwords are not the same")
    return password
