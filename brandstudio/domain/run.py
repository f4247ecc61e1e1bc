"""A run: one submission and all its variants, as people and pages see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from brandstudio.domain.access import Thing
from brandstudio.domain.brief import Brief
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.review import ReviewStatus
from brandstudio.domain.upload import Upload


class RunStatus(StrEnum):
    """Where a run, or one variant's drawing, stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run, or one variant of it, failed: a sentence and a hint for people."""

    kind: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run with its progress. `steps_done` counts denoising steps over all batches.

    `makers` are the ids of whoever submitted it or started it again: none of them decides on it.
    """

    id: int
    name: str
    status: RunStatus
    brief: Brief
    brand_version: int
    base_model: str
    creator: str
    creator_id: int
    makers: frozenset[int]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    variant_count: int
    drawn_count: int
    steps_done: int
    steps_total: int
    estimated_s: float
    queue_position: int
    paused: bool
    failure: RunFailure | None
    review_counts: Mapping[ReviewStatus, int]
    cover_sha256: str | None
    references: tuple[Upload, ...] = ()

    @property
    def thing(self) -> Thing:
        """The run as something that is acted on."""
        return Thing("run", self.id, self.brief.brand, self.makers)


@dataclass(frozen=True, slots=True)
class UpscaledImage:
    """The upscaled copy of a drawn image, made by a locked upscaler for finished renditions."""

    sha256: str
    upscaler: str
    upscaler_sha256: str
    scale: int


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """One variant: what was planned, what was drawn, how it scored, where its review stands.

    `sha256` names the stored PNG and is None until it is drawn; `rank` 1 is best within the run;
    `parts` are the scores in standard deviations from the run's average, better being positive;
    `review_version` counts the decisions on it; `failure` says why it alone could not be drawn.
    """

    id: int
    run_id: int
    index: int
    arm: str
    levels: Mapping[str, str]
    seed: int
    layout: str
    pattern: str
    params: GenerationParams
    fingerprint: str
    status: RunStatus
    sha256: str | None
    scores: Mapping[str, float]
    parts: Mapping[str, float]
    rank: int | None
    review: ReviewStatus
    described: Mapping[str, str]
    upscaled: UpscaledImage | None
    review_version: int = 0
    failure: RunFailure | None = None
