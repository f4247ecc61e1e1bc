"""The parameters that routes of several subjects take."""

from typing import Annotated

from fastapi import Depends, Path, Query

from brandstudio.domain.people import Person
from brandstudio.web.gate.middleware import person_of

CurrentPerson = Annotated[Person, Depends(person_of)]
"""Who asks."""
PathId = Annotated[int, Path(ge=1, lt=2**63)]
PathName = Annotated[str, Path(max_length=64)]
QueryId = Annotated[int | None, Query(ge=1, lt=2**63)]
BrandFilter = Annotated[str, Query(max_length=64)]
