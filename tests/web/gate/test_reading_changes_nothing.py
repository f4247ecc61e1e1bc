"""Looking at an address changes nothing: a link, an image or a crawler can make anybody look."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest

from brandstudio.domain.people import Role
from brandstudio.storage.tables.base import Base
from tests.web.gate.test_routes import STREAMING
from tests.web.live import Live

READING = ("GET", "GET", "HEAD", "OPTIONS")
NOTED = "/api/v1/administration/log/export"
"""Taking the log out is itself noted in the log, and that is meant."""


def contents(live: Live) -> Mapping[str, Sequence[Any]]:
    """Every row there is."""
    with live.studio.database.reading() as session:
        return {
            table.name: session.execute(table.select()).all()
            for table in Base.metadata.sorted_tables
        }


def changed(live: Live, headers: Mapping[str, str]) -> Iterator[tuple[str, str, list[str]]]:
    """What each way of looking at each address changed: method, path and tables."""
    paths = [path for path in live.paths if path not in STREAMING]
    paths += ["/studio/?again=1", "/studio/runs?run=1", "/sign-in?next=/sign-out", "/studio/logout"]
    before = contents(live)
    for path, method in product(paths, READING):
        [(_, answer)] = live.asked(method, [path], headers)
        assert answer.status != 500, f"{method} {path}"
        after = contents(live)
        yield method, path, [name for name in after if after[name] != before[name]]
        before = after


@pytest.mark.parametrize("role", [None, Role.CREATOR, Role.ADMINISTRATOR], ids=str)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_whoever_looks_at_every_address_twice_has_changed_nothing(
    live: Live, role: Role | None, accept: str
):
    signed_in = live.cookie(role) if role else {}
    seen = list(changed(live, signed_in | {"Accept": accept}))
    assert len(seen) > 4 * 100
    writing = [(method, path, tables) for method, path, tables in seen if tables]
    expected = [("GET", NOTED, ["activity"])] * 2 if role is Role.ADMINISTRATOR else []
    assert writing == expected


def test_signing_out_is_no_matter_of_looking(live: Live):
    cookie = live.cookie(Role.CREATOR)
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in ("/sign-out", "/studio/logout"):
            assert live.address.ask(method, path, cookie).status in {404, 405}
    assert live.address.ask("GET", "/api/v1/runs", cookie).status == 200
