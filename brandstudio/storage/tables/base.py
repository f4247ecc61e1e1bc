"""What all tables share: moments, enumerations and the base of their rows."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.lease import WorkerState
from brandstudio.domain.people import Role
from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.domain.run import RunStatus


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as naive UTC because SQLite forgets time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite's INTEGER holds 63 bits; PostgreSQL's 31.
Big = BigInteger().with_variant(Integer, "sqlite")


def _text_enum(kind: type[StrEnum]) -> Enum:
    return Enum(
        kind,
        native_enum=False,
        length=24,
        create_constraint=True,
        name=f"{kind.__name__.lower()}_known",
        values_callable=_values,
    )


def _values(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


class Base(MappedAsDataclass, DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        Role: _text_enum(Role),
        Event: Enum(Event, native_enum=False, length=40, values_callable=_values),
        RunStatus: _text_enum(RunStatus),
        WorkerState: _text_enum(WorkerState),
        ReviewStatus: _text_enum(ReviewStatus),
        Verdict: _text_enum(Verdict),
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }
