"""doctor: what would stop the studio, and how to mend it."""

import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

import typer

from brandstudio.cli.workers import JOB
from brandstudio.domain.access import Beyond, needs
from brandstudio.engines.ray import access
from brandstudio.errors import StudioError
from brandstudio.services.operations import doctor as checkup
from brandstudio.services.operations.doctor import Finding
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import Settings, read_settings

_NEEDED = {
    "gradio": (6, 31),
    "starlette": (1, 3, 1),
    "python-multipart": (0, 0, 26),
    "torch": (2, 10),
    "diffusers": (0, 42),
    "peft": (0, 21),
    "transformers": (5, 23),
    "open-clip-torch": (3, 3),
    "sqlalchemy": (2, 1),
}
"""The oldest version of each that is safe to serve with, or that the studio was made for."""
_MEND = "Install BrandStudio again, with 'make run' or with pip"


@needs(Beyond.MACHINE_ACCOUNT)
def doctor() -> None:
    """Check this machine and this installation; each line is ok, warning or stop, with the fix."""
    findings = list(_examine())
    for finding in findings:
        print(f"{finding.state:<8} {finding.subject:<12} {finding.message}")
    if any(finding.state == "stop" for finding in findings):
        raise typer.Exit(1)


def _examine() -> Iterator[Finding]:
    yield Finding("ok", "python", sys.version.split()[0])
    yield from _packages()
    settings = read_settings()
    yield from checkup.of_folder(settings)
    try:
        studio = build_studio(settings)
    except StudioError as error:
        yield Finding("stop", "studio", f"{error}. {error.hint}")
        return
    yield from _presets(studio)
    yield from _checked("base model", lambda: f"{studio.base_model.title}; what ships is as locked")
    yield from _checked("device", lambda: _device(settings))
    yield from checkup.of_studio(studio)
    yield from _engine(studio)
    studio.database.close()


def _packages() -> Iterator[Finding]:
    for name, floor in _NEEDED.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            yield Finding("stop", name, f"is not installed. {_MEND}.")
            continue
        if _numbers(installed) < floor:
            needed = ".".join(map(str, floor))
            sentence = f"{installed} is older than {needed}, which is needed. {_MEND}."
            yield Finding("stop", name, sentence)
        else:
            yield Finding("ok", name, installed)


def _numbers(found: str) -> tuple[int, ...]:
    """`2.15.0+cpu` as (2, 15, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", found.split("+")[0])[:3])


def _presets(studio: Studio) -> Iterator[Finding]:
    catalogue = studio.catalogue
    for (kind, slug), error in catalogue.broken.items():
        # Without its scorer a run is ranked by what the pixels show.
        how_bad = "warning" if kind == "judge" else "stop"
        yield Finding(how_bad, kind, f"'{slug}': {error}. {error.hint}")
    if not catalogue.brands:
        yield Finding("stop", "presets", "There is no usable brand. Restore the presets.")
    else:
        yield Finding("ok", "presets", ", ".join(sorted(catalogue.brands)))


def _device(settings: Settings) -> str:
    from brandstudio.imaging.compute import choose_compute  # noqa: PLC0415 - loads torch

    compute = choose_compute(settings.device, settings.dtype)
    return f"{compute.device} in {compute.dtype_name}"


def _engine(studio: Studio) -> Iterator[Finding]:
    if not studio.settings.uses_ray:
        yield Finding("ok", "engine", "one worker beside the web server")
        return
    try:
        access.require_usable(studio)
        yield Finding("ok", "engine", f"{studio.settings.engine} on Ray {access.require_ray()}")
        if studio.settings.ray_address:
            access.prepare(studio)
            yield Finding("ok", "ray token", "the head obeys nobody without it")
            # Imported only now: it loads ray, which reads the token when it is imported.
            from brandstudio.engines.ray.doctor import of_cluster  # noqa: PLC0415

            yield from of_cluster(studio, JOB)
    except StudioError as error:
        yield Finding("stop", "engine", f"{error}. {error.hint}")


def _checked(subject: str, look: Callable[[], str]) -> Iterator[Finding]:
    try:
        yield Finding("ok", subject, look())
    except StudioError as error:
        yield Finding("stop", subject, f"{error}. {error.hint}")
