"""pack, verify: the approved variants of a run as one ZIP, and whether a ZIP still is one."""

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from brandstudio.cli.act_as import As, acting_to
from brandstudio.domain.access import Action, Beyond, needs
from brandstudio.errors import PackError, count_of
from brandstudio.services import packs as pack_service
from brandstudio.services import runs
from brandstudio.services.studio import build_studio
from brandstudio.settings import read_settings


@needs(Action.BUILD_PACK)
def pack(
    run: Annotated[int, typer.Option("--run", help="The run's number.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The ZIP to write.")],
    placements: Annotated[
        str, typer.Option(help="Placements by comma; those of the brief unless given.")
    ] = "",
    as_: As = "",
) -> None:
    """Build a ZIP of a run's approved variants for the ad channels."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "pack --run", run)
    runs.get(studio, run, person=person)
    approved = pack_service.assets(studio, person=person, run_id=run)
    if not approved:
        raise PackError(f"Run {run} has no approved variants")
    wanted = [slug.strip() for slug in placements.split(",") if slug.strip()]
    record = pack_service.build(
        studio, [variant.id for variant in approved], wanted, person=person, on_progress=_show
    )
    _write(studio.blobs.path(record.sha256, "zip"), output)
    for problem in record.problems:
        print(f"note: {problem}", file=sys.stderr)
    size_mb = record.size_bytes / 1e6
    print(f"{output}: {count_of(record.rendition_count, 'rendition')}, {size_mb:.1f} MB.")
    print(f"SHA256: {record.sha256}")


@needs(Beyond.MACHINE_ACCOUNT)
def verify(
    pack: Annotated[Path, typer.Argument(help="The ZIP to check; nothing else is needed.")],
    sha256: Annotated[
        str, typer.Option(help="The checksum that the studio shows for this pack.")
    ] = "",
) -> None:
    """Check offline that every byte of a pack is as it was built."""
    proof = pack_service.check(pack, sha256)
    print(f"{pack}: {count_of(proof.files, 'file')}, each as it was written.")
    print(
        f"'{proof.title}' of {proof.brand}, {count_of(proof.approvals, 'approved image')},"
        f" as of {proof.as_of}."
    )
    print(f"SHA256: {proof.sha256}")
    if not sha256:
        print(
            "Whoever rewrites files and checksums alike is only found out by this last line:"
            " compare it with what the studio shows."
        )


def _show(done: int, total: int) -> None:
    print(f"composing: {done} of {total}", file=sys.stderr)


def _write(source: Path, output: Path) -> None:
    part = output.with_name(output.name + ".part")
    try:
        shutil.copyfile(source, part)
        with part.open("rb+") as written:
            os.fsync(written.fileno())  # or a power cut could leave the name with no content
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PackError(f"{output} cannot be written: {error.strerror}") from error
