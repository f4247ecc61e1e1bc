"""What every JSON body of the REST API is made of."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

NO_CONTENT = Response(status_code=204)


class Body(BaseModel):
    """A body of an answer, made of values by the names of its fields."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, *values: object, **derived: Any) -> Self:
        """The body of these values; for a name that several have the first value counts.

        What `derived` names comes from there. Values within values become bodies themselves.
        """
        same = {
            name: getattr(value, name)
            for value in reversed(values)
            for name in cls.model_fields
            if hasattr(value, name)
        }
        return cls.model_validate(same | derived)


class RequestBody(BaseModel):
    """What a client sends: unknown fields are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")
