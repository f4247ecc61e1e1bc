"""What people do with runs: try out a plan, submit, look, cancel, start again."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from brandstudio.domain.access import Action, Thing, require, require_scope
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.brand import Brand
from brandstudio.domain.brief import Brief, BriefForm, check_brief
from brandstudio.domain.people import Person
from brandstudio.domain.plan import Plan, plan_brief
from brandstudio.domain.run import UNFINISHED, RunRecord, RunStatus, VariantRecord
from brandstudio.domain.upload import Upload, unusable
from brandstudio.errors import (
    KeyReusedError,
    PresetChangedError,
    QueueFullError,
    QuotaError,
    RunStateError,
)
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import acting
from brandstudio.storage import uploads
from brandstudio.storage.work import queue, runs, submissions, usage

MAX_PAGE = 200


def preview(studio: Studio, form: BriefForm, *, person: Person) -> Plan:
    """Every variant the form would give and how long it would take; nothing is stored."""
    seed = 0 if form.seed is None else form.seed
    return _plan(studio, form, seed, person)


def submit(studio: Studio, form: BriefForm, *, person: Person, idempotency_key: str = "") -> int:
    """Store the run with its variants and return its id; a key never makes a second run.

    Raises LockError, PresetChangedError, KeyReusedError, QueueFullError or QuotaError, and then
    nothing is stored.
    """
    key = idempotency_key[:80]
    plan = _plan(studio, form, studio.draw_seed(), person)
    brand = studio.catalogue.brand(plan.brief.brand)
    _require_as_seen(studio, form, plan, brand)
    with acting(studio, person) as act:
        act.require(Action.CREATE_RUN, Thing("brand", brand.slug, brand.slug))
        earlier = submissions.submitted_before(act.session, act.person.id, key) if key else None
        if earlier is not None:
            return _same_run(earlier, key, form)
        _require_room_in_the_queue(studio, plan, usage.backlog(act.session))
        # Once more under the write lock: uploads that wait for too long are removed.
        known_uploads = uploads.known(act.session, form.references)
        _check(studio, form, plan.brief.seed, known_uploads, act.person)
        used = usage.asked_since(act.session, act.person.id, _midnight(studio.now()))
        _require_quota(studio, plan, act.person, used)
        run_id = submissions.add(
            act.session,
            plan,
            brand,
            creator_id=act.person.id,
            creator=act.person.name,
            idempotency_key=key,
            form_digest=form.digest,
            at=studio.now(),
        )
        done = _note(Event.RUN_SUBMITTED, run_id, brand.slug)
        act.note(done)
        return run_id


def get(studio: Studio, run_id: int, *, person: Person, after: Action = Action.VIEW) -> RunRecord:
    """One run with its progress, for whoever may look at it; or `after` what they just did to it.

    A token that may only create learns so what became of what it did.
    """
    with studio.database.reading() as session:
        require(person, after, runs.thing(session, run_id))
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
    """The newest runs first, of the brands that the person works for."""
    require_scope(person, Action.VIEW)
    with studio.database.reading() as session:
        return runs.recent(
            session,
            brands=person.brands,
            brand=brand,
            status=status,
            limit=min(limit, MAX_PAGE),
            before=before,
        )


def variants(studio: Studio, run_id: int, *, person: Person) -> tuple[VariantRecord, ...]:
    """All variants of a run, best first."""
    with studio.database.reading() as session:
        require(person, Action.VIEW, runs.thing(session, run_id))
        return runs.variants_of(session, run_id)


def cancel(studio: Studio, run_id: int, *, person: Person) -> None:
    """Stop a run between two steps; what is drawn stays."""
    with acting(studio, person) as act:
        act.require(Action.CANCEL_RUN, runs.thing(act.session, run_id))
        run = runs.load(act.session, run_id)
        if run.status not in UNFINISHED:
            raise RunStateError(f"Run {run_id} has already {_ended(run.status)}")
        queue.request_cancel(act.session, run_id, studio.now())
        done = _note(Event.RUN_CANCELLED, run_id, run.brief.brand)
        act.note(done)


def pause(studio: Studio, run_id: int, *, person: Person) -> None:
    """Start no further image of a run; those being drawn are finished."""
    _change(studio, run_id, person, queue.pause, Event.RUN_PAUSED)


def resume(studio: Studio, run_id: int, *, person: Person) -> None:
    """Let a paused run go on."""
    _change(studio, run_id, person, queue.resume, Event.RUN_RESUMED)


def retry(studio: Studio, run_id: int, *, person: Person) -> None:
    """Queue a failed or cancelled run again; only what is missing is drawn."""
    with acting(studio, person) as act:
        act.require(Action.RETRY_RUN, runs.thing(act.session, run_id))
        run = runs.load(act.session, run_id)
        if run.status not in {RunStatus.FAILED, RunStatus.CANCELLED}:
            raise RunStateError(f"Run {run_id} is {run.status}; there is nothing to start again")
        queue.queue_again(act.session, run_id, studio.now())
        submissions.add_maker(act.session, run_id, act.person.id)
        done = _note(Event.RUN_RETRIED, run_id, run.brief.brand)
        act.note(done)


def _change(
    studio: Studio, run_id: int, person: Person, change: Callable[..., None], event: Event
) -> None:
    with acting(studio, person) as act:
        act.require(Action.PAUSE_RUN, runs.thing(act.session, run_id))
        run = runs.load(act.session, run_id)
        if run.status not in UNFINISHED:
            raise RunStateError(f"Run {run_id} has already {_ended(run.status)}")
        change(act.session, run_id, studio.now())
        act.note(_note(event, run_id, run.brief.brand))


def _note(event: Event, run_id: int, brand: str) -> Note:
    return Note(event, f"run {run_id}", brand)


def _same_run(known: tuple[int, str | None], key: str, form: BriefForm) -> int:
    run_id, digest = known
    if digest not in {None, form.digest}:
        raise KeyReusedError(key, run_id)
    return run_id


def _require_as_seen(studio: Studio, form: BriefForm, plan: Plan, brand: Brand) -> None:
    """Nothing, or an error if the brand changed since the form was drawn, or its files did."""
    if form.seen_version not in {None, brand.version}:
        raise PresetChangedError(
            f"{brand.name} is at version {brand.version} now; this form was filled in for version "
            f"{form.seen_version}"
        )
    studio.presets.require_as_read(
        [
            ("brand", brand.slug),
            ("template", plan.brief.template),
            ("base model", plan.base_model),
            *{("layout", variant.layout) for variant in plan.variants},
        ]
    )
    studio.presets.require_locked(brand)


def _require_room_in_the_queue(studio: Studio, plan: Plan, backlog: usage.Backlog) -> None:
    if backlog.images + len(plan.variants) <= studio.settings.queue_cap:
        return
    steps = sum(variant.params.steps for variant in plan.variants)
    minutes = plan.estimated_s / max(steps, 1) * backlog.steps / 60
    raise QueueFullError(backlog.images, max(1, round(minutes)))


def _require_quota(studio: Studio, plan: Plan, person: Person, used: int) -> None:
    """Nothing, or QuotaError; administrators set the quota and are exempt."""
    quota, asked = studio.settings.daily_quota, len(plan.variants)
    if quota and used + asked > quota and not person.is_administrator:
        raise QuotaError(used, asked, quota)


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _plan(studio: Studio, form: BriefForm, seed: int, person: Person) -> Plan:
    with studio.database.reading() as session:
        brief = _check(studio, form, seed, uploads.known(session, form.references), person)
        require(person, Action.CREATE_RUN, Thing("brand", brief.brand, brief.brand))
        plan = plan_brief(brief, studio.catalogue_for(person), studio.base_model)
        pace = usage.recent_pace(session, plan.base_model)
    return plan.but(estimated_s=_measured(plan, pace)) if pace else plan


def _check(
    studio: Studio, form: BriefForm, seed: int, available: Mapping[int, Upload], person: Person
) -> Brief:
    return check_brief(
        form,
        studio.catalogue_for(person),
        max_variants=studio.settings.max_variants,
        seed=seed,
        unusable=unusable(form.references, available, person, form.brand),
    )


def _measured(plan: Plan, pace: list[tuple[float, int]]) -> float:
    """The estimate from the latest images that were drawn here."""
    seconds, steps = map(sum, zip(*pace, strict=True))
    return seconds / max(steps, 1) * sum(variant.params.steps for variant in plan.variants)


def _ended(status: RunStatus) -> str:
    return {RunStatus.CANCELLED: "been cancelled"}.get(status, status.value)
