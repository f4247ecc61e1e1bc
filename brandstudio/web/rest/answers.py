"""How the domain's values become the REST API's JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from brandstudio.domain.access import Action, may
from brandstudio.domain.brand import Brand
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.people import Person
from brandstudio.domain.plan import Plan, Variant
from brandstudio.domain.ranking import reason
from brandstudio.domain.review import OUTCOME, Decision, Verdict
from brandstudio.domain.run import UNFINISHED, RunFailure, RunRecord, RunStatus, VariantRecord
from brandstudio.domain.upload import Upload
from brandstudio.services.packs import PackRecord
from brandstudio.web.rest.models import (
    BaseModelBody,
    BrandBody,
    Can,
    CatalogueBody,
    DecisionBody,
    FailureReason,
    LayoutBody,
    PackBody,
    PlanBody,
    PlannedVariantBody,
    Progress,
    RunBody,
    TemplateBody,
    UploadBody,
    VariantBody,
    VariantsBody,
)


def pack_body(pack: PackRecord) -> PackBody:
    """A pack as JSON."""
    shown = {name: getattr(pack, name, None) for name in PackBody.model_fields}
    download = f"/api/v1/packs/{pack.id}/download"
    return PackBody.model_validate(shown | {"download": download})


def catalogue_body(catalogue: Catalogue, base_model: str) -> CatalogueBody:
    """Everything that can be chosen from; prompts, patterns and LoRAs stay inside."""
    model = catalogue.base_model(base_model)
    return CatalogueBody(
        brands=[_brand(brand) for brand in catalogue.brands.values()],
        templates=[
            TemplateBody.model_validate(template, from_attributes=True)
            for template in catalogue.templates.values()
        ],
        layouts=[
            LayoutBody.model_validate(layout, from_attributes=True)
            for layout in catalogue.layouts.values()
        ],
        placements=list(catalogue.placements.values()),
        base_model=BaseModelBody.model_validate(model, from_attributes=True),
    )


def plan_body(plan: Plan) -> PlanBody:
    """A plan as JSON."""
    return PlanBody(
        base_model=plan.base_model,
        seed=plan.brief.seed,
        estimated_s=plan.estimated_s,
        variants=[_planned(variant) for variant in plan.variants],
    )


def run_body(run: RunRecord, now: datetime) -> RunBody:
    """A run as JSON."""
    same = {name: getattr(run, name) for name in RunBody.model_fields if hasattr(run, name)}
    return RunBody.model_validate(
        same
        | {
            "failure": _reason(run.failure),
            "remaining_s": _remaining_s(run, now),
            "review_counts": dict(run.review_counts),
            "cover": thumb_url(run.cover_sha256),
            "references": [upload_body(upload) for upload in run.references],
        }
    )


def upload_body(upload: Upload) -> UploadBody:
    """An uploaded image as JSON."""
    shown = {name: getattr(upload, name, None) for name in UploadBody.model_fields}
    image = f"/uploads/{upload.id}/{upload.sha256}.webp"
    return UploadBody.model_validate(shown | {"image": image})


def progress_of(run: RunRecord, now: datetime, generator: str = "") -> Progress:
    """How far a run is; `generator` says why nothing is drawn at the moment."""
    return Progress(
        status=run.status,
        paused=run.paused,
        generator=generator,
        drawn=run.drawn_count,
        total=run.variant_count,
        steps_done=run.steps_done,
        steps_total=run.steps_total,
        queue_position=run.queue_position,
        remaining_s=_remaining_s(run, now),
        finished=run.status not in UNFINISHED,
    )


def variant_bodies(
    variants: Sequence[VariantRecord],
    runs: Mapping[int, RunRecord],
    catalogue: Catalogue,
    person: Person,
) -> VariantsBody:
    """Variants as JSON; `runs` has the run of each."""
    return VariantsBody(
        variants=[
            variant_body(variant, can(variant, runs[variant.run_id], catalogue, person))
            for variant in variants
        ]
    )


def variant_body(variant: VariantRecord, allowed: Can) -> VariantBody:
    """A variant as JSON."""
    larger = variant.upscaled.sha256 if variant.upscaled else None
    return VariantBody(
        id=variant.id,
        run=variant.run_id,
        index=variant.index,
        arm=variant.arm,
        levels=dict(variant.levels),
        seed=variant.seed,
        layout=variant.layout,
        status=variant.status,
        review=variant.review,
        version=variant.review_version,
        rank=variant.rank,
        scores=dict(variant.scores),
        parts=dict(variant.parts),
        reason=reason(variant.parts),
        prompt=variant.params.prompt,
        negative_prompt=variant.params.negative_prompt,
        width_px=variant.params.width_px,
        height_px=variant.params.height_px,
        fingerprint=variant.fingerprint,
        sha256=variant.sha256,
        image=variant.sha256 and f"/images/{variant.sha256}.png",
        larger=larger and f"/images/{larger}.png",
        thumb=thumb_url(larger or variant.sha256),
        failure=_reason(variant.failure),
        can=allowed,
    )


def can(variant: VariantRecord, run: RunRecord, catalogue: Catalogue, person: Person) -> Can:
    """What the person may do to the variant now, by the rules of the domain."""
    brand = catalogue.brands.get(run.brief.brand)
    reviewed = replace(run.thing, allow_self_review=bool(brand and brand.allow_self_review))
    is_maker = may(person, Action.SUBMIT_FOR_REVIEW, run.thing)
    is_reviewer = may(person, Action.DECIDE, reviewed)
    is_open = {
        verdict: variant.sha256 is not None and (variant.review, verdict) in OUTCOME
        for verdict in Verdict
    }
    return Can(
        submit=is_maker and is_open[Verdict.SUBMIT],
        withdraw=is_maker and is_open[Verdict.WITHDRAW],
        decide=is_reviewer and is_open[Verdict.APPROVE],
        reopen=is_reviewer and is_open[Verdict.REOPEN],
        redraw=may(person, Action.RETRY_RUN, run.thing) and run.status not in UNFINISHED,
    )


def decision_body(decision: Decision) -> DecisionBody:
    """A decision as JSON."""
    return DecisionBody(
        id=decision.id,
        variant=decision.variant_id,
        verdict=decision.verdict,
        reviewer=decision.reviewer,
        role=decision.reviewer_role,
        comment=decision.comment,
        sha256=decision.sha256,
        own_work=decision.own_work,
        decided_at=decision.decided_at,
        supersedes=decision.supersedes_id,
        hash=decision.hash,
    )


def thumb_url(sha256: str | None) -> str | None:
    """Where the thumbnail of an image is."""
    return sha256 and f"/images/{sha256}/thumb?w=384"


def _brand(brand: Brand) -> BrandBody:
    shown = {name: getattr(brand, name) for name in BrandBody.model_fields}
    return BrandBody.model_validate(
        shown
        | {
            "logo": f"/brands/{brand.slug}/logo.svg",
            "logo_on_dark": f"/brands/{brand.slug}/logo-on-dark.svg",
        }
    )


def _reason(failure: RunFailure | None) -> FailureReason | None:
    return failure and FailureReason.model_validate(failure, from_attributes=True)


def _planned(variant: Variant) -> PlannedVariantBody:
    params = variant.params
    return PlannedVariantBody(
        index=variant.index,
        arm=variant.arm,
        levels=variant.levels,
        seed=variant.seed,
        layout=variant.layout,
        prompt=params.prompt,
        negative_prompt=params.negative_prompt,
        width_px=params.width_px,
        height_px=params.height_px,
        steps=params.steps,
        fingerprint=params.fingerprint,
    )


def _remaining_s(run: RunRecord, now: datetime) -> float | None:
    """What is left at the pace so far; the estimate before the first step is done."""
    if run.status not in UNFINISHED:
        return 0.0
    left = run.steps_total - run.steps_done
    if run.started_at is None or run.steps_done == 0:
        return run.estimated_s if run.status is RunStatus.QUEUED or left else None
    elapsed_s = max((now - run.started_at).total_seconds(), 0.0)
    return round(elapsed_s / run.steps_done * left, 1)
