"""The disk space that drawing must leave free for review and export."""

from dataclasses import dataclass
from pathlib import Path

from brandstudio.services.studio import Studio
from brandstudio.storage.disk import DiskSpace, RealDisk, disk_space, translated_errors

_GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class DiskReserve:
    """What is free where files are written, and what is kept in reserve of it."""

    free_bytes: int
    reserve_bytes: int

    @property
    def is_enough(self) -> bool:
        """Whether another image may be drawn."""
        return self.free_bytes >= self.reserve_bytes

    @property
    def sentence(self) -> str:
        """Why drawing is paused, for people; empty when it is not."""
        if self.is_enough:
            return ""
        return (
            f"Drawing is paused: {self.free_bytes / _GB:.1f} GB of the disk are free, and "
            f"{self.reserve_bytes / _GB:.1f} GB are kept in reserve. Reviewing and packs still "
            "work; drawing goes on by itself once there is room."
        )


def disk_reserve(studio: Studio) -> DiskReserve:
    """The tighter of the data folder's disk and the store's. Raises StorageError."""
    folder = _existing(studio.settings.data_dir)
    with translated_errors(RealDisk(), folder):
        spaces = [disk_space(folder), studio.blobs.free_space()]
    left = [DiskReserve(space.free_bytes, reserve(studio, space)) for space in spaces if space]
    return min(left, key=lambda each: each.free_bytes - each.reserve_bytes)


def has_reserve(studio: Studio) -> bool:
    """Whether a worker may take something to draw; asked before every claim, costs microseconds."""
    return disk_reserve(studio).is_enough


def reserve(studio: Studio, space: DiskSpace) -> int:
    """The smaller of the two settings: on a large disk a percentage would be far too much."""
    settings = studio.settings
    share = space.total_bytes * settings.reserve_percent / 100
    return round(min(settings.reserve_gb * _GB, share))


def _existing(folder: Path) -> Path:
    return next(p for p in (folder, *folder.parents) if p.is_dir())
