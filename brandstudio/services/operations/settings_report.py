"""What an administrator sees of the installation: each setting, never a secret, and versions."""

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from pydantic import SecretStr

from brandstudio import __version__
from brandstudio.domain.access import STUDIO, Action, require
from brandstudio.domain.people import Person
from brandstudio.services.studio import Studio
from brandstudio.settings import Settings
from brandstudio.storage.engine.identity import database_version

_SECRET = re.compile(r"(^|_)(secret|password|token|key|credentials?)(_|$)")
# Whatever stands before an @ may be a password, and so may what stands behind a ?.
_BEFORE_AT, _QUERY = re.compile(r"//.*@", re.DOTALL), re.compile(r"\?.*", re.DOTALL)
_PARTS = (
    "gradio",
    "fastapi",
    "sqlalchemy",
    "torch",
    "diffusers",
    "transformers",
    "peft",
    "open-clip-torch",
    "pillow",
    "ray",
)


class SettingOrigin(StrEnum):
    """Where the value of a setting came from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it is called outside, what it is, why, and what it means.

    `value` is empty for one that is not set; a secret is only ever `set`.
    """

    variable: str
    value: str
    origin: SettingOrigin
    meaning: str
    is_secret: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A part of the installation; `version` is empty for one that is not installed."""

    name: str
    version: str


def settings(studio: Studio, *, person: Person) -> tuple[Setting, ...]:
    """Every setting in the order of the code, and where its value came from."""
    require(person, Action.SEE_SETTINGS, STUDIO)
    here, outside = studio.settings, Settings()
    return tuple(_setting(name, here, outside) for name in Settings.model_fields)


def versions(studio: Studio, *, person: Person) -> tuple[Version, ...]:
    """The release, what it runs on and what it draws with."""
    require(person, Action.SEE_SETTINGS, STUDIO)
    return tuple(_versions(studio))


def shown(name: str, value: object) -> str:
    """A setting's value for display; a secret is only said to be set."""
    plain_value = value.get_secret_value() if isinstance(value, SecretStr) else value
    if plain_value in (None, ""):
        return ""
    if is_secret(name, value):
        return "set"
    text = str(plain_value)
    return _QUERY.sub("?…", _BEFORE_AT.sub("//…@", text)) if "//" in text else text


def is_secret(name: str, value: object = "") -> bool:
    """Whether the value is secret, by the setting's name or type."""
    return isinstance(value, SecretStr) or _SECRET.search(name) is not None


def _setting(name: str, here: Settings, outside: Settings) -> Setting:
    value = getattr(here, name)
    return Setting(
        variable=f"BRANDSTUDIO_{name.upper()}",
        value=shown(name, value),
        origin=_origin(name, value, outside),
        meaning=Settings.model_fields[name].description or "",
        is_secret=is_secret(name, value),
    )


def _origin(name: str, value: object, outside: Settings) -> SettingOrigin:
    if value != getattr(outside, name):
        return SettingOrigin.COMMAND_LINE
    return SettingOrigin.ENVIRONMENT if name in outside.model_fields_set else SettingOrigin.DEFAULT


def _versions(studio: Studio) -> Iterator[Version]:
    yield Version("BrandStudio", __version__)
    yield Version("Python", platform.python_version())
    with studio.database.reading() as session:
        name, _, number = database_version(session).partition(" ")
    yield Version(name, number)
    for part in _PARTS:
        yield Version(part, _installed(part))
    yield Version(platform.system(), platform.release())


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
