"""People over REST: who there is, their roles, and who may sign in."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from brandstudio.domain.access import Action, needs
from brandstudio.domain.accounts import Account
from brandstudio.domain.people import Person, Role
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from brandstudio.web.rest.body import NO_CONTENT, Body, RequestBody
from brandstudio.web.rest.parameters import CurrentPerson, PathId
from brandstudio.web.rest.part import ADMINISTRATION, part


class PersonBody(Body):
    """Someone who may sign in, or might before; `roles` are those that you may see, by brand."""

    id: int
    name: str
    roles: dict[str, Role] = Field(description="By the brand's slug; `*` stands for every brand")
    is_disabled: bool
    is_removed: bool = Field(description="Left for good: only the name is kept, on what they did")
    is_you: bool
    has_password: bool
    created_at: datetime
    last_seen_at: datetime | None = Field(
        description="In a session, or by something that is on record"
    )


class PeopleBody(Body):
    """Everyone whom you may see, by name."""

    people: list[PersonBody]


class RoleRequest(RequestBody):
    """A role for someone in a brand; without one they lose the one they had."""

    brand: str = Field(max_length=64, description="A slug, or `*` for every brand")
    role: Role | None


def router(studio: Studio) -> APIRouter:
    """Everybody, for who manages people or a brand."""
    routes = part("People", ADMINISTRATION)

    @routes.get("/people")
    @needs(Action.MANAGE_MEMBERS)
    def everyone(person: CurrentPerson) -> PeopleBody:
        """Everyone, also who was disabled; for a brand's owner those with a role in it."""
        accounts = users.everyone(studio, person=person)
        return PeopleBody(people=[_person_body(account, person) for account in accounts])

    @routes.put("/people/{person_id}/roles", status_code=204)
    @needs(Action.MANAGE_MEMBERS)
    def give(person_id: PathId, request: RoleRequest, person: CurrentPerson) -> Response:
        """Give someone a role in a brand, or take it away; their sessions end."""
        users.set_role(studio, person_id, request.brand, request.role, person=person)
        return NO_CONTENT

    @routes.post("/people/{person_id}/disable", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def disable(person_id: PathId, person: CurrentPerson) -> Response:
        """Let someone sign in no more: sessions end, tokens and links stop working."""
        users.disable(studio, person_id, person=person)
        return NO_CONTENT

    @routes.post("/people/{person_id}/enable", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def enable(person_id: PathId, person: CurrentPerson) -> Response:
        """Let someone sign in again, with the password and the roles they had."""
        users.enable(studio, person_id, person=person)
        return NO_CONTENT

    @routes.delete("/people/{person_id}", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def remove(person_id: PathId, person: CurrentPerson) -> Response:
        """Let go of someone who left for good; what they did stays, under their name."""
        users.remove(studio, person_id, person=person)
        return NO_CONTENT

    return routes


def _person_body(account: Account, viewer: Person) -> PersonBody:
    return PersonBody.of(
        account,
        account.person,
        is_disabled=account.disabled_at is not None,
        is_you=account.person.id == viewer.id,
    )
