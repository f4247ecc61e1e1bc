"""doctor: what would stop the studio, and how to mend it."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import typer

from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import Settings, read_settings

_NEEDED = ("gradio", "torch", "diffusers", "peft", "transformers", "open-clip-torch", "sqlalchemy")
_ROOM_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    state: Literal["ok", "warning", "stop"]
    subject: str
    said: str


def doctor() -> None:
    """Check this machine and this installation; each line is ok, warning or stop, with the fix."""
    findings = list(_examine())
    for finding in findings:
        print(f"{finding.state:<8} {finding.subject:<12} {finding.said}")
    if any(finding.state == "stop" for finding in findings):
        raise typer.Exit(1)


def _examine() -> Iterator[Finding]:
    yield Finding("ok", "python", sys.version.split()[0])
    yield from _packages()
    settings = read_settings()
    yield _data_folder(settings)
    yield _sqlite()
    try:
        studio = build_studio(settings)
    except StudioError as error:
        yield Finding("stop", "studio", f"{error}. {error.hint}")
        return
    yield from _presets(studio)
    yield from _checked("base model", lambda: studio.base_model.title)
    yield from _checked("device", lambda: _device(settings))
    studio.database.close()


def _packages() -> Iterator[Finding]:
    for name in _NEEDED:
        try:
            yield Finding("ok", name, version(name))
        except PackageNotFoundError:
            yield Finding("stop", name, "is not installed. Run 'make run', which installs it.")


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Finding(
            "stop", "data folder", f"{folder}: {error.strerror}. Set BRANDSTUDIO_DATA_DIR."
        )
    if not os.access(folder, os.W_OK):
        return Finding(
            "stop", "data folder", f"{folder} cannot be written. Set BRANDSTUDIO_DATA_DIR."
        )
    free = shutil.disk_usage(folder).free
    said = f"{folder}, {free / 1e9:.0f} GB free"
    return Finding("ok" if free > _ROOM_BYTES else "warning", "data folder", said)


def _sqlite() -> Finding:
    return Finding("ok", "sqlite", sqlite3.sqlite_version)


def _presets(studio: Studio) -> Iterator[Finding]:
    catalogue = studio.catalogue
    for (kind, slug), error in catalogue.broken.items():
        yield Finding("stop", kind, f"'{slug}': {error}. {error.hint}")
    if not catalogue.brands:
        yield Finding("stop", "presets", "There is no usable brand. Restore presets/.")
    else:
        yield Finding("ok", "presets", ", ".join(sorted(catalogue.brands)))


def _device(settings: Settings) -> str:
    from brandstudio.imaging.compute import choose_compute  # noqa: PLC0415 - loads torch

    compute = choose_compute(settings.device, settings.dtype)
    return f"{compute.device} in {compute.dtype_name}"


def _checked(subject: str, look: Callable[[], str]) -> Iterator[Finding]:
    try:
        yield Finding("ok", subject, look())
    except StudioError as error:
        yield Finding("stop", subject, f"{error}. {error.hint}")
