"""What happened, in rows that nobody can change: written one by one, read with the decisions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from brandstudio.domain.audit_log.entries import (
    AuditEntry,
    Kind,
    Place,
    Sought,
    Source,
    events_of,
)
from brandstudio.domain.audit_log.events import Note
from brandstudio.domain.people import Person
from brandstudio.storage.tables.decisions import ActivityRow, DecisionRow
from brandstudio.storage.tables.runs import BrandVersionRow, VariantRow

NAME_LENGTH, SUBJECT_LENGTH = 64, 200

Conditions = list[ColumnElement[bool]]
Query = Select[*tuple[Any, ...]]


def note(session: Session, actor: Person | str, what: Note, at: datetime) -> None:
    """Record it in the transaction that does it; an actor without an account has only a name."""
    name = actor if isinstance(actor, str) else actor.name
    session.add(
        ActivityRow(
            at=at,
            event=what.event,
            actor_id=None if isinstance(actor, str) else actor.id,
            actor=name[:NAME_LENGTH],
            subject=what.subject[:SUBJECT_LENGTH],
            brand=what.brand,
            detail=dict(what.detail),
        )
    )


def page(
    session: Session, sought: Sought, brands: frozenset[str] | None, before: Place, limit: int
) -> tuple[list[AuditEntry], Place | None]:
    """The newest entries of both tables before a place; and the next page's place, None at the end.

    Each table is read in the order of its ids, which is the order in which it was written, whatever
    the clock did: no entry is ever left out or told twice. `brands` None means all, and also what
    belongs to none.
    """
    # One more than is told says whether there is another page.
    events = _happened(session, sought, brands, before.activity, limit + 1)
    decisions = _decided(session, sought, brands, before.decision, limit + 1)
    entries = _merged(events, decisions)[:limit]
    if len(events) + len(decisions) <= limit:
        return entries, None
    return entries, Place(
        _next(before.activity, events, [e for e in entries if e.source is Source.ACTIVITY]),
        _next(before.decision, decisions, [e for e in entries if e.source is Source.DECISIONS]),
    )


def _merged(one: Sequence[AuditEntry], other: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Both by their moments, newest first, each in its own order."""
    merged: list[AuditEntry] = []
    left, right = list(one)[::-1], list(other)[::-1]
    while left and right:
        merged.append((left if left[-1].at > right[-1].at else right).pop())
    return merged + left[::-1] + right[::-1]


def _next(before: int | None, found: Sequence[AuditEntry], told: Sequence[AuditEntry]) -> int:
    """Before which id the next page starts: what came since must not slip into it."""
    if told:
        return told[-1].number
    if before is not None:
        return before
    return found[0].number + 1 if found else 0


def _happened(
    session: Session, sought: Sought, brands: frozenset[str] | None, before: int | None, limit: int
) -> list[AuditEntry]:
    if sought.kind is Kind.DECISIONS or before == 0:
        return []
    conditions = _until(ActivityRow.id, before)
    if sought.since or sought.until:
        conditions += _in_time(session, ActivityRow.id, ActivityRow.at, sought)
    if sought.person:
        conditions.append(ActivityRow.actor == sought.person)
    if sought.kind:
        conditions.append(ActivityRow.event.in_(events_of(sought.kind)))
    if sought.text:
        conditions.append(ActivityRow.subject.icontains(sought.text, autoescape=True))
    rows = _newest(session, _event_stretches(sought, brands), conditions, ActivityRow.id, limit)
    return [
        AuditEntry(
            source=Source.ACTIVITY,
            number=row.id,
            at=row.at,
            event=row.event,
            actor=row.actor,
            subject=row.subject,
            brand=row.brand,
            detail=row.detail,
        )
        for row in rows
    ]


def _event_stretches(sought: Sought, brands: frozenset[str] | None) -> list[Query]:
    """Queries that are each one stretch of one index, in the order of ids."""
    columns: Query = select(*_EVENT)
    if brands is not None:
        return [columns.where(ActivityRow.brand == brand) for brand in sorted(brands)]
    if sought.kind and not sought.person:
        return [columns.where(ActivityRow.event == event) for event in events_of(sought.kind)]
    return [columns]


