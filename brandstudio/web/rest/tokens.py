"""API tokens over REST: everybody's, to see and to revoke."""

from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import Scope
from brandstudio.services.people import tokens
from brandstudio.services.studio import Studio
from brandstudio.web.rest.body import NO_CONTENT, Body
from brandstudio.web.rest.parameters import CurrentPerson, PathId
from brandstudio.web.rest.part import ADMINISTRATION, part


class TokenBody(Body):
    """An API token; of its secret only how it begins."""

    id: int
    name: str
    owner: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    is_expired: bool


class TokensBody(Body):
    """Everybody's tokens that were not revoked, the newest first."""

    tokens: list[TokenBody]


def router(studio: Studio) -> APIRouter:
    """Everybody's tokens."""
    routes = part("API tokens", ADMINISTRATION)

    @routes.get("/tokens")
    @needs(Action.MANAGE_PEOPLE)
    def everybodys(person: CurrentPerson) -> TokensBody:
        """Everybody's tokens, also those that have run out."""
        now = studio.now()
        return TokensBody(
            tokens=[
                TokenBody.of(
                    token,
                    scopes=sorted(token.scopes),
                    is_expired=token.expires_at is not None and token.expires_at <= now,
                )
                for token in tokens.everybodys(studio, person=person)
            ]
        )

    @routes.delete("/tokens/{token_id}", status_code=204)
    @needs(Action.MANAGE_PEOPLE)
    def revoke(token_id: PathId, person: CurrentPerson) -> Response:
        """Stop a token from working, at once and for ever."""
        tokens.revoke(studio, token_id, person=person)
        return NO_CONTENT

    return routes
