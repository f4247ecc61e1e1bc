"""users: people, from the machine's own terminal."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from brandstudio.cli.server import site_url
from brandstudio.domain.access import Action, needs
from brandstudio.domain.accounts import Account
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.errors import SignInError
from brandstudio.services import links, passwords, sessions, users
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Whom; see 'brandstudio users list'.")]
Brand = Annotated[str, typer.Option(help="In this brand only; in every brand unless given.")]


@cli.command()
@needs(Action.MANAGE_PEOPLE)
def add(
    name: Annotated[str, typer.Argument(help="What the person signs in as.")],
    role: Annotated[Role, typer.Option(help="What the person is here for.")],
    brand: Brand = "",
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Signs in through a trusted proxy: no password.")
    ] = False,
) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    studio = build_studio(read_settings())
    by = users.operator(studio)
    password = None if elsewhere else _password()
    person = users.add(studio, name, {_slug(studio, brand): role}, password, by=by)
    print(f"{person.name} can sign in as {role.in_words} of {brand or 'every brand'}.")


@cli.command()
@needs(Action.MANAGE_MEMBERS)
def invite(
    role: Annotated[Role, typer.Option(help="What the person is here for.")],
    name: Annotated[str, typer.Argument(help="Their name; they choose it unless given.")] = "",
    brand: Brand = "",
) -> None:
    """Print a link with which a new person chooses a password; it works once, for 7 days."""
    studio = build_studio(read_settings())
    person = users.operator(studio)
    token = links.invite(studio, name, {_slug(studio, brand): role}, person=person)
    print(f"{site_url(studio.settings)}/welcome?token={token}")


@cli.command()
@needs(Action.MANAGE_MEMBERS)
def role(
    name: Name,
    role: Annotated[str, typer.Argument(help="creator, reviewer, brand_owner, … or none.")],
    brand: Brand = "",
) -> None:
    """Give a person a role, or none; older sessions of theirs end."""
    given = None if role == "none" else _role(role)
    studio = build_studio(read_settings())
    person, someone = users.operator(studio), users.named(studio, name)
    users.set_role(studio, someone.id, _slug(studio, brand), given, person=person)
    words = given.in_words if given else "nobody"
    print(f"{name} is {words} in {brand or 'every brand'} now; older sessions have ended.")


@cli.command()
@needs(Action.MANAGE_PEOPLE)
def disable(name: Name) -> None:
    """Let a person sign in no more; what they made stays."""
    studio = build_studio(read_settings())
    person = users.operator(studio)
    users.disable(studio, _account(studio, name, person).person.id, person=person)
    print(f"{name} cannot sign in any more.")


@cli.command()
@needs(Action.MANAGE_PEOPLE)
def enable(name: Name) -> None:
    """Let a disabled person sign in again."""
    studio = build_studio(read_settings())
    person = users.operator(studio)
    users.enable(studio, _account(studio, name, person).person.id, person=person)
    print(f"{name} can sign in again; API tokens have to be made anew.")


@cli.command()
@needs(Action.MANAGE_PEOPLE)
def password(name: Annotated[str, typer.Argument(help="Who forgot theirs.")]) -> None:
    """Give a person a new password; it is asked for, or read from standard input."""
    studio = build_studio(read_settings())
    passwords.reset(studio, name, _password(), by=users.operator(studio))
    print(f"{name} can sign in with the new password; older sessions have ended.")


@cli.command()
@needs(Action.MANAGE_PEOPLE)
def link(name: Name) -> None:
    """Print a link with which a person sets a new password; it works once, for a day."""
    studio = build_studio(read_settings())
    person = users.operator(studio)
    token = links.for_password(studio, users.named(studio, name).id, person=person)
    print(f"{site_url(studio.settings)}/welcome?token={token}")


@cli.command("list")
@needs(Action.MANAGE_MEMBERS)
def list_() -> None:
    """List people, their roles, and the invitations that nobody has used yet."""
    studio = build_studio(read_settings())
    person = users.operator(studio)
    for account in users.everyone(studio, person=person):
        print(f"{account.person.name:<32} {_standing(account)}")
    for one in links.all_open(studio, person=person):
        print(
            f"{one.name or '(to be chosen)':<32} {one.kind} link until {one.expires_at:%F %R} UTC"
        )


@cli.command("sessions")
@needs(Action.MANAGE_PEOPLE)
def sessions_(
    name: Name,
    end: Annotated[bool, typer.Option("--end", help="Sign them out everywhere.")] = False,
) -> None:
    """List where a person is signed in."""
    studio = build_studio(read_settings())
    person = users.operator(studio)
    someone = _account(studio, name, person).person
    if end:
        ended = sessions.end_all(studio, someone.id, person=person)
        print(f"{name} is signed out everywhere; {ended} ended.")
        return
    for one in sessions.of_person(studio, someone.id, person=person):
        used = f"since {one.since:%F %R}, last seen {one.last_seen_at:%F %R} UTC"
        print(f"{one.id}  {one.origin.address:<16} {used}  {one.origin.browser}")


def _slug(studio: Studio, brand: str) -> str:
    return studio.catalogue.brand(brand).slug if brand else EVERY_BRAND


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        known = ", ".join([*Role, "none"])
        raise typer.BadParameter(f"'{role}' is not one of {known}.") from error


def _account(studio: Studio, name: str, person: Person) -> Account:
    """The person of that name, also when they were disabled."""
    known = {account.person.name: account for account in users.everyone(studio, person=person)}
    if name not in known:
        raise SignInError(f"There is nobody called '{name[:64]}'; there are: {', '.join(known)}")
    return known[name]


def _standing(account: Account) -> str:
    roles = (
        f"{role.in_words} of {'every brand' if slug == EVERY_BRAND else slug}"
        for slug, role in account.person.roles.items()
    )
    said = ", ".join(sorted(roles)) or "no role yet"
    return f"{said} (disabled)" if account.disabled_at else said


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Again: ") != password:
        raise SignInError("The two passwords are not the same")
    return password