def _decided(
    session: Session, sought: Sought, brands: frozenset[str] | None, before: int | None, limit: int
) -> list[AuditEntry]:
    if sought.kind not in {None, Kind.DECISIONS} or before == 0:
        return []
    conditions = _until(DecisionRow.id, before)
    if sought.since or sought.until:
        conditions += _in_time(session, DecisionRow.id, DecisionRow.decided_at, sought)
    if sought.person:
        conditions.append(DecisionRow.reviewer == sought.person)
    if sought.text:
        conditions.append(
            _variant_name().icontains(sought.text, autoescape=True)
            | DecisionRow.comment.icontains(sought.text, autoescape=True)
        )
    rows = _newest(session, _decision_stretches(session, brands), conditions, DecisionRow.id, limit)
    return [_decision(row) for row in rows]


def _decision_stretches(session: Session, brands: frozenset[str] | None) -> list[Query]:
    # An outer join, so that decisions are read first: of variants there are as many.
    columns: Query = select(*_DECISION).join(
        VariantRow, VariantRow.id == DecisionRow.variant_id, isouter=True
    )
    if brands is None:
        return [columns]
    digests = session.scalars(
        select(BrandVersionRow.digest).where(BrandVersionRow.brand.in_(brands)).distinct()
    )
    return [columns.where(DecisionRow.brand_digest == digest) for digest in digests]


def _decision(row: Any) -> AuditEntry:
    facts = {
        "run": row.run_id,
        "role": row.reviewer_role,
        "own work": "yes" if row.own_work else "",
        "comment": row.comment,
        "hash": row.hash,
    }
    return AuditEntry(
        source=Source.DECISIONS,
        number=row.id,
        at=row.decided_at,
        event=f"decision.{row.verdict}",
        actor=row.reviewer,
        subject=f"variant {row.variant_id}",
        brand=row.brand or "",
        detail={name: str(fact) for name, fact in facts.items() if fact},
    )


def _newest(
    session: Session,
    stretches: Iterable[Query],
    conditions: Conditions,
    number: InstrumentedAttribute[int],
    limit: int,
) -> list[Any]:
    """The newest rows of several stretches."""
    rows = chain.from_iterable(
        session.execute(stretch.where(*conditions).order_by(number.desc()).limit(limit))
        for stretch in stretches
    )
    return sorted(rows, key=lambda row: row.id, reverse=True)[:limit]


def _until(number: InstrumentedAttribute[int], before: int | None) -> Conditions:
    return [] if before is None else [number < before]


def _in_time(
    session: Session,
    number: InstrumentedAttribute[int],
    at: InstrumentedAttribute[datetime],
    sought: Sought,
) -> Conditions:
    """Rows of that time, between the first and the last id that it has.

    The ids come from the index by time; between them the rows are read by id, not sorted anew.
    """
    of_time = [at >= sought.since] if sought.since else []
    of_time += [at < sought.until] if sought.until else []
    first, last = session.execute(select(func.min(number), func.max(number)).where(*of_time)).one()
    return [number.between(first or 0, last or 0), *of_time]


def _variant_name() -> ColumnElement[str]:
    return literal("variant ") + cast(DecisionRow.variant_id, String)


_EVENT = (
    ActivityRow.id,
    ActivityRow.at,
    ActivityRow.event,
    ActivityRow.actor,
    ActivityRow.subject,
    ActivityRow.brand,
    ActivityRow.detail,
)
_DECISION = (
    DecisionRow.id,
    DecisionRow.decided_at,
    DecisionRow.verdict,
    DecisionRow.reviewer,
    DecisionRow.reviewer_role,
    DecisionRow.own_work,
    DecisionRow.comment,
    DecisionRow.hash,
    DecisionRow.variant_id,
    VariantRow.run_id,
    VariantRow.brand,
)
