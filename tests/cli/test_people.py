"""People and tokens from the machine's own terminal, over the very studio that is being served."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import typer

from brandstudio.cli import cli
from brandstudio.cli.address import served_at
from brandstudio.domain.audit_log.entries import Kind, Sought
from brandstudio.domain.people import EVERY_BRAND, Role, Scope
from brandstudio.errors import (
    ForbiddenError,
    LastAdministratorError,
    NotFoundError,
    SignInError,
)
from brandstudio.services import audit_log
from brandstudio.services.people import links, sessions, tokens, users
from tests.conftest import PASSWORD


@pytest.fixture
def say(settings, people, monkeypatch, capsys):  # noqa: ARG001 - who commands are about
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
    assert "disabled since" in say("users", "list")
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
    assert "1 session ended" in say("users", "sessions", "rita", "--end")
    assert sessions.person_of_session(alive, session) is None
    assert say("users", "sessions", "rita") == "rita is not signed in anywhere.\n"


def test_everybody_is_listed_and_signed_out_at_once(say, alive):
    for name in ("carla", "rita"):
        sessions.sign_in(alive, name, PASSWORD)
    listed = say("users", "sessions").splitlines()
    assert sorted(line.split()[0] for line in listed) == ["carla", "rita"]
    said = say("users", "sessions", "--end")
    assert said == "Everybody is signed out everywhere; 2 sessions ended.\n"
    assert say("users", "sessions") == "Nobody is signed in.\n"


def test_a_link_is_named_in_the_list_and_withdrawn_by_that_name(say, alive):
    token = token_in(say("users", "invite", "noor", "--role", "creator", "--brand", "voltra"))
    [line] = [one for one in say("users", "list").splitlines() if "noor" in one]
    assert "creator of voltra" in line
    assert "by operator" in line
    [link] = re.findall(r"link ([0-9a-f]{16}) ", line)
    say("users", "withdraw", link)
    assert links.find(alive, token) is None
    with pytest.raises(NotFoundError, match="no open link"):
        say("users", "withdraw", link)


@pytest.mark.usefixtures("studio")
def test_whoever_left_is_removed_listed_no_more_and_kept_by_name(say):
    assert "stays under their name" in say("users", "remove", "carla")
    assert "carla" not in say("users", "list")
    assert re.search(r"^carla .* removed$", say("users", "list", "--all"), re.MULTILINE)
    assert say("users", "remove", "carla") == "carla was removed already.\n"
    assert "give them a role" in say("users", "enable", "carla")


def test_what_is_as_wanted_already_is_said_to_be_so(say):
    assert "already; nothing was changed" in say("users", "role", "carla", "creator")
    say("users", "disable", "carla")
    assert say("users", "disable", "carla") == "carla was disabled already.\n"
    say("users", "enable", "carla")
    assert say("users", "enable", "carla") == "carla can sign in already.\n"


def test_a_link_leads_to_the_studio_that_is_served(say, settings):
    with served_at(settings.model_copy(update={"port": 7999})):
        assert say("users", "link", "rita").startswith("http://127.0.0.1:7999/welcome?token=")
    assert say("users", "link", "rita").startswith("http://127.0.0.1:7860/welcome?token=")


def test_a_brands_owner_does_by_the_terminal_what_they_may_and_it_is_on_record(say, studio, people):
    users.add(studio, "olga", {"voltra": Role.BRAND_OWNER}, PASSWORD, by=people.ada)
    say("users", "invite", "noor", "--role", "creator", "--brand", "voltra", "--as", "olga")
    for forbidden in (["users", "disable", "carla"], ["users", "role", "carla", "reviewer"]):
        with pytest.raises(ForbiddenError):
            say(*forbidden, "--as", "olga")
    told = audit_log.log(studio, Sought(kind=Kind.SIGN_INS, person="operator"), person=people.ada)
    commands = [entry.detail["command"] for entry in told.entries]
    assert commands == ["users role carla reviewer", "users disable carla", "users invite noor"]


def test_a_verdict_in_somebodys_name_is_on_record_as_typed_at_the_terminal(
    say, studio, people, pending
):
    say("review", "approve", str(pending[0].id), "--as", "rita")
    newest = audit_log.log(studio, Sought(), person=people.ada).entries[1]
    assert (newest.event, newest.actor, newest.subject) == ("session.borrowed", "operator", "rita")
    assert newest.detail["command"] == f"review approve {pending[0].id}"


def test_settings_are_listed_without_secrets(say, monkeypatch):
    monkeypatch.setenv("BRANDSTUDIO_OIDC_ISSUER", "https://id.example")
    monkeypatch.setenv("BRANDSTUDIO_OIDC_CLIENT_ID", "studio")
    monkeypatch.setenv("BRANDSTUDIO_OIDC_CLIENT_SECRET", "hunter2")
    listed = say("settings")
    assert re.search(r"^BRANDSTUDIO_OIDC_CLIENT_SECRET +set +environment", listed, re.MULTILINE)
    assert "hunter2" not in listed
    changed = {line.split()[0] for line in say("settings", "--changed").splitlines()}
    assert {"BRANDSTUDIO_OIDC_ISSUER", "BRANDSTUDIO_DATA_DIR"} <= changed
    assert "BRANDSTUDIO_PORT" not in changed


def test_tokens_are_listed_with_what_they_may_do_and_revoked(say, alive, people):
    secret = tokens.create(
        alive, person=people.carla, name="nightly", scopes=frozenset({Scope.READ}), days=7
    )
    [number] = re.findall(r"^ *(\d+)  carla +nightly +read  until ", say("tokens", "list"))
    assert "works no more" in say("tokens", "revoke", number)
    assert tokens.person_of_api_token(alive, secret) is None


@pytest.mark.parametrize("option", ["--no-password", "--elsewhere"])
def test_who_signs_in_through_a_proxy_gets_no_password(say, studio, option):
    assert "mina can sign in" in say("users", "add", "mina", "--role", "creator", option)
    mina = next(
        a for a in users.everyone(studio, person=users.operator(studio)) if a.person.name == "mina"
    )
    assert not mina.has_password
