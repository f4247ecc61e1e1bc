"""backup and restore: the whole studio in a folder, and back."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from brandstudio.domain.access import Beyond, needs
from brandstudio.services.operations import backup as backup_service
from brandstudio.services.operations import restore as restore_service
from brandstudio.services.studio import build_studio
from brandstudio.settings import read_settings

Folder = Annotated[Path, typer.Argument(help="The backup's folder.", metavar="DIR")]


@needs(Beyond.MACHINE_ACCOUNT)
def backup(folder: Folder) -> None:
    """Copy the whole studio into a new folder, also while it is running."""
    studio = build_studio(read_settings())
    try:
        copy = backup_service.back_up(studio, folder, _show)
    finally:
        studio.database.close()
    print(f"{folder}: {copy.sentence}")


@needs(Beyond.MACHINE_ACCOUNT)
def restore(
    folder: Folder,
    into: Annotated[
        Path | None, typer.Option("--into", help="The data folder; that of the settings if none.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take a studio's place; the old one is kept beside.")
    ] = False,
) -> None:
    """Check a backup and make it the studio; stop the studio first."""
    settings = read_settings()
    if into is not None:
        settings = settings.model_copy(update={"data_dir": into})
    aside = restore_service.restore(
        settings, folder, replace=replace, at=datetime.now(UTC), on_progress=_show
    )
    print(f"{settings.data_dir} is what {folder} holds.")
    if aside is not None:
        print(f"The old studio is in {aside}.")


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
