"""What Gradio's configuration and events tell: nothing of other brands, nothing of the machine."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from brandstudio.domain.brand import Brand
from brandstudio.domain.people import Role
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from brandstudio.web.server import build_app
from tests.conftest import PASSWORD, People
from tests.web.live import Live
from tests.web.serving import serving
from tests.web.tabs import Tab, events_of

PAGES = ("", "runs", "review", "library", "brands", "account", "administration")


@pytest.fixture
def shipped(studio: Studio, people: People) -> Iterator[Live]:
    """The studio as it is shipped, with a creator of one of its three brands."""
    vic = users.add(studio, "vic", {"voltra": Role.CREATOR}, PASSWORD, by=people.ada)
    app = build_app(studio, link_base="http://127.0.0.1")
    known = {Role.CREATOR: vic, Role.ADMINISTRATOR: people.ada}
    with serving(app) as address:
        yield Live(address, app, studio, known, image="")


@pytest.fixture
def vic(shipped: Live) -> Tab:
    return Tab(shipped, shipped.cookie(Role.CREATOR), "vics1")


def names_of(brand: Brand) -> set[str]:
    """By which a brand, its LoRAs and its words would be known."""
    return {
        brand.name,
        brand.tagline,
        brand.about,
        *(word for lora in brand.loras for word in (lora.file, lora.sha256, lora.trigger)),
    } - {""}


def told_before_anything_happens(tab: Tab) -> str:
    """The configuration and every page with what stands in it."""
    paths = ["/studio/config", *(f"/studio/{page}" for page in PAGES)]
    answers = [tab.live.address.ask("GET", path, tab.who) for path in paths]
    assert {answer.status for answer in answers} == {200}
    return "".join(answer.body.decode() for answer in answers)


def told_by_opening_every_page(tab: Tab) -> str:
    """What the events tell that run when a page opens, the parts drawn for one person included."""
    known = events_of(tab)
    drawing = [event for event in known if event["api_name"].startswith("apply")]
    opening = [event for event in known if not event["inputs"]]
    said = [tab.run(e["id"], *[None] * len(e["inputs"])) for e in opening + drawing]
    return json.dumps(said, ensure_ascii=False)


def test_the_configuration_is_the_same_for_everybody_and_names_nothing_that_is_kept(vic: Tab):
    said = told_before_anything_happens(vic)
    ada = replace(vic, who=vic.live.cookie(Role.ADMINISTRATOR), name="adas1")
    config = json.loads(vic.live.address.ask("GET", "/studio/config", vic.who).body)
    theirs = json.loads(ada.live.address.ask("GET", "/studio/config", ada.who).body)
    assert config["components"] == theirs["components"]
    studio = vic.live.studio
    kept = set[str]().union(*map(names_of, studio.catalogue.brands.values()))
    people = {"carla", "rita", str(studio.settings.data_dir), ".safetensors"}
    assert [name for name in kept | people if name in said] == []


def test_a_page_names_the_brands_of_who_opened_it_and_no_other(vic: Tab):
    said = told_by_opening_every_page(vic)
    brands = vic.live.studio.catalogue.brands
    assert brands["voltra"].name in said  # or nothing was looked at
    others = names_of(brands["solenne"]) | names_of(brands["fjellro"])
    words = others | {"rita", "ada", ".safetensors"}
    assert [word for word in words if re.search(rf"\b{re.escape(word)}\b", said)] == []


@contextmanager
def listening() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and who called there."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            while True:
                try:
                    calls.append(listener.accept()[1])
                except OSError:
                    return

        taking = Thread(target=take)
        taking.start()
        try:
            yield listener.getsockname()[1], calls
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            taking.join()


def names_of_files(port: int, kept: Path) -> tuple[Any, ...]:
    """Ways to name a file that is none of the sender's, and addresses that answer."""
    names = (
        str(kept),
        f"../../../../../..{kept}",
        f"file://{kept}",
        f"http://127.0.0.1:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://localhost:{port}/x.png",
        f"\\\\127.0.0.1@{port}\\share",
        "http://169.254.169.254/latest/meta-data/",
    )
    held = [{"path": name, "url": name, "meta": {"_type": "gradio.FileData"}} for name in names]
    return (*held, held, [held], {"image": held[0], "files": held}, held[:1])


def test_no_event_opens_a_file_or_an_address_that_somebody_names(vic: Tab, tmp_path: Path):
    kept = tmp_path / "kept.txt"
    kept.write_text("zqcanary of the machine")
    told_by_opening_every_page(vic)
    known = dict(vic.blocks.state_holder[vic.name].blocks_config.fns)
    sent = 0
    with listening() as (port, calls):
        for number, event in known.items():
            for named in names_of_files(port, kept) if event.inputs else ():
                # Gradio fetches what such an object names before it looks at the field.
                answer = vic.send(fn_index=number, data=[named] * len(event.inputs))
                assert answer.status == 400
                assert b"zqcanary" not in answer.bytes
                sent += 1
        assert calls == []
    assert sent > 50
