"""users: people, from the machine's own terminal."""

import sys
from collections.abc import Iterator, Mapping
from getpass import getpass
from typing import Annotated

import typer

from brandstudio.cli.act_as import As, acting, acting_to
from brandstudio.cli.address import link_to
from brandstudio.domain.access import Action, needs
from brandstudio.domain.accounts import Account, OpenSession, SignInLink
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.errors import SignInError, count_of
from brandstudio.services.people import links, passwords, sessions, users
from brandstudio.services.people.users import NobodyError
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Whom; see 'brandstudio users list'.")]
Brand = Annotated[str, typer.Option(help="In this brand only; in every brand unless given.")]


@cli.command(short_help="Add a person with a password.")
@needs(Action.MANAGE_PEOPLE)
def add(
    name: Annotated[str, typer.Argument(help="What the person signs in as.")],
    role: Annotated[Role, typer.Option(help="What the person is here for.")],
    brand: Brand = "",
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signs in through a trusted proxy.")
    ] = False,
    elsewhere: Annotated[bool, typer.Option("--elsewhere", hidden=True)] = False,
    as_: As = "",
) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    studio = build_studio(read_settings())
    by = acting_to(studio, as_, "users add", name)
    password = None if no_password or elsewhere else _password()
    person = users.add(studio, name, {brand or EVERY_BRAND: role}, password, by=by)
    print(f"{person.name} can sign in as {role.in_words} of {brand or 'every brand'}.")


@cli.command(short_help="Print a link that lets a new person in.")
@needs(Action.MANAGE_MEMBERS)
def invite(
    role: Annotated[Role, typer.Option(help="What the person is here for.")],
    name: Annotated[str, typer.Argument(help="Their name; they choose it unless given.")] = "",
    brand: Brand = "",
    as_: As = "",
) -> None:
    """Print a link with which a new person chooses a password; it works once, for 7 days."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "users invite", name)
    token = links.invite(studio, name, {brand or EVERY_BRAND: role}, person=person)
    print(link_to(studio.settings, token))


@cli.command(short_help="Give a person a role, or take it away.")
@needs(Action.MANAGE_MEMBERS)
def role(
    name: Name,
    role: Annotated[str, typer.Argument(help="creator, reviewer, brand_owner, … or none.")],
    brand: Brand = "",
    as_: As = "",
) -> None:
    """Give a person a role, or none; their sessions end, so that it holds at once."""
    given = None if role == "none" else _role(role)
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "users role", name, role)
    someone = _account(studio, name).person
    is_new = users.set_role(studio, someone.id, brand or EVERY_BRAND, given, person=person)
    where = brand or "every brand"
    if given is None:
        print(f"{name} has no role in {where} any more; their sessions have ended.")
    elif is_new:
        print(f"{name} is {given.in_words} in {where} now; their sessions have ended.")
    else:
        print(f"{name} is {given.in_words} in {where} already; nothing was changed.")


@cli.command(short_help="Let a person sign in no more.")
@needs(Action.MANAGE_PEOPLE)
def disable(name: Name, as_: As = "") -> None:
    """Let a person sign in no more; what they made stays, and they can be enabled again."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "users disable", name)
    is_new = users.disable(studio, _account(studio, name).person.id, person=person)
    print(f"{name} cannot sign in any more." if is_new else f"{name} was disabled already.")


@cli.command(short_help="Let a disabled person sign in again.")
@needs(Action.MANAGE_PEOPLE)
def enable(name: Name, as_: As = "") -> None:
    """Let a disabled person sign in again, with the password and the roles they had."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "users enable", name)
    account = _account(studio, name)
    if not users.enable(studio, account.person.id, person=person):
        print(f"{name} can sign in already.")
    elif account.is_removed:
        print(f"{name} is back; give them a role and a link: brandstudio users role, users link")
    else:
        print(f"{name} can sign in again; API tokens have to be made anew.")


@cli.command(short_help="Let go of a person who left for good.")
@needs(Action.MANAGE_PEOPLE)
def remove(name: Name, as_: As = "") -> None:
    """Let go of a person who left for good: no role, password, session, token or link is kept.

    What they made and decided stays under their name, which nobody else gets.
    """
    studio = build_studio(read_settings())
    person, account = acting_to(studio, as_, "users remove", name), _account(studio, name)
    if account.is_removed:
        print(f"{name} was removed already.")
        return
    users.remove(studio, account.person.id, person=person)
    print(f"{name} is removed; what they made and decided stays under their name.")


@cli.command(short_help="Give a person a new password.")
@needs(Action.MANAGE_PEOPLE)
def password(name: Annotated[str, typer.Argument(help="Who forgot theirs.")], as_: As = "") -> None:
    """Give a person a new password; it is asked for, or read from standard input."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "users password", name)
    passwords.reset(studio, name, _password(), by=person)
    print(f"{name} can sign in with the new password; their sessions have ended.")


