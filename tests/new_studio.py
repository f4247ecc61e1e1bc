"""What every new studio starts with, made once: a migrated database and the shipped presets."""

import tempfile
from functools import cache
from pathlib import Path

from brandstudio.presets import Presets, load_presets
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import Settings
from brandstudio.storage.disk import private_folder
from brandstudio.storage.engine.database import open_database

SHIPPED = Settings()


def new_studio(settings: Settings) -> Studio:
    """A studio whose data folder holds nothing yet; its SQLite file needs no migrations."""
    if not settings.database_url:
        private_folder(settings.data_dir)
        put_new_database(settings.data_dir / "studio.db")
    return build_studio(settings)


def put_new_database(file: Path) -> None:
    """Write the file that the migrations make of nothing."""
    file.write_bytes(_migrated())


@cache
def shipped_presets() -> Presets:
    """What the repository ships; no test may change those files."""
    return load_presets(SHIPPED.presets_dir, SHIPPED.lora_dir)


def presets_of(folder: Path, lora_folder: Path) -> Presets:
    """As `load_presets`, but the shipped ones are read once for all tests of a process."""
    if (folder, lora_folder) == (SHIPPED.presets_dir, SHIPPED.lora_dir):
        return shipped_presets()
    return load_presets(folder, lora_folder)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "studio.db"
        open_database(f"sqlite:///{file}").close()
        return file.read_bytes()
