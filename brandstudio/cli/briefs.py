"""plan, run, runs, variants: from a brief file to ranked images."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from brandstudio.cli.act_as import As, acting, acting_to
from brandstudio.domain.access import Action, needs
from brandstudio.domain.brief import BriefForm, read_form
from brandstudio.domain.people import Person
from brandstudio.domain.plan import Plan
from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.domain.run import RunRecord, RunStatus, VariantRecord
from brandstudio.errors import LostFileError, NotFoundError, StudioError, count_of
from brandstudio.presets import read_yaml
from brandstudio.services import reviews
from brandstudio.services import runs as run_service
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import read_settings
from brandstudio.shipped import EXAMPLES

BriefFile = Annotated[
    Path, typer.Argument(help="A brief as YAML; `brandstudio presets copy` gives examples.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
RunId = Annotated[int, typer.Argument(help="The run's number.")]


class RunFailedError(StudioError):
    """A run ended without its images."""

    hint = "See 'brandstudio runs' for where it stands."


@needs(Action.CREATE_RUN)
def plan(brief: BriefFile, as_json: AsJson = False, as_: As = "") -> None:
    """Show every variant a brief would give, without drawing anything."""
    studio = build_studio(read_settings())
    planned = run_service.preview(studio, _form(brief), person=acting(studio, as_))
    if as_json:
        print(json.dumps(plan_json(planned), ensure_ascii=False, indent=2))
        return
    for variant in planned.variants:
        print(
            f"{variant.index:>3}  {variant.arm:<24} seed {variant.seed:<11} {variant.params.prompt}"
        )
    print(f"{count_of(len(planned.variants), 'variant')}, about {planned.estimated_s:.0f} s.")


@needs(Action.CREATE_RUN)
def run(brief: BriefFile, as_json: AsJson = False, as_: As = "") -> None:
    """Submit a brief, draw it here, rank it and put it up for review."""
    studio = build_studio(read_settings())
    person = acting_to(studio, as_, "run", brief.name)
    run_id = run_service.submit(studio, _form(brief), person=person)
    _carry_out_here(studio, run_id)
    record = run_service.get(studio, run_id, person=person)
    if record.status is not RunStatus.SUCCEEDED:
        raise _failed(record)
    for variant in run_service.variants(studio, run_id, person=person):
        if variant.review is ReviewStatus.NEW:
            reviews.decide(studio, variant.id, Verdict.SUBMIT, person=person)
    _show_variants(studio, run_id, person, as_json=as_json)


@needs(Action.VIEW)
def runs(
    as_json: AsJson = False,
    brand: Annotated[str, typer.Option(help="Only of this brand.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many runs at most.")] = 50,
    as_: As = "",
) -> None:
    """List runs, newest first."""
    studio = build_studio(read_settings())
    records = run_service.recent(studio, person=acting(studio, as_), brand=brand, limit=limit)
    if as_json:
        print(json.dumps({"runs": [run_json(record) for record in records]}, ensure_ascii=False))
        return
    if not records:
        print(f"There are no runs yet. Start one: brandstudio run {_example()}")
    for record in records:
        drawn = f"{record.drawn_count}/{record.variant_count}"
        created = f"{record.created_at:%Y-%m-%d %H:%M}"
        status = "paused" if record.paused else record.status
        print(f"{record.id:>4}  {status:<10} {drawn:>7}  {created}  {title_of(record)}")


@needs(Action.PAUSE_RUN)
def pause(run_id: RunId, as_: As = "") -> None:
    """Start no further image of a run; those being drawn are finished."""
    studio = build_studio(read_settings())
    run_service.pause(studio, run_id, person=acting_to(studio, as_, "pause", run_id))
    print(f"Run {run_id} is paused. Let it go on: brandstudio resume {run_id}")


@needs(Action.PAUSE_RUN)
def resume(run_id: RunId, as_: As = "") -> None:
    """Let a paused run go on."""
    studio = build_studio(read_settings())
    run_service.resume(studio, run_id, person=acting_to(studio, as_, "resume", run_id))
    print(f"Run {run_id} goes on.")


@needs(Action.VIEW)
def variants(run_id: RunId, as_json: AsJson = False, as_: As = "") -> None:
    """List a run's variants, best first."""
    studio = build_studio(read_settings())
    _show_variants(studio, run_id, acting(studio, as_), as_json=as_json)


