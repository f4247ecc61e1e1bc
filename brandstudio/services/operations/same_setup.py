"""What a worker on another machine must share with the web server, compared without secrets."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from brandstudio import __version__
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.values import Frozen
from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio
from brandstudio.storage.engine.identity import blobs_identity, database_identity


@dataclass(frozen=True, slots=True)
class Setup:
    """Digests of everything that must be the same wherever a studio draws."""

    release: str
    database: str
    files: str
    presets: str


class OtherSetupError(StudioError):
    """A worker would draw for another studio than the one that asks for it."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"It has {what} than the web server")
        self.hint = hint


_WAYS_OUT = {
    "release": ("another release", "Install the same release of BrandStudio there."),
    "database": (
        "another database",
        "Set the web server's BRANDSTUDIO_DATABASE_URL there before 'ray start'; "
        "a SQLite file serves one machine only.",
    ),
    "files": (
        "another store of files",
        "Set the web server's BRANDSTUDIO_BLOBS there before 'ray start'; "
        "a folder serves one machine only, s3://… serves all.",
    ),
    "presets": (
        "other presets",
        "Copy presets/ and lora_weights/ from the web server to that machine.",
    ),
}


def setup_of(studio: Studio) -> Setup:
    """The digests of this process's setup."""
    with studio.database.reading() as session:
        database = database_identity(session)
    files = blobs_identity(studio.blobs, studio.settings.blobs)
    told = (database, files, _presets(studio.catalogue))
    return Setup(__version__, *(hashlib.sha256(each.encode()).hexdigest() for each in told))


def require_same(here: Setup, there: Setup) -> None:
    """Nothing, or OtherSetupError with the first thing that differs."""
    for name, (what, hint) in _WAYS_OUT.items():
        if getattr(here, name) != getattr(there, name):
            raise OtherSetupError(what, hint)


def _presets(catalogue: Catalogue) -> str:
    """Everything declared, with the hashes of the files behind it."""
    declared: dict[str, Mapping[str, Frozen]] = {
        "brands": catalogue.brands,
        "templates": catalogue.templates,
        "layouts": catalogue.layouts,
        "placements": catalogue.placements,
        "base models": catalogue.base_models,
    }
    content: dict[str, object] = {
        kind: {slug: value.model_dump(mode="json") for slug, value in values.items()}
        for kind, values in declared.items()
    }
    content["outlines"] = {slug: outline.sha256 for slug, outline in catalogue.outlines.items()}
    return json.dumps(content, sort_keys=True)