@cli.command(short_help="Print a link that sets a new password.")
@needs(Action.MANAGE_PEOPLE)
def link(name: Name, as_: As = "") -> None:
    """Print a link with which a person sets a new password; it works once, for a day."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "users link", name)
    someone = _account(studio, name).person
    print(link_to(studio.settings, links.for_password(studio, someone.id, person=person)))


@cli.command(short_help="Let a link work no more.")
@needs(Action.MANAGE_MEMBERS)
def withdraw(
    link_id: Annotated[str, typer.Argument(metavar="LINK", help="As 'users list' names it.")],
    as_: As = "",
) -> None:
    """Let an invitation, or a link for a new password, work no more."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "users withdraw", link_id)
    links.withdraw(studio, link_id, person=person)
    print("The link works no more.")


@cli.command("list", short_help="List people, and links that nobody has used yet.")
@needs(Action.MANAGE_MEMBERS)
def list_(
    everyone: Annotated[bool, typer.Option("--all", help="Also who was removed.")] = False,
    as_: As = "",
) -> None:
    """List people with their roles and when they were last here, and the links that still work."""
    studio = build_studio(read_settings())
    person = acting(studio, as_)
    for account in users.everyone(studio, person=person):
        if everyone or not account.is_removed:
            print(f"{account.person.name:<24} {_roles(account.person):<36} {_standing(account)}")
    for one in links.all_open(studio, person=person):
        print(_told(one))


@cli.command("sessions", short_help="List or end sessions.")
@needs(Action.MANAGE_PEOPLE)
def sessions_(
    name: Annotated[str, typer.Argument(help="Whose; everybody's unless given.")] = "",
    end: Annotated[bool, typer.Option("--end", help="Sign them out everywhere.")] = False,
    as_: As = "",
) -> None:
    """List where a person is signed in, or everybody; with --end, sign them out everywhere."""
    studio = build_studio(read_settings())
    if end:
        _end(studio, name, acting_to(studio, as_, "users sessions --end", name))
        return
    person = acting(studio, as_)
    count = 0
    for someone, opened in _sessions(studio, name, person):
        count += 1
        print(f"{'' if name else f'{someone.name:<24} '}{_line(opened)}")
    if not count:
        print(f"{name or 'Nobody'} is {'not ' if name else ''}signed in{' anywhere' * bool(name)}.")


def _sessions(studio: Studio, name: str, person: Person) -> Iterator[tuple[Person, OpenSession]]:
    if not name:
        yield from sessions.everybodys(studio, person=person)
        return
    someone = _account(studio, name).person
    for opened in sessions.of_person(studio, someone.id, person=person):
        yield someone, opened


def _end(studio: Studio, name: str, person: Person) -> None:
    if name:
        someone = _account(studio, name).person
        ended = sessions.end_all(studio, someone.id, person=person)
    else:
        ended = sessions.end_everybodys(studio, person=person)
    who = name or "Everybody"
    print(f"{who} is signed out everywhere; {count_of(ended, 'session')} ended.")


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        known = ", ".join([*Role, "none"])
        raise typer.BadParameter(f"'{role}' is not one of {known}.") from error


def _account(studio: Studio, name: str) -> Account:
    """The person of that name, also when they were disabled; who sits here may know who there is.

    Whether anything may be done to them is for the services to say.
    """
    everyone = users.everyone(studio, person=users.operator(studio))
    accounts = {account.person.name: account for account in everyone}
    if name not in accounts:
        raise NobodyError(name, accounts)
    return accounts[name]


def _roles(person: Person) -> str:
    return _in_words(person.roles) or "no role yet"


def _in_words(roles: Mapping[str, Role]) -> str:
    told = (
        f"{role.in_words} of {'every brand' if slug == EVERY_BRAND else slug}"
        for slug, role in roles.items()
    )
    return ", ".join(sorted(told))


def _standing(account: Account) -> str:
    seen = account.last_seen_at
    here = f"last here {seen:%F %R} UTC" if seen else "never here"
    if account.is_removed:
        return f"{here}, removed"
    return f"{here}, disabled since {account.disabled_at:%F}" if account.disabled_at else here


def _told(link: SignInLink) -> str:
    whom, by = link.name or "(to be chosen)", link.made_by or "the first start"
    what = _in_words(link.roles) or "new password"
    return f"{whom:<24} {what:<36} link {link.id} by {by}, until {link.expires_at:%F %R} UTC"


def _line(opened: OpenSession) -> str:
    used = f"since {opened.since:%F %R}, last seen {opened.last_seen_at:%F %R} UTC"
    return f"{opened.id}  {opened.origin.address:<16} {used}  {opened.origin.browser}"


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Again: ") != password:
        raise SignInError("The two passwords are not the same")
    return password
