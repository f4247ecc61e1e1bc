"""One world for the whole matrix: it takes seconds to fill, and nothing in it is private."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from brandstudio.services.studio import build_studio
from brandstudio.services.work.worker import Worker
from brandstudio.settings import Settings
from brandstudio.web.gate.rate_limits import Limits
from brandstudio.web.server import build_app
from tests.authorisation.world import ORIGIN, World, build_world
from tests.conftest import QUICK_HASHES
from tests.fakes import FakeScorer, FlatColour, Stretch
from tests.web.live import UNBOUNDED
from tests.web.serving import serving


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The whole application, also behind a real server: Gradio's queue runs nowhere else."""
    seeds = count(1)
    settings = Settings(data_dir=tmp_path_factory.mktemp("matrix"))
    studio = replace(build_studio(settings), draw_seed=lambda: next(seeds), passwords=QUICK_HASHES)
    worker = Worker(
        studio=studio,
        generator=FlatColour(),
        scorer=FakeScorer(),
        upscaler=Stretch(),
        name="test:1",
    )
    limits = Limits(UNBOUNDED, UNBOUNDED, UNBOUNDED)
    app = build_app(studio, link_base=ORIGIN, limits=limits)
    with serving(app) as address:
        yield build_world(studio, worker, app, address)
    studio.database.close()
