"""presets check, presets copy, presets lock."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from brandstudio.checksums import file_sha256
from brandstudio.domain.access import Beyond, needs
from brandstudio.errors import PresetError, Problem, StudioError, count_of
from brandstudio.presets import load_presets, lock_base_model, lock_brand, lora_paths
from brandstudio.settings import Settings, read_settings
from brandstudio.shipped import EXAMPLES, LORA_WEIGHTS, PRESETS

cli = typer.Typer(no_args_is_help=True)


class CopyError(StudioError):
    """The presets that come with the studio could not be copied."""

    hint = "Name a folder that does not exist yet, on a disk with 20 MB to spare."


@cli.command()
@needs(Beyond.MACHINE_ACCOUNT)
def check() -> None:
    """Read every preset and compare every locked file with its hash."""
    settings = read_settings()
    catalogue = load_presets(settings.presets_dir, settings.lora_dir).catalogue
    for (kind, slug), error in catalogue.broken.items():
        print(f"broken {kind} '{slug}': {error}. {error.hint}")
    if catalogue.broken:
        count = count_of(len(catalogue.broken), "preset is broken", "presets are broken")
        raise PresetError(str(settings.presets_dir), [Problem("check", count)])
    print(
        f"All good: {count_of(len(catalogue.brands), 'brand')}, "
        f"{count_of(len(catalogue.templates), 'template')}, "
        f"{count_of(len(catalogue.layouts), 'layout')}, "
        f"{count_of(len(catalogue.placements), 'placement')}, "
        f"{count_of(len(catalogue.base_models), 'base model')}."
    )


@cli.command()
@needs(Beyond.MACHINE_ACCOUNT)
def copy(
    folder: Annotated[Path, typer.Argument(help="A new folder.", metavar="DIR")],
) -> None:
    """Copy the presets, LoRAs and examples that come with the studio, to change them there."""
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True)
        for source in (PRESETS, LORA_WEIGHTS, EXAMPLES):
            shutil.copytree(source, folder / source.name)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CopyError(f"Presets cannot be copied to '{folder}': {reason}") from error
    print(f"Copied to {folder}. For the studio to read them from there, start it with")
    print(f"  BRANDSTUDIO_PRESETS_DIR={folder / PRESETS.name}")
    print(f"  BRANDSTUDIO_LORA_DIR={folder / LORA_WEIGHTS.name}")


@cli.command()
@needs(Beyond.MACHINE_ACCOUNT)
def lock(
    name: Annotated[str, typer.Argument(help="A brand, or a shipped base model.")],
) -> None:
    """Write the hashes of a brand's files (or of shipped weights) into its preset."""
    settings = read_settings()
    if (settings.presets_dir / "base_models" / f"{name}.yaml").is_file():
        changed = lock_base_model(settings.presets_dir, name)
    else:
        _require_loras(settings, name)
        changed = lock_brand(settings.presets_dir, settings.lora_dir, name)
    if changed:
        print(f"Locked {name} anew: {', '.join(changed)}.")
    else:
        print(f"{name} was locked already; every hash is right.")


def _require_loras(settings: Settings, brand: str) -> None:
    """A LoRA that no model could wear is never locked. Raises WeightsError."""
    # Imported only now: nothing else here needs torch.
    from brandstudio.imaging.adapters import read_lora  # noqa: PLC0415

    for path in lora_paths(settings.presets_dir, settings.lora_dir, brand):
        if path.is_file():
            read_lora(path, file_sha256(path))
