"""presets check, presets lock."""

from typing import Annotated

import typer

from brandstudio.domain.access import Beyond, needs
from brandstudio.errors import PresetError, Problem, count_of
from brandstudio.presets import load_presets, lock_base_model, lock_brand
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)


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
def lock(
    name: Annotated[str, typer.Argument(help="A brand, or a shipped base model.")],
) -> None:
    """Write the hashes of a brand's files (or of shipped weights) into its preset."""
    settings = read_settings()
    if (settings.presets_dir / "base_models" / f"{name}.yaml").is_file():
        changed = lock_base_model(settings.presets_dir, name)
    else:
        changed = lock_brand(settings.presets_dir, settings.lora_dir, name)
    if changed:
        print(f"Locked {name} anew: {', '.join(changed)}.")
    else:
        print(f"{name} was locked already; every hash is right.")
