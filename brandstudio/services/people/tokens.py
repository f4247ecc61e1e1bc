"""API tokens: for programs that act as a person, within scopes and until a day."""

from collections.abc import Iterable
from datetime import timedelta

from brandstudio.domain.access import STUDIO, Action, require
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.people import ApiToken, Person, Scope
from brandstudio.domain.text import invisible
from brandstudio.errors import BriefError, ForbiddenError, NotFoundError, Problem
from brandstudio.services.people.sessions import NOTED_EVERY, if_possible
from brandstudio.services.studio import Studio, token_digest
from brandstudio.services.transaction import acting
from brandstudio.storage.people import tokens

LIFETIMES = (7, 30, 90, 365)
"""In days; what a token may be made for."""
USUAL_LIFETIME = 90
USUAL_SCOPES = frozenset({Scope.READ})


def create(
    studio: Studio,
    *,
    person: Person,
    name: str,
    scopes: Iterable[Scope] = USUAL_SCOPES,
    days: int = USUAL_LIFETIME,
) -> str:
    """A token for the REST API that acts as this person; shown once, kept only as a hash."""
    require(person, Action.OWN_ACCOUNT, STUDIO)
    wanted, name = frozenset(scopes), name.strip()
    _check(name, wanted, days)
    if not wanted <= person.scopes:
        raise ForbiddenError("A token cannot make one that may do more than itself")
    token, now = f"bst_{studio.draw_token()}", studio.now()
    detail = {"scopes": " ".join(sorted(wanted)), "days": str(days)}
    with acting(studio, person, Action.OWN_ACCOUNT) as act:
        tokens.add(
            act.session,
            person.id,
            name=name,
            prefix=token[:10],
            token_sha256=token_digest(token),
            scopes=wanted,
            at=now,
            expires_at=now + timedelta(days=days),
        )
        act.note(Note(Event.TOKEN_MADE, name, detail=detail), now)
    return token


def own(studio: Studio, *, person: Person) -> tuple[ApiToken, ...]:
    """One's own tokens, also those that have run out."""
    require(person, Action.OWN_ACCOUNT, STUDIO)
    with studio.database.reading() as session:
        return tokens.all_of(session, person.id)


def everybodys(studio: Studio, *, person: Person) -> tuple[ApiToken, ...]:
    """Everybody's tokens, also those that have run out."""
    require(person, Action.MANAGE_PEOPLE, STUDIO)
    with studio.database.reading() as session:
        return tokens.all_of(session)


def revoke(studio: Studio, token_id: int, *, person: Person) -> None:
    """Stop anybody's token from working."""
    _revoke(studio, token_id, person, Action.MANAGE_PEOPLE)


def revoke_own(studio: Studio, token_id: int, *, person: Person) -> None:
    """Stop a token of one's own from working."""
    _revoke(studio, token_id, person, Action.OWN_ACCOUNT)


def person_of_api_token(studio: Studio, token: str) -> Person | None:
    """Whose API token this is, with its scopes, or None; remembers its use to the minute."""
    digest, now = token_digest(token), studio.now()
    with studio.database.reading() as session:
        pair = tokens.find(session, digest, now)
    if pair is None:
        return None
    person, api_token = pair
    if api_token.last_used_at is None or now - api_token.last_used_at >= NOTED_EVERY:
        with if_possible(), studio.database.writing() as session:
            tokens.touch(session, api_token.id, now)
    return person


def _revoke(studio: Studio, token_id: int, person: Person, action: Action) -> None:
    require(person, action, STUDIO)
    owner = person.id if action is Action.OWN_ACCOUNT else None
    with acting(studio, person, action) as act:
        tokens_by_id = {token.id: token for token in tokens.all_of(act.session, owner)}
        if token_id not in tokens_by_id:
            raise NotFoundError("API token", token_id)
        tokens.revoke(act.session, token_id, studio.now())
        token = tokens_by_id[token_id]
        done = Note(Event.TOKEN_REVOKED, token.name, detail={"owner": token.owner})
        act.note(done)


def _check(name: str, scopes: frozenset[Scope], days: int) -> None:
    problems: list[Problem] = []
    if not 1 <= len(name) <= 80:
        problems.append(Problem("name", "say in 1 to 80 characters what the token is for"))
    elif unseen := invisible(name):
        problems.append(Problem("name", unseen))
    if not scopes:
        problems.append(Problem("scopes", "choose at least one thing it may do"))
    if days not in LIFETIMES:
        choices = ", ".join(str(lifetime) for lifetime in LIFETIMES)
        problems.append(Problem("days", f"choose one of {choices}"))
    if problems:
        raise BriefError(problems)
