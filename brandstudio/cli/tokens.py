"""tokens: everybody's API tokens, from the machine's own terminal."""

from typing import Annotated

import typer

from brandstudio.cli.act_as import As, acting, acting_to
from brandstudio.domain.access import Action, needs
from brandstudio.services.people import tokens
from brandstudio.services.studio import build_studio
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)


@cli.command("list", short_help="List everybody's API tokens.")
@needs(Action.MANAGE_PEOPLE)
def list_(as_: As = "") -> None:
    """List everybody's API tokens: number, owner, scopes, until when, last use."""
    studio = build_studio(read_settings())
    every = tokens.everybodys(studio, person=acting(studio, as_))
    if not every:
        print("Nobody has an API token.")
    for token in every:
        until = f"until {token.expires_at:%F}" if token.expires_at else "for ever"
        used = f"last used {token.last_used_at:%F}" if token.last_used_at else "never used"
        scopes = " ".join(sorted(token.scopes))
        print(f"{token.id:>4}  {token.owner:<20} {token.name:<24} {scopes}  {until}, {used}")


@cli.command(short_help="Stop an API token from working.")
@needs(Action.MANAGE_PEOPLE)
def revoke(
    number: Annotated[int, typer.Argument(help="The token's number in 'tokens list'.")],
    as_: As = "",
) -> None:
    """Stop an API token from working, whosever it is."""
    studio = build_studio(read_settings())
    tokens.revoke(studio, number, person=acting_to(studio, as_, "tokens revoke", number))
    print(f"Token {number} works no more.")
