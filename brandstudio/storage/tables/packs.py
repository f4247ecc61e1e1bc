"""Packs and what each of them holds."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from brandstudio.storage.tables.base import Base, Big


class PackRow(Base, kw_only=True):
    __tablename__ = "packs"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    creator_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    creator: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    brand: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime]
    variant_ids: Mapped[list[Any]]
    placements: Mapped[list[Any]]
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(Big)
    rendition_count: Mapped[int]
    problems: Mapped[list[Any]]