def plan_json(planned: Plan) -> dict[str, object]:
    """A plan as other programs read it."""
    return {
        "brief": planned.brief.model_dump(mode="json"),
        "base_model": planned.base_model,
        "estimated_s": round(planned.estimated_s, 1),
        "variants": [
            {
                "index": variant.index,
                "arm": variant.arm,
                "levels": variant.levels,
                "seed": variant.seed,
                "layout": variant.layout,
                "prompt": variant.params.prompt,
                "negative_prompt": variant.params.negative_prompt,
                "width_px": variant.params.width_px,
                "height_px": variant.params.height_px,
                "fingerprint": variant.params.fingerprint,
            }
            for variant in planned.variants
        ],
    }


def run_json(record: RunRecord) -> dict[str, object]:
    """A run as other programs read it."""
    return {
        "run": record.id,
        "name": record.name,
        "status": record.status,
        "paused": record.paused,
        "brand": record.brief.brand,
        "template": record.brief.template,
        "creator": record.creator,
        "created_at": record.created_at.isoformat(),
        "variants": record.variant_count,
        "drawn": record.drawn_count,
        "review": {status.value: count for status, count in record.review_counts.items()},
        "error": record.failure.message if record.failure else None,
    }


def variant_json(studio: Studio, variant: VariantRecord) -> dict[str, object]:
    """A variant as other programs read it; `file` is the stored PNG."""
    return {
        "id": variant.id,
        "index": variant.index,
        "arm": variant.arm,
        "levels": dict(variant.levels),
        "seed": variant.seed,
        "rank": variant.rank,
        "scores": {name: round(value, 5) for name, value in variant.scores.items()},
        "status": variant.status,
        "error": variant.failure.message if variant.failure else None,
        "review": variant.review,
        "fingerprint": variant.fingerprint,
        "file": _file(studio, variant) or None,
    }


def title_of(record: RunRecord) -> str:
    """What a run is called in lists."""
    return record.name or f"{record.brief.brand} · {record.brief.template}"


def _example() -> Path:
    path, here = EXAMPLES / "voltra-summer-hero.yaml", Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _form(path: Path) -> BriefForm:
    return read_form(read_yaml(path))


def _show_variants(studio: Studio, run_id: int, person: Person, *, as_json: bool) -> None:
    variants = run_service.variants(studio, run_id, person=person)
    if as_json:
        listed = [variant_json(studio, variant) for variant in variants]
        print(json.dumps({"run": run_id, "variants": listed}, ensure_ascii=False, indent=2))
        return
    for variant in variants:
        place = f"#{variant.rank}" if variant.rank else variant.status
        file = variant.failure.message if variant.failure else _file(studio, variant)
        print(f"{variant.id:>5}  {place:<9} {variant.review:<18} {variant.arm:<24} {file}")


def _file(studio: Studio, variant: VariantRecord) -> str:
    """Where the stored PNG lies; empty before it is drawn, and when the file is lost."""
    try:
        return str(studio.blobs.path(variant.sha256, "png")) if variant.sha256 else ""
    except (NotFoundError, LostFileError):
        return ""


def _carry_out_here(studio: Studio, run_id: int) -> None:
    # Imported only now: planning and listing must not wait for torch.
    from brandstudio.cli.local_worker import draw_here  # noqa: PLC0415

    draw_here(studio, run_id, _progress_on_stderr())


def _progress_on_stderr() -> Callable[[int, int], None]:
    started, tty = time.monotonic(), sys.stderr.isatty()
    last_percent = -1

    def show(done: int, total: int) -> None:
        nonlocal last_percent
        percent = 100 * done // max(total, 1)
        if percent == last_percent or (not tty and percent // 10 == last_percent // 10):
            return
        last_percent = percent
        line = f"drawing: {percent:>3} %, {time.monotonic() - started:.0f} s"
        print(line, end="\r" if tty and percent < 100 else "\n", file=sys.stderr, flush=True)

    return show


def _failed(record: RunRecord) -> RunFailedError:
    reason = record.failure.message if record.failure else f"it was {record.status}"
    error = RunFailedError(f"Run {record.id} has no images: {reason}")
    if record.failure:
        error.hint = record.failure.hint
    return error
