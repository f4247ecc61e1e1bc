"""Which room may know which, as one table; and what must never load torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "brandstudio"
MODULES = sorted(PACKAGE.rglob("*.py"))

# room -> rooms it may import, besides itself
DIRECTION = {
    "errors": set(),
    "checksums": set(),
    "logs": set(),
    "settings": {"errors"},
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
        "services", "engines", "web", "settings",
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


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    room = room_of(path)
    if room == "__init__":
        return
    allowed = {room, *DIRECTION[room]}
    own = [name.split(".", 1)[1] for name in imports_of(path) if name.startswith("brandstudio.")]
    crossed = [n for n in own if not any(n == a or n.startswith(a + ".") for a in allowed)]
    assert [n for n in crossed if n != "__version__"] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_libraries_stay_behind_their_walls(path):
    libraries = {name.split(".")[0] for name in imports_of(path)}
    crossed = {lib for lib in libraries if lib in WALLS and room_of(path) not in WALLS[lib]}
    assert crossed == set()


@pytest.mark.parametrize(
    "module",
    ["brandstudio.services.runs", "brandstudio.services.packs", "brandstudio.services.work.worker",
     "brandstudio.cli", "brandstudio.web.server"],
)  # fmt: skip
def test_only_imaging_loads_torch_and_only_the_foreman_loads_ray(module):
    heavy = ("torch", "diffusers", "ray")
    script = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_ray_stays_in_the_room_that_is_named_for_it():
    loading = {path for path in MODULES if "ray" in {n.split(".")[0] for n in imports_of(path)}}
    assert {path.parent.relative_to(PACKAGE).as_posix() for path in loading} == {"engines/ray"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_stay_small_enough_to_read(path):
    assert len(path.read_text().splitlines()) <= 400
