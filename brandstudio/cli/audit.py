"""audit: prove that the log of decisions is whole, take the audit log out, upgrade the database."""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from brandstudio.cli.act_as import As, acting_to
from brandstudio.domain.access import Action, Beyond, needs
from brandstudio.domain.audit_log.entries import Kind, LogFormat, Sought
from brandstudio.errors import count_of
from brandstudio.services import audit_log
from brandstudio.services.operations import decision_chain
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)

Head = Annotated[
    str, typer.Option(help="A 'decision_chain_head' from the manifest.json of a pack.")
]
Check = Annotated[bool, typer.Option("--check", help="Only say what differs; change nothing.")]
Form = Annotated[LogFormat, typer.Option("--format", help="What the file shall be.")]
Brand = Annotated[str, typer.Option(help="Only what concerns this brand.")]
Who = Annotated[str, typer.Option(help="Only what this person did.")]
About = Annotated[Kind | None, typer.Option(help="Only what is about this.")]
First = Annotated[
    datetime | None,
    typer.Option(
        "--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="From this day of UTC on."
    ),
]
Last = Annotated[
    datetime | None,
    typer.Option(
        "--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Up to this day of UTC, with it."
    ),
]
Text = Annotated[
    str, typer.Option(help="Only where this is part of what was acted on, or of a comment.")
]
NoBackup = Annotated[
    bool, typer.Option("--no-backup", help="You have made a copy of the database yourself.")
]


@cli.command(short_help="Prove that no decision was changed.")
@needs(Beyond.MACHINE_ACCOUNT)
def verify(head: Head = "") -> None:
    """Walk the chain of decisions; name the first row that is not what was written."""
    report = decision_chain.require_sound(decision_chain.verify(_studio(), wanted_head=head), head)
    print(f"{count_of(report.count, 'decision')}, each as it was written.")
    print(f"Head: {report.head}")


@cli.command(short_help="Work out where variants stand.")
@needs(Beyond.MACHINE_ACCOUNT)
def rebuild(check: Check = False) -> None:
    """Work out from the decisions alone where every variant stands, and correct what differs."""
    studio = _studio()
    if not check:
        print(f"{count_of(decision_chain.rebuild(studio), 'variant')} corrected.")
        return
    differs = False
    for one in decision_chain.drift(studio):
        differs = True
        stored, rebuilt = (f"{status} after {n}" for status, n in (one.stored, one.rebuilt))
        print(f"variant {one.variant_id}: stored {stored}, by its decisions {rebuilt}")
    if differs:
        raise typer.Exit(1)
    print("Every variant stands where its decisions put it.")


@cli.command(short_help="Write the audit log to standard output.")
@needs(Action.SEE_ACTIVITY)
def export(
    form: Form = LogFormat.CSV,
    brand: Brand = "",
    person: Who = "",
    kind: About = None,
    first: First = None,
    last: Last = None,
    text: Text = "",
    as_: As = "",
) -> None:
    """Write what happened and what was decided to standard output, newest first."""
    studio = _studio()
    sought = Sought(
        brand=brand,
        person=person,
        kind=kind,
        since=first and first.replace(tzinfo=UTC),
        until=last and _day_after(last.replace(tzinfo=UTC)),
        text=text,
    )
    for piece in audit_log.export(
        studio, sought, form, person=acting_to(studio, as_, "audit export")
    ):
        sys.stdout.buffer.write(piece)


def _day_after(day: datetime) -> datetime | None:
    """When a day is over; the calendar's last one never is."""
    return None if day.date() == date.max else day + timedelta(days=1)


@needs(Beyond.MACHINE_ACCOUNT)
def upgrade(no_backup: NoBackup = False) -> None:
    """Bring the database of an older release up to date, after a copy of it."""
    studio = build_studio(read_settings(), back_up=not no_backup)
    studio.database.close()
    print("The database is up to date.")


def _studio() -> Studio:
    return build_studio(read_settings())
