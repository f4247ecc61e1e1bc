"""Selects the run to draw of next, and the batch of its variants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from brandstudio.domain.lease import Moment
from brandstudio.domain.run import UNFINISHED, RunStatus, VariantRecord
from brandstudio.storage.tables.runs import RunRow, VariantRow
from brandstudio.storage.work import leases
from brandstudio.storage.work.run_records import variant_record

_LATELY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks for work, when, and how much of it at once. `only` narrows it to one run."""

    worker: str
    moment: Moment
    at: datetime
    size_of: Callable[[str], int]
    only: int | None = None


def fairest(claim: Claim) -> Select[int]:
    """The run to draw of next.

    Who was served least comes first, so that five hundred runs of one person never hold up the
    first image of another; among equals drafts go before finals, then brands take turns, then age.
    """
    person, brand = _served(RunRow.creator_id, claim.at), _served(RunRow.brand, claim.at)
    waits = exists().where(VariantRow.run_id == RunRow.id, is_waiting(claim.moment))
    return (
        open_runs(claim)
        .outerjoin(person, person.c.whose == RunRow.creator_id)
        .outerjoin(brand, brand.c.whose == RunRow.brand)
        .where(waits)
        .order_by(
            func.coalesce(person.c.images, 0),
            RunRow.priority,
            func.coalesce(brand.c.images, 0),
            RunRow.id,
        )
    )


def chosen(waiting: Sequence[VariantRow], size: int) -> tuple[VariantRecord, ...]:
    """What is drawn together; what has failed before is drawn alone, so that it harms no other."""
    if waiting[0].attempts or waiting[0].deaths:
        return (variant_record(waiting[0]),)
    sound = [variant_record(row) for row in waiting if not (row.attempts or row.deaths)]
    return _together(sound, size)


def open_runs(claim: Claim) -> Select[int]:
    """One run that a claim may take of, if nobody is just changing it."""
    query = select(RunRow.id).where(
        RunRow.status.in_(UNFINISHED),
        RunRow.paused_at.is_(None),
        RunRow.cancel_requested_at.is_(None),
    )
    if claim.only is not None:
        query = query.where(RunRow.id == claim.only)
    # A run that another worker is just changing is passed over; SQLite has one writer anyway.
    return query.limit(1).with_for_update(skip_locked=True, of=RunRow)


def is_waiting(moment: Moment) -> ColumnElement[bool]:
    """That a variant can be drawn now."""
    return and_(VariantRow.status == RunStatus.QUEUED, leases.is_ready(VariantRow, moment))


def _served(whose: InstrumentedAttribute[Any], at: datetime) -> Subquery:
    """How many images each person or brand has on a card now, or got lately."""
    lately = or_(VariantRow.status == RunStatus.RUNNING, VariantRow.drawn_at >= at - _LATELY)
    return (
        select(whose.label("whose"), func.count().label("images"))
        .join(VariantRow, VariantRow.run_id == RunRow.id)
        .where(lately)
        .group_by(whose)
        .subquery()
    )


def _together(variants: Sequence[VariantRecord], size: int) -> tuple[VariantRecord, ...]:
    """The first of these and those that go into one forward pass with it, in plan order."""
    first = variants[0]
    alike = (v for v in variants if v.params.batch_key == first.params.batch_key)
    return tuple(alike)[:size]
