"""People over REST: who there is, their roles, links that let people in, sessions and tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from brandstudio.domain.access import Action, needs
from brandstudio.domain.accounts import Account
from brandstudio.domain.people import Person
from brandstudio.errors import NotFoundError
from brandstudio.services.people import links, sessions, tokens, users
from brandstudio.services.studio import Studio
from brandstudio.web.gate.credentials import Credential, Proof
from brandstudio.web.gate.middleware import person_of
from brandstudio.web.rest.administration_models import (
    InvitationRequest,
    LinkBody,
    LinkMade,
    LinksBody,
    PeopleBody,
    PersonBody,
    RoleRequest,
    SessionBody,
    SessionsBody,
    SessionsEnded,
    TokenBody,
    TokensBody,
)

Asking = Annotated[Person, Depends(person_of)]
Number = Annotated[int, Path(ge=1, lt=2**63)]
Named = Annotated[str, Path(max_length=64)]
_DONE = Response(status_code=204)


def router(studio: Studio) -> APIRouter:
    """The routes about people, below /api/v1/administration."""
    routes = APIRouter()
    routes.include_router(_people(studio))
    routes.include_router(_links(studio))
    routes.include_router(_sessions(studio))
    routes.include_router(_tokens(studio))
    return routes


def _people(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["People"])

    @routes.get("/people")
    @needs(Action.MANAGE_MEMBERS)
    def everyone(person: Asking) -> PeopleBody:
        """Everyone, also who was disabled; for a brand's owner those with a role in it."""
        found = users.everyone(studio, person=person)
        return PeopleBody(people=[_person(account, person) for account in found])

    @routes.put("/people/{person_id}/roles", status_code=204)
    @needs(Action.MANAGE_MEMBERS)
    def give(person_id: Number, asked: RoleRequest, person: Asking) -> Response:
        """Give someone a role in a brand, or take it away; their sessions end."""
        users.set_role(studio, person_id, asked.brand, asked.role, person=person)
        return _DONE

    @routes.post("/people/{person_id}/disable", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def disable(person_id: Number, person: Asking) -> Response:
        """Let someone sign in no more: sessions end, tokens and links stop working."""
        users.disable(studio, person_id, person=person)
        return _DONE

    @routes.post("/people/{person_id}/enable", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def enable(person_id: Number, person: Asking) -> Response:
        """Let someone sign in again, with the password and the roles they had."""
        users.enable(studio, person_id, person=person)
        return _DONE

    @routes.delete("/people/{person_id}", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def remove(person_id: Number, person: Asking) -> Response:
        """Let go of someone who left for good; what they did stays, under their name."""
        users.remove(studio, person_id, person=person)
        return _DONE

    return routes


def _links(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Links"])

    @routes.get("/links")
    @needs(Action.MANAGE_MEMBERS)
    def all_open(person: Asking) -> LinksBody:
        """The links that still work; for a brand's owner the invitations into it."""
        found = links.all_open(studio, person=person)
        return LinksBody(links=[LinkBody.model_validate(x, from_attributes=True) for x in found])

    @routes.post("/invitations", status_code=201)
    @needs(Action.MANAGE_MEMBERS)
    def invite(asked: InvitationRequest, request: Request, person: Asking) -> LinkMade:
        """Make a link that lets someone in with these roles, once, within a week."""
        token = links.invite(studio, asked.name.strip(), asked.roles, person=person)
        return _made(studio, request, token)

    @routes.post("/people/{person_id}/password-link", status_code=201)
    @needs(Action.MANAGE_PEOPLE)
    def for_password(person_id: Number, request: Request, person: Asking) -> LinkMade:
        """Make a link with which someone sets a new password, once, within a day."""
        return _made(studio, request, links.for_password(studio, person_id, person=person))

    @routes.delete("/links/{link_id}", status_code=204)
    @needs(Action.MANAGE_MEMBERS)
    def withdraw(link_id: Named, person: Asking) -> Response:
        """Let a link work no more."""
        links.withdraw(studio, link_id, person=person)
        return _DONE

    return routes


def _sessions(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Sessions"])

    @routes.get("/sessions")
    @needs(Action.MANAGE_PEOPLE)
    def everybodys(request: Request, person: Asking) -> SessionsBody:
        """Who is signed in, and where."""
        found = sessions.everybodys(studio, person=person, token=_own_session(request))
        return SessionsBody(
            sessions=[
                SessionBody(
                    id=opened.id,
                    person=someone.name,
                    person_id=someone.id,
                    address=opened.origin.address,
                    browser=opened.origin.browser,
                    since=opened.since,
                    last_seen_at=opened.last_seen_at,
                    expires_at=opened.expires_at,
                    is_current=opened.is_current,
                )
                for someone, opened in found
            ]
        )

    @routes.delete("/people/{person_id}/sessions/{session_id}", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def end(person_id: Number, session_id: Named, person: Asking) -> Response:
        """Sign a browser out; what was being typed there is lost."""
        sessions.end(studio, person_id, session_id, person=person)
        return _DONE

    @routes.delete("/people/{person_id}/sessions")
    @needs(Action.MANAGE_PEOPLE)
    def end_all(person_id: Number, request: Request, person: Asking) -> SessionsEnded:
        """Sign someone out everywhere; of your own sessions all but the one that asks."""
        but = _own_session(request)
        return SessionsEnded(ended=sessions.end_all(studio, person_id, person=person, but=but))

    @routes.delete("/sessions")
    @needs(Action.MANAGE_PEOPLE)
    def end_everybodys(request: Request, person: Asking) -> SessionsEnded:
        """Sign everybody out everywhere, but for the session that asks."""
        ended = sessions.end_everybodys(studio, person=person, but=_own_session(request))
        return SessionsEnded(ended=ended)

    return routes


def _tokens(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["API tokens"])

    @routes.get("/tokens")
    @needs(Action.MANAGE_PEOPLE)
    def everybodys(person: Asking) -> TokensBody:
        """Everybody's tokens, also those that have run out."""
        now, found = studio.now(), tokens.everybodys(studio, person=person)
        return TokensBody(
            tokens=[
                TokenBody(
                    id=token.id,
                    name=token.name,
                    owner=token.owner,
                    prefix=token.prefix,
                    scopes=sorted(token.scopes),
                    created_at=token.created_at,
                    expires_at=token.expires_at,
                    last_used_at=token.last_used_at,
                    is_expired=token.expires_at is not None and token.expires_at <= now,
                )
                for token in found
            ]
        )

    @routes.delete("/tokens/{token_id}", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def revoke(token_id: Number, person: Asking) -> Response:
        """Stop a token from working, at once and for ever."""
        tokens.revoke(studio, token_id, person=person)
        return _DONE

    return routes


def _person(account: Account, viewer: Person) -> PersonBody:
    someone = account.person
    return PersonBody(
        id=someone.id,
        name=someone.name,
        roles=dict(someone.roles),
        is_disabled=account.disabled_at is not None,
        is_removed=account.is_removed,
        is_you=someone.id == viewer.id,
        has_password=account.has_password,
        created_at=account.created_at,
        last_seen_at=account.last_seen_at,
    )


def _own_session(request: Request) -> str:
    """The secret of the session that asks; a program has none."""
    credential: Credential = request.state.credential
    return credential.secret if credential.proof is Proof.COOKIE else ""


def _made(studio: Studio, request: Request, token: str) -> LinkMade:
    link = links.find(studio, token)
    if link is None:
        raise NotFoundError("open link", token[:6])
    return LinkMade(url=f"{request.base_url}welcome?token={token}", expires_at=link.expires_at)
