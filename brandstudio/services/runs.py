"""What people do with runs: try out a plan, submit, look, cancel, start again."""

from brandstudio.domain.brief import BriefForm, check_brief
from brandstudio.domain.people import Action, Person, require, require_maker
from brandstudio.domain.plan import Plan, plan_brief
from brandstudio.domain.run import UNFINISHED, RunRecord, RunStatus, VariantRecord
from brandstudio.errors import RunStateError
from brandstudio.services.studio import Studio
from brandstudio.storage import queue, runs

MAX_PAGE = 200


def preview(studio: Studio, form: BriefForm) -> Plan:
    """Every variant the form would give and how long it would take; nothing is stored."""
    seed = 0 if form.seed is None else form.seed
    return _plan(studio, form, seed)


def submit(studio: Studio, form: BriefForm, *, person: Person, idempotency_key: str = "") -> int:
    """Store the run with its variants and return its id; a key never makes a second run."""
    require(person, Action.CREATE_RUN)
    key = idempotency_key[:80]
    plan = _plan(studio, form, studio.draw_seed())
    brand = studio.catalogue.brand(plan.brief.brand)
    with studio.database.writing() as session:
        known = runs.submitted_before(session, person.id, key) if key else None
        return known or runs.add(
            session,
            plan,
            brand,
            creator_id=person.id,
            creator=person.name,
            idempotency_key=key,
            at=studio.now(),
        )


def get(studio: Studio, run_id: int, *, person: Person) -> RunRecord:
    """One run with its progress."""
    require(person, Action.VIEW)
    with studio.database.reading() as session:
        return runs.load(session, run_id)


def recent(
    studio: Studio,
    *,
    person: Person,
    brand: str = "",
    status: RunStatus | None = None,
    limit: int = 50,
    before: int | None = None,
) -> tuple[RunRecord, ...]:
    """The newest runs first."""
    require(person, Action.VIEW)
    with studio.database.reading() as session:
        return runs.recent(
            session, brand=brand, status=status, limit=min(limit, MAX_PAGE), before=before
        )


def variants(studio: Studio, run_id: int, *, person: Person) -> tuple[VariantRecord, ...]:
    """All variants of a run, best first."""
    require(person, Action.VIEW)
    with studio.database.reading() as session:
        runs.load(session, run_id)
        return runs.variants_of(session, run_id)


def cancel(studio: Studio, run_id: int, *, person: Person) -> None:
    """Stop a run between two steps; what is drawn stays."""
    with studio.database.writing() as session:
        run = runs.load(session, run_id)
        require_maker(person, run.creator_id, Action.CANCEL_RUN)
        if run.status not in UNFINISHED:
            raise RunStateError(f"Run {run_id} has already {_ended(run.status)}")
        queue.request_cancel(session, run_id, studio.now())


def retry(studio: Studio, run_id: int, *, person: Person) -> None:
    """Queue a failed or cancelled run again; only what is missing is drawn."""
    with studio.database.writing() as session:
        run = runs.load(session, run_id)
        require_maker(person, run.creator_id, Action.CREATE_RUN)
        if run.status not in {RunStatus.FAILED, RunStatus.CANCELLED}:
            raise RunStateError(f"Run {run_id} is {run.status}; there is nothing to start again")
        queue.queue_again(session, run_id)


def _plan(studio: Studio, form: BriefForm, seed: int) -> Plan:
    limit = studio.settings.max_variants
    brief = check_brief(form, studio.catalogue, max_variants=limit, seed=seed)
    plan = plan_brief(brief, studio.catalogue, studio.base_model)
    with studio.database.reading() as session:
        pace = queue.recent_pace(session, plan.base_model)
    return plan.but(estimated_s=_measured(plan, pace)) if pace else plan


def _measured(plan: Plan, pace: list[tuple[float, int]]) -> float:
    """The estimate from how fast this very machine was lately."""
    seconds, steps = map(sum, zip(*pace, strict=True))
    return seconds / max(steps, 1) * sum(variant.params.steps for variant in plan.variants)


def _ended(status: RunStatus) -> str:
    return {RunStatus.CANCELLED: "been cancelled"}.get(status, status.value)
