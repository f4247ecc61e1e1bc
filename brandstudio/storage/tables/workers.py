"""Workers and their clocks."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from brandstudio.domain.lease import WorkerState
from brandstudio.storage.tables.base import Base


class WorkerRow(Base, kw_only=True):
    """A process that draws, and how it fares; `beat` and `moved` are seconds on `clock`."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    host: Mapped[str] = mapped_column(String(40))
    pid: Mapped[int]
    boot_id: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(80))
    state: Mapped[WorkerState]
    since: Mapped[datetime]
    restarts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    clock: Mapped[str] = mapped_column(String(64))
    beat_s: Mapped[float]
    moved_s: Mapped[float]
    patience_s: Mapped[float]
