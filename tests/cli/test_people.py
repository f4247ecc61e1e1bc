"""People and tokens from the machine's own terminal, over the very studio that is being served."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import typer

from brandstudio.cli import cli
from brandstudio.domain.people import EVERY_BRAND, Role, Scope
from brandstudio.errors import LastAdministratorError, NotFoundError, SignInError
from brandstudio.services import links, sessions, tokens, users
from tests.conftest import PASSWORD


@pytest.fixture
def say(settings, people, monkeypatch, capsys):
    """Runs one command and returns what it printed."""
    monkeypatch.setenv("BRANDSTUDIO_DATA_DIR", str(settings.data_dir))

    def run(*arguments: str) -> str:
        cli(args=list(arguments), standalone_mode=False)
        return capsys.readouterr().out

    return run


def token_in(said: str) -> str:
    [token] = re.findall(r"/welcome\?token=(\S+)", said)
    return token


@pytest.fixture
def alive(studio):
    """The studio with the clock of the commands, which is the machine's."""
    return replace(studio, now=lambda: datetime.now(UTC))


def test_an_invitation_lets_someone_in_once_with_the_role_it_names(say, alive):
    token = token_in(say("users", "invite", "noor", "--role", "creator", "--brand", "voltra"))
    assert "noor" in say("users", "list")
    links.use(alive, token, name="noor", password=PASSWORD)
    assert users.named(alive, "noor").roles == {"voltra": Role.CREATOR}
    with pytest.raises(SignInError):
        links.use(alive, token, name="noor", password=PASSWORD)


def test_a_role_is_given_and_taken_away_brand_by_brand(say, studio):
    say("users", "role", "carla", "reviewer", "--brand", "voltra")
    held = {EVERY_BRAND: Role.CREATOR, "voltra": Role.REVIEWER}
    assert users.named(studio, "carla").roles == held
    assert "none" not in say("users", "role", "carla", "none")
    assert users.named(studio, "carla").roles == {"voltra": Role.REVIEWER}
    assert "reviewer of voltra" in say("users", "list")


def test_an_unknown_role_or_brand_changes_nothing(say, studio):
    with pytest.raises(typer.BadParameter, match="'king' is not one of creator"):
        say("users", "role", "carla", "king")
    with pytest.raises(NotFoundError, match="There is no brand 'nobody'"):
        say("users", "role", "carla", "reviewer", "--brand", "nobody")
    assert users.named(studio, "carla").roles == {EVERY_BRAND: Role.CREATOR}


def test_whoever_is_disabled_is_out_until_enabled_again(say, studio):
    session = sessions.sign_in(studio, "carla", PASSWORD)
    say("users", "disable", "carla")
    assert sessions.person_of_session(studio, session) is None
    assert "(disabled)" in say("users", "list")
    say("users", "enable", "carla")
    assert sessions.sign_in(studio, "carla", PASSWORD)


def test_the_last_administrator_stays(say):
    with pytest.raises(LastAdministratorError, match="ada is the last administrator"):
        say("users", "disable", "ada")


def test_a_link_gives_someone_a_new_password(say, alive):
    token = token_in(say("users", "link", "rita"))
    links.use(alive, token, name="", password="another long one")
    assert sessions.sign_in(alive, "rita", "another long one")


def test_sessions_are_listed_and_ended(say, alive):
    session = sessions.sign_in(alive, "rita", PASSWORD)
    assert "last seen" in say("users", "sessions", "rita")
    assert "1 ended" in say("users", "sessions", "rita", "--end")
    assert sessions.person_of_session(alive, session) is None


def test_tokens_are_listed_with_what_they_may_do_and_revoked(say, alive, people):
    secret = tokens.create(
        alive, person=people.carla, name="nightly", scopes=frozenset({Scope.READ}), days=7
    )
    [number] = re.findall(r"^ *(\d+)  carla +nightly +read  until ", say("tokens", "list"))
    assert "works no more" in say("tokens", "revoke", number)
    assert tokens.person_of_api_token(alive, secret) is None
