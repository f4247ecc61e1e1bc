"""What all routes of the API have in common."""

from fastapi import APIRouter

from brandstudio.web.failures import FailureBody

PREFIX = "/api/v1"
ADMINISTRATION = "/administration"
_FAILURE = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FailureBody"}}}
}
# One with the model, which brings its schema: for each FastAPI builds a validator never used.
_FAILURES: dict[int | str, dict[str, object]] = {
    400: {"model": FailureBody},
    401: {**_FAILURE},
    403: {**_FAILURE},
    404: {**_FAILURE},
    409: {**_FAILURE},
    413: {**_FAILURE},
    422: {**_FAILURE},
    507: {**_FAILURE},
}


def part(tag: str, below: str = "") -> APIRouter:
    """A router for the routes of one subject, below /api/v1."""
    return APIRouter(prefix=PREFIX + below, responses=_FAILURES, tags=[tag])
