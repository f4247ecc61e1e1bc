"""The studio: everything a service needs, put together once and never changed."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from brandstudio.decoder.helper import Decoder
from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.people import Person
from brandstudio.errors import StorageError
from brandstudio.presets import Presets, load_presets
from brandstudio.settings import Settings
from brandstudio.storage.blobs import Blobs, open_blobs
from brandstudio.storage.disk import private_folder
from brandstudio.storage.engine.database import Database, open_database
from brandstudio.storage.engine.upgrade import Backups


@dataclass(frozen=True, slots=True)
class Studio:
    """Database, files, presets, clock and chance. Services take it as their first argument."""

    settings: Settings
    database: Database
    blobs: Blobs
    presets: Presets
    now: Callable[[], datetime]
    draw_seed: Callable[[], int]
    draw_token: Callable[[], str]
    passwords: PasswordHash
    decoder: Decoder = field(default_factory=Decoder)

    @property
    def catalogue(self) -> Catalogue:
        """What presets/ declares."""
        return self.presets.catalogue

    def catalogue_for(self, person: Person) -> Catalogue:
        """The catalogue with the brands that the person works for, and no trace of others."""
        return self.catalogue.only(person.brands)

    @property
    def base_model(self) -> BaseModelProfile:
        """The base model new runs use."""
        return self.catalogue.base_model(self.settings.base_model)

    @property
    def cache_folder(self) -> Path:
        """Files that can be made again at any time."""
        return self.settings.data_dir / "cache"


def build_studio(settings: Settings, *, back_up: bool = True) -> Studio:
    """Open the data folder, the database and the presets.

    A database of an older release is upgraded, after a copy of it unless `back_up` is False.

    Raises PresetError, DatabaseError or StorageFullError with what to do.
    """
    _make_private(settings.data_dir)
    return Studio(
        settings=settings,
        database=open_database(
            settings.database, Backups(settings.data_dir / "backups", wanted=back_up)
        ),
        blobs=open_blobs(settings.blobs, settings.data_dir),
        presets=load_presets(settings.presets_dir, settings.lora_dir),
        now=lambda: datetime.now(UTC),
        draw_seed=lambda: secrets.randbelow(2**32),
        draw_token=lambda: secrets.token_urlsafe(32),
        passwords=PasswordHash((Argon2Hasher(),)),
    )


def _make_private(data_dir: Path) -> None:
    """Restrict the data folder to this account, whatever its umask."""
    try:
        private_folder(data_dir)
    except OSError as error:
        raise StorageError(
            f"The data folder {data_dir} cannot be made: {error.strerror}",
            hint="Set BRANDSTUDIO_DATA_DIR to a folder that this account can write.",
        ) from error


def token_digest(token: str) -> str:
    """What is stored of a secret token: tokens are long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
