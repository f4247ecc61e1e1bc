"""Which room may know which, as one table; and what must never load torch."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.source import PACKAGE, Module, modules_in

STUDIO = modules_in(PACKAGE)

# room -> rooms it may import, besides itself
DIRECTION = {
    "errors": set(),
    "checksums": set(),
    "logs": set(),
    "shipped": set(),
    "settings": {"errors", "shipped"},
    "domain": {"errors"},
    "decoder": {"errors"},
    "weights": set(),
    "presets": {"errors", "domain", "checksums", "weights"},
    "storage": {"errors", "domain"},
    "export": {"errors", "domain", "checksums"},
    # The ports are the one thing of services that what implements them may see.
    "imaging": {"errors", "domain", "checksums", "weights", "services.ports"},
    "services": {
        "errors", "logs", "domain", "checksums", "presets", "storage", "export", "settings",
        "decoder",
    },
    "engines": {"errors", "services"},
    "web": {"errors", "logs", "domain", "decoder", "services", "settings"},
    "cli": {
        "errors", "logs", "domain", "checksums", "presets", "imaging",
        "services", "engines", "web", "settings", "shipped",
    },
    "__main__": {"cli"},
}  # fmt: skip

# library -> rooms that may import it
WALLS = {
    "torch": {"imaging"},
    "diffusers": {"imaging"},
    "peft": {"imaging"},
    "transformers": {"imaging"},
    "open_clip": {"imaging"},
    "spandrel": {"imaging"},
    "skia": set(),
    "house_model": set(),
    "gradio": {"web"},
    "fastapi": {"web"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "fsspec": {"storage"},
    "prometheus_client": {"web"},
    "uvicorn": {"cli"},
    "joserfc": {"web"},
    "httpx": {"web"},
    "typer": {"cli"},
    "ray": {"engines"},
}

# room -> its own boxes -> boxes of that room they may import; lowest first, so that none runs up
INNER = {
    "services": {
        "ports": set(),
        "studio": set(),
        "transaction": {"studio"},
        "brands": {"studio"},
        "images": {"studio"},
        "audit_log": {"studio", "transaction"},
        "reviews": {"studio", "transaction"},
        "runs": {"studio", "transaction"},
        "uploads": {"studio", "transaction"},
        "pack_content": {"studio"},
        "packs": {"studio", "transaction", "images", "pack_content"},
        "people": {"studio", "transaction"},
        "work": {"ports", "studio", "transaction"},
        "operations": {"studio", "work"},
    },
    "storage": {
        "tables": set(),
        "disk": set(),
        "uploads": {"tables"},
        "blobs": {"disk"},
        "migrations": {"tables"},
        "engine": {"blobs", "migrations"},
        "people": {"tables"},
        "work": {"tables", "uploads"},
        "decisions": {"tables", "work"},
        "packs": {"tables", "work"},
        "references": {"tables", "uploads", "work"},
    },
    "engines": {"backoff": set(), "local": {"backoff"}, "ray": {"backoff"}},
    "web": {
        "bundles": set(),
        "routing": set(),
        "html": {"bundles"},
        "failures": {"html"},
        "gate": {"failures"},
        "gradio": {"bundles", "failures", "gate"},
        "rest": {"failures", "gate", "html", "routing"},
        "sign_in": {"failures", "gate", "gradio", "html", "routing"},
        "server": {"bundles", "failures", "gate", "gradio", "rest", "routing", "sign_in"},
    },
}  # fmt: skip

HEAVY = ("torch", "diffusers", "ray")
ENTRIES = ("services.runs", "services.packs", "services.work.worker", "cli", "web.server")


def room_of(module: Module) -> str:
    return module.path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def libraries_of(module: Module) -> set[str]:
    return {name.split(".")[0] for name in module.imports}


def crossed_by(module: Module) -> Iterator[str]:
    """What a module imports of rooms that its own may not know."""
    allowed = {room_of(module), *DIRECTION[room_of(module)]}
    own = (name.partition(".")[2] for name in module.imports if name.startswith("brandstudio."))
    for name in own:
        is_allowed = any(name == room or name.startswith(f"{room}.") for room in allowed)
        if not is_allowed and name != "__version__":
            yield name


def test_imports_go_one_way():
    rooms = (module for module in STUDIO if room_of(module) != "__init__")
    assert [f"{module}: {name}" for module in rooms for name in crossed_by(module)] == []


def box_of(module: Module) -> str:
    return module.path.relative_to(PACKAGE).parts[1].removesuffix(".py")


def test_inside_a_room_imports_go_one_way():
    crossed = [
        f"{module}: {name}"
        for module in STUDIO
        if (room := room_of(module)) in INNER and (box := box_of(module)) != "__init__"
        for name in module.imports
        if name.startswith(f"brandstudio.{room}.")
        and name.split(".")[2] not in {box, *INNER[room][box]}
    ]
    assert crossed == []


@pytest.mark.parametrize("room", INNER)
def test_no_box_of_a_room_knows_one_above_it(room: str):
    boxes = list(INNER[room])
    up = [(box, *INNER[room][box] & {*boxes[place:]}) for place, box in enumerate(boxes)]
    assert [arrow for arrow in up if len(arrow) > 1] == []


def test_libraries_stay_behind_their_walls():
    crossed = [
        f"{module}: {library}"
        for module in STUDIO
        for library in libraries_of(module) & WALLS.keys()
        if room_of(module) not in WALLS[library]
    ]
    assert crossed == []


def test_only_imaging_loads_torch_and_only_the_foreman_loads_ray():
    """Asked of one process that loads ever more of the studio."""
    entries = [f"brandstudio.{name}" for name in ENTRIES]
    script = (
        "import importlib, sys\n"
        f"for entry in {entries}:\n"
        "    importlib.import_module(entry)\n"
        f"    print(entry, [m for m in {HEAVY} if m in sys.modules])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == [f"{entry} []" for entry in entries]


def test_ray_stays_in_the_room_that_is_named_for_it():
    rooms = {m.path.parent.relative_to(PACKAGE) for m in STUDIO if "ray" in libraries_of(m)}
    assert [room.as_posix() for room in rooms] == ["engines/ray"]


def test_files_stay_small_enough_to_read():
    """Except the tree of errors: what can go wrong, and what to do then, is one list."""
    lines = {str(module): len(module.text.splitlines()) for module in STUDIO}
    assert {name for name, count in lines.items() if count > 300} <= {"brandstudio/errors.py"}
