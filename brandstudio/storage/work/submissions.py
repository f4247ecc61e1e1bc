"""Runs on their way into rows: each with all its variants, or not at all."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from brandstudio.domain.base_model import Quality
from brandstudio.domain.brand import Brand
from brandstudio.domain.plan import Plan
from brandstudio.storage import uploads
from brandstudio.storage.tables.runs import BrandVersionRow, RunMakerRow, RunRow, VariantRow
from brandstudio.storage.work.runs import makers

PRIORITY: dict[Quality, int] = {"draft": 0, "final": 1}
"""Drafts are quick and somebody waits for them."""


def add(
    session: Session,
    plan: Plan,
    brand: Brand,
    *,
    creator_id: int,
    creator: str,
    idempotency_key: str,
    form_digest: str,
    at: datetime,
) -> int:
    """Insert a run with all its variants and return its id."""
    steps = sum(variant.params.steps for variant in plan.variants)
    row = RunRow(
        creator_id=creator_id,
        creator=creator,
        idempotency_key=idempotency_key or None,
        form_digest=form_digest,
        name=plan.brief.name,
        brand=brand.slug,
        brand_version_id=_brand_version(session, brand, at),
        base_model=plan.base_model,
        brief=plan.brief.model_dump(mode="json"),
        created_at=at,
        estimated_s=plan.estimated_s,
        steps_total=steps,
        priority=PRIORITY[plan.brief.quality],
    )
    session.add(row)
    session.flush()
    session.add_all(
        VariantRow(
            run_id=row.id,
            brand=brand.slug,
            index=variant.index,
            arm=variant.arm,
            levels=variant.levels,
            seed=variant.seed,
            layout=variant.layout,
            pattern=variant.pattern,
            params=variant.params.model_dump(mode="json"),
            fingerprint=variant.params.fingerprint,
        )
        for variant in plan.variants
    )
    uploads.attach_to_run(session, row.id, plan.brief.references)
    return row.id


def submitted_before(
    session: Session, creator_id: int, idempotency_key: str
) -> tuple[int, str | None] | None:
    """The run this person already submitted under that key and the digest of its form, or None."""
    rows = session.execute(
        select(RunRow.id, RunRow.form_digest).where(
            RunRow.creator_id == creator_id, RunRow.idempotency_key == idempotency_key
        )
    )
    return rows.one_or_none()


def add_maker(session: Session, run_id: int, user_id: int) -> None:
    """Remember who had a hand in a run; once is enough."""
    if user_id not in makers(session, [run_id])[run_id]:
        session.add(RunMakerRow(run_id=run_id, user_id=user_id))


def _brand_version(session: Session, brand: Brand, at: datetime) -> int:
    version_id = session.scalar(
        select(BrandVersionRow.id).where(
            BrandVersionRow.brand == brand.slug, BrandVersionRow.digest == brand.digest
        )
    )
    if version_id is not None:
        return version_id
    row = BrandVersionRow(
        brand=brand.slug,
        version=brand.version,
        digest=brand.digest,
        content=brand.model_dump(mode="json"),
        first_used_at=at,
    )
    session.add(row)
    session.flush()
    return row.id
