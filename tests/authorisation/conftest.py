"""One world for the whole matrix: it takes seconds to fill, and nothing in it is private."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from brandstudio.services.studio import build_studio
from brandstudio.services.worker import Worker
from brandstudio.settings import Settings
from brandstudio.web.server import without_pages
from tests.authorisation.world import ORIGIN, World, build_world
from tests.conftest import QUICK_HASHES
from tests.fakes import FlatColour, Judge, Stretch


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    seeds = count(1)
    settings = Settings(data_dir=tmp_path_factory.mktemp("matrix"))
    studio = replace(build_studio(settings), draw_seed=lambda: next(seeds), passwords=QUICK_HASHES)
    worker = Worker(
        studio=studio, generator=FlatColour(), scorer=Judge(), enlarger=Stretch(), name="test:1"
    )
    yield build_world(studio, worker, without_pages(studio, link_base=ORIGIN))
    studio.database.close()
