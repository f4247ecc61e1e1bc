"""Links over REST: what lets somebody in once, or sets a password."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from brandstudio.domain.access import Action, needs
from brandstudio.domain.accounts import LinkKind
from brandstudio.domain.people import Role
from brandstudio.errors import NotFoundError
from brandstudio.services.people import links
from brandstudio.services.studio import Studio
from brandstudio.web.rest.body import NO_CONTENT, Body, RequestBody
from brandstudio.web.rest.parameters import CurrentPerson, PathId, PathName
from brandstudio.web.rest.part import ADMINISTRATION, part


class InvitationRequest(RequestBody):
    """Whom to let in, with which role for each brand; without a name they choose theirs."""

    name: str = Field(default="", max_length=64)
    roles: dict[Annotated[str, Field(max_length=64)], Role] = Field(min_length=1, max_length=64)


class LinkMade(Body):
    """A link that works once. It is shown this once and not kept."""

    url: str
    expires_at: datetime


class LinkBody(Body):
    """A link that nobody has used yet; not the link itself, which only its holder has."""

    id: str
    kind: LinkKind
    name: str = Field(description="Whom it is for; empty lets them choose their name")
    roles: dict[str, Role]
    made_by: str
    made_at: datetime
    expires_at: datetime


class LinksBody(Body):
    """Links that still work."""

    links: list[LinkBody]


def router(studio: Studio) -> APIRouter:
    """Making links and withdrawing them."""
    routes = part("Links", ADMINISTRATION)

    @routes.get("/links")
    @needs(Action.MANAGE_MEMBERS)
    def all_open(person: CurrentPerson) -> LinksBody:
        """The links that still work; for a brand's owner the invitations into it."""
        return LinksBody.of(links=links.all_open(studio, person=person))

    @routes.post("/invitations", status_code=201)
    @needs(Action.MANAGE_MEMBERS)
    def invite(invitation: InvitationRequest, request: Request, person: CurrentPerson) -> LinkMade:
        """Make a link that lets someone in with these roles, once, within a week."""
        token = links.invite(studio, invitation.name.strip(), invitation.roles, person=person)
        return _made(studio, request, token)

    @routes.post("/people/{person_id}/password-link", status_code=201)
    @needs(Action.MANAGE_PEOPLE)
    def for_password(person_id: PathId, request: Request, person: CurrentPerson) -> LinkMade:
        """Make a link with which someone sets a new password, once, within a day."""
        return _made(studio, request, links.for_password(studio, person_id, person=person))

    @routes.delete("/links/{link_id}", status_code=204)
    @needs(Action.MANAGE_MEMBERS)
    def withdraw(link_id: PathName, person: CurrentPerson) -> Response:
        """Let a link work no more."""
        links.withdraw(studio, link_id, person=person)
        return NO_CONTENT

    return routes


def _made(studio: Studio, request: Request, token: str) -> LinkMade:
    link = links.find(studio, token)
    if link is None:
        raise NotFoundError("open link", token[:6])
    return LinkMade(url=f"{request.base_url}welcome?token={token}", expires_at=link.expires_at)
