"""Whom a session or a token stands for, over REST."""

from fastapi import APIRouter

from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import Role, Scope
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import CurrentPerson
from brandstudio.web.rest.part import part


class AccountBody(Body):
    """Who is asking: roles by brand, `*` for every brand, and what the credential may do."""

    name: str
    roles: dict[str, Role]
    scopes: list[Scope]


def router() -> APIRouter:
    """The route about one's own account, below /api/v1."""
    routes = part("Account")

    @routes.get("/account")
    @needs(Action.SIGNED_IN)
    def account(person: CurrentPerson) -> AccountBody:
        """The person who asks, their roles by brand, and the scopes of the credential."""
        return AccountBody.of(person, scopes=sorted(person.scopes))

    return routes
