"""audit: prove that the log of decisions is whole, and that every variant stands where it says."""

from typing import Annotated

import typer

from brandstudio.domain.access import Beyond, needs
from brandstudio.errors import count_of
from brandstudio.services import audit
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)

Head = Annotated[
    str, typer.Option(help="A 'decision_chain_head' from the manifest.json of a pack.")
]
Check = Annotated[bool, typer.Option("--check", help="Only say what differs; change nothing.")]
NoBackup = Annotated[
    bool, typer.Option("--no-backup", help="You have made a copy of the database yourself.")
]


@cli.command()
@needs(Beyond.MACHINE_ACCOUNT)
def verify(head: Head = "") -> None:
    """Walk the chain of decisions; name the first row that is not what was written."""
    report = audit.require_sound(audit.verify(_studio(), wanted_head=head), head)
    print(f"{count_of(report.count, 'decision')}, each as it was written.")
    print(f"Head: {report.head}")


@cli.command()
@needs(Beyond.MACHINE_ACCOUNT)
def rebuild(check: Check = False) -> None:
    """Work out from the decisions alone where every variant stands, and correct what differs."""
    studio = _studio()
    if not check:
        print(f"{count_of(audit.rebuild(studio), 'variant')} corrected.")
        return
    differs = False
    for one in audit.drift(studio):
        differs = True
        stored, rebuilt = (f"{status} after {n}" for status, n in (one.stored, one.rebuilt))
        print(f"variant {one.variant_id}: stored {stored}, by its decisions {rebuilt}")
    if differs:
        raise typer.Exit(1)
    print("Every variant stands where its decisions put it.")


@needs(Beyond.MACHINE_ACCOUNT)
def upgrade(no_backup: NoBackup = False) -> None:
    """Bring the database of an older release up to date, after a copy of it."""
    studio = build_studio(read_settings(), back_up=not no_backup)
    studio.database.close()
    print("The database is up to date.")


def _studio() -> Studio:
    return build_studio(read_settings())
