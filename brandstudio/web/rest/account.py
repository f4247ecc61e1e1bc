"""Whom a session or a token stands for, over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import Person, Role, Scope
from brandstudio.web.gate.middleware import person_of


class AccountBody(BaseModel):
    """Who is asking: roles by brand, `*` for every brand, and what the credential may do."""

    name: str
    roles: dict[str, Role]
    scopes: list[Scope]


def router() -> APIRouter:
    """The route about one's own account, below /api/v1."""
    routes = APIRouter(tags=["Account"])

    @routes.get("/account")
    @needs(Action.SIGNED_IN)
    def account(person: Annotated[Person, Depends(person_of)]) -> AccountBody:
        """Who you are here."""
        return AccountBody(name=person.name, roles=dict(person.roles), scopes=sorted(person.scopes))

    return routes
