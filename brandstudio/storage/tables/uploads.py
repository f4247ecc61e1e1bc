"""Uploads, and the runs they are references of."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from brandstudio.storage.tables.base import Base


class UploadRow(Base, kw_only=True):
    """An image from outside; in no run until a brief that names it is submitted."""

    __tablename__ = "uploads"
    # An id that came back would show another image to whoever still has the old one on a page.
    __table_args__ = (
        Index("uploads_of_person", "owner_id", "created_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int]
    width_px: Mapped[int]
    height_px: Mapped[int]
    created_at: Mapped[datetime]


class RunReferenceRow(Base, kw_only=True):
    """An upload that people look at beside a run's variants."""

    __tablename__ = "run_references"
    __table_args__ = (UniqueConstraint("run_id", "upload_id", name="reference_once_in_run"),)

    run_id: Mapped[int] = mapped_column(
        ForeignKey("runs.id", ondelete="RESTRICT"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(
        ForeignKey("uploads.id", ondelete="RESTRICT"), index=True
    )
