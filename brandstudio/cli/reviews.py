"""review: verdicts from a terminal, in the name of a person."""

from typing import Annotated

import typer

from brandstudio.cli.act_as import acting_to
from brandstudio.domain.access import Action, needs
from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.services import reviews
from brandstudio.services.studio import build_studio
from brandstudio.settings import read_settings

cli = typer.Typer(no_args_is_help=True)

Variants = Annotated[list[int], typer.Argument(help="Numbers of variants.")]
As = Annotated[str, typer.Option("--as", help="Who decides; see 'brandstudio users list'.")]
Comment = Annotated[str, typer.Option(help="The reason; needed to reject or request changes.")]


@cli.command()
@needs(Action.DECIDE)
def approve(variants: Variants, as_: As, comment: Comment = "") -> None:
    """Approve variants: they become assets."""
    _decide(variants, Verdict.APPROVE, as_, comment)


@cli.command()
@needs(Action.DECIDE)
def reject(variants: Variants, as_: As, comment: Comment = "") -> None:
    """Reject variants, with the reason."""
    _decide(variants, Verdict.REJECT, as_, comment)


@cli.command("request-changes")
@needs(Action.DECIDE)
def request_changes(variants: Variants, as_: As, comment: Comment = "") -> None:
    """Send variants back to their creator, with what should change."""
    _decide(variants, Verdict.REQUEST_CHANGES, as_, comment)


@cli.command()
@needs(Action.SUBMIT_FOR_REVIEW)
def submit(variants: Variants, as_: As) -> None:
    """Put variants up for review."""
    _decide(variants, Verdict.SUBMIT, as_, "")


@cli.command()
@needs(Action.DECIDE)
def reopen(variants: Variants, as_: As, comment: Comment = "") -> None:
    """Take a decision back: the variants wait for review again."""
    _decide(variants, Verdict.REOPEN, as_, comment)


_SAID = {
    Verdict.SUBMIT: ReviewStatus.PENDING,
    Verdict.APPROVE: ReviewStatus.APPROVED,
    Verdict.REJECT: ReviewStatus.REJECTED,
    Verdict.REQUEST_CHANGES: ReviewStatus.CHANGES_REQUESTED,
    Verdict.REOPEN: ReviewStatus.PENDING,
}


def _decide(variants: list[int], verdict: Verdict, name: str, comment: str) -> None:
    studio = build_studio(read_settings())
    person = acting_to(studio, name, "review", verdict.replace("_", "-"), *variants)
    for variant_id in variants:
        reviews.decide(studio, variant_id, verdict, person=person, comment=comment)
        print(f"Variant {variant_id} is {_SAID[verdict].replace('_', ' ')}.")
