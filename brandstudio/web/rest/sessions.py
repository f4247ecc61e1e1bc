"""Sessions over REST: everybody's, to see and to end."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from brandstudio.domain.access import Action, needs
from brandstudio.services.people import sessions
from brandstudio.services.studio import Studio
from brandstudio.web.gate.credentials import Credential, CredentialKind
from brandstudio.web.rest.body import NO_CONTENT, Body
from brandstudio.web.rest.parameters import CurrentPerson, PathId, PathName
from brandstudio.web.rest.part import ADMINISTRATION, part


class SessionBody(Body):
    """A browser that is signed in."""

    id: str
    person: str
    person_id: int
    address: str
    browser: str
    since: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool = Field(description="Whether it is the one that asks")


class SessionsBody(Body):
    """Who is signed in, the one last seen first."""

    sessions: list[SessionBody]


class SessionsEnded(Body):
    """How many browsers were signed out."""

    ended: int


def router(studio: Studio) -> APIRouter:
    """Who is signed in, and signing them out."""
    routes = part("Sessions", ADMINISTRATION)

    @routes.get("/sessions")
    @needs(Action.MANAGE_PEOPLE)
    def everybodys(request: Request, person: CurrentPerson) -> SessionsBody:
        """Who is signed in, and where."""
        opened = sessions.everybodys(studio, person=person, token=_own_session(request))
        return SessionsBody(
            sessions=[
                SessionBody.of(session, session.origin, person=someone.name, person_id=someone.id)
                for someone, session in opened
            ]
        )

    @routes.delete("/people/{person_id}/sessions/{session_id}", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def end(person_id: PathId, session_id: PathName, person: CurrentPerson) -> Response:
        """Sign a browser out; what was being typed there is lost."""
        sessions.end(studio, person_id, session_id, person=person)
        return NO_CONTENT

    @routes.delete("/people/{person_id}/sessions")
    @needs(Action.MANAGE_PEOPLE)
    def end_all(person_id: PathId, request: Request, person: CurrentPerson) -> SessionsEnded:
        """Sign someone out everywhere; of your own sessions all but the one that asks."""
        but = _own_session(request)
        return SessionsEnded(ended=sessions.end_all(studio, person_id, person=person, but=but))

    @routes.delete("/sessions")
    @needs(Action.MANAGE_PEOPLE)
    def end_everybodys(request: Request, person: CurrentPerson) -> SessionsEnded:
        """Sign everybody out everywhere, but for the session that asks."""
        ended = sessions.end_everybodys(studio, person=person, but=_own_session(request))
        return SessionsEnded(ended=ended)

    return routes


def _own_session(request: Request) -> str:
    """The secret of the session that asks; a program has none."""
    credential: Credential = request.state.credential
    return credential.secret if credential.kind is CredentialKind.COOKIE else ""
