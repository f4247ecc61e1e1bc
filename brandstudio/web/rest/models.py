"""The shapes of the REST API's JSON."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from brandstudio.domain.brand import Swatch
from brandstudio.domain.brief import Brief
from brandstudio.domain.layout import Position
from brandstudio.domain.lease import WorkerState
from brandstudio.domain.placement import Placement
from brandstudio.domain.review import MAX_COMMENT, ReviewStatus, Verdict
from brandstudio.domain.run import RunStatus
from brandstudio.domain.template import TemplateField
from brandstudio.domain.values import Box

MAX_DECISIONS = 500
VariantId = Annotated[int, Field(ge=1, lt=2**63)]


BriefContent = Annotated[
    dict[str, Any],
    Body(
        description="A brief, as in a YAML file; every problem is named at once.",
        examples=[
            {
                "brand": "voltra",
                "template": "product-hero",
                "layout": "product-left",
                "answers": {
                    "product": "can",
                    "product_color": "orange",
                    "headline": "Turn the volume up",
                    "cta": "Try it",
                },
                "axes": {"setting": ["beach", "studio"]},
                "seeds_per_arm": 2,
                "quality": "draft",
                "references": [12],
            }
        ],
    ),
]


class Asked(BaseModel):
    """What a client sends: unknown fields are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class DecisionsRequest(Asked):
    """One verdict on one or more variants."""

    variants: list[VariantId] = Field(min_length=1, max_length=MAX_DECISIONS)
    verdict: Verdict
    comment: str = Field(default="", max_length=MAX_COMMENT)
    request_id: str = Field(
        default="",
        max_length=64,
        pattern=r"^[A-Za-z0-9_.-]*$",
        description="Drawn anew for each click; sent again, the same request decides nothing twice",
    )
    versions: dict[VariantId, Annotated[int, Field(ge=0, lt=2**31)]] = Field(
        default={},
        max_length=MAX_DECISIONS,
        description="The version of each variant as it was seen; if it moved since, it is refused",
    )


class PackRequest(Asked):
    """What goes into a pack: approved variants, and the placements to make them for."""

    variants: list[VariantId] = Field(max_length=MAX_DECISIONS)
    placements: list[str] = Field(max_length=64)
    name: str = Field(default="", max_length=200)


class BrandBody(BaseModel):
    """A brand, as far as a form needs it."""

    slug: str
    name: str
    version: int
    tagline: str
    about: str
    palette: tuple[Swatch, ...]
    templates: tuple[str, ...]
    layouts: tuple[str, ...]
    placements: tuple[str, ...]
    forbidden_words: tuple[str, ...]
    allow_self_review: bool
    logo: str
    logo_on_dark: str


class TemplateBody(BaseModel):
    """A template: the questions of its form, and which of them can be compared."""

    slug: str
    title: str
    summary: str
    fields: tuple[TemplateField, ...]
    axes: tuple[str, ...]


class LayoutBody(BaseModel):
    """A layout: where the product stands and where text goes, in fractions of the canvas."""

    slug: str
    title: str
    summary: str
    family: str
    position: Position
    aspect: str
    product: Box
    copy_space: Box


class BaseModelBody(BaseModel):
    """The base model new runs use."""

    slug: str
    title: str
    about: str
    licence: str
    commercial_use: str


class CatalogueBody(BaseModel):
    """Everything that can be chosen from."""

    brands: list[BrandBody]
    templates: list[TemplateBody]
    layouts: list[LayoutBody]
    placements: list[Placement]
    base_model: BaseModelBody


class PlannedVariantBody(BaseModel):
    """One image that would be made."""

    index: int
    arm: str
    levels: dict[str, str]
    seed: int
    layout: str
    prompt: str
    negative_prompt: str
    width_px: int
    height_px: int
    steps: int
    fingerprint: str


class PlanBody(BaseModel):
    """All variants of a brief and how long they would take; nothing is stored."""

    base_model: str
    seed: int
    estimated_s: float
    variants: list[PlannedVariantBody]


class RunCreated(BaseModel):
    """The number of a run."""

    run: int


class FailureReason(BaseModel):
    """Why a run, or one variant of it, failed."""

    kind: str
    message: str
    hint: str


class Progress(BaseModel):
    """How far a run is. `remaining_s` is null until it can be told."""

    status: RunStatus
    paused: bool
    drawn: int
    total: int
    steps_done: int
    steps_total: int
    queue_position: int
    remaining_s: float | None
    finished: bool
    generator: str = Field(description="Why nothing is drawn at the moment; empty when all is well")


class UploadBody(BaseModel):
    """An uploaded image; put its `id` into the `references` of a brief."""

    id: int
    name: str = Field(description="The file's name, as text to show")
    width_px: int
    height_px: int
    size_bytes: int
    created_at: datetime
    image: str = Field(description="Where the image is: a WebP made from its pixels alone")


class RunBody(BaseModel):
    """One run with its progress."""

    id: int
    name: str
    status: RunStatus
    paused: bool
    brief: Brief
    brand_version: int
    base_model: str
    creator: str
    creator_id: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    variant_count: int
    drawn_count: int
    steps_done: int
    steps_total: int
    estimated_s: float
    remaining_s: float | None
    queue_position: int
    failure: FailureReason | None
    review_counts: dict[ReviewStatus, int]
    cover_sha256: str | None
    cover: str | None = Field(description="Where the thumbnail of the run's best image is")
    references: list[UploadBody] = Field(description="Images to look at beside the variants")


class RunsBody(BaseModel):
    """Runs, newest first; `next_before` asks for the page after this one."""

    runs: list[RunBody]
    next_before: int | None


class Can(BaseModel):
    """What the asking person may do to a variant now."""

    submit: bool
    withdraw: bool
    decide: bool
    reopen: bool
    redraw: bool


class VariantBody(BaseModel):
    """One variant: how it was planned, how it scored, where its review stands."""

    id: int
    run: int
    index: int
    arm: str
    levels: dict[str, str]
    seed: int
    layout: str
    status: RunStatus
    review: ReviewStatus
    version: int = Field(description="How many decisions there were on it")
    rank: int | None
    scores: dict[str, float]
    parts: dict[str, float]
    reason: str
    prompt: str
    negative_prompt: str
    width_px: int
    height_px: int
    fingerprint: str
    sha256: str | None
    image: str | None
    larger: str | None = Field(description="The upscaler's copy, which packs are made from")
    thumb: str | None
    failure: FailureReason | None = Field(description="Why this one alone could not be drawn")
    can: Can


class VariantsBody(BaseModel):
    """Variants in the order people look at them."""

    variants: list[VariantBody]


class DecisionBody(BaseModel):
    """The record of one verdict."""

    id: int
    variant: int
    verdict: Verdict
    reviewer: str
    role: str
    comment: str
    sha256: str
    own_work: bool = Field(description="Whether the reviewer had made it; some brands allow that")
    decided_at: datetime
    supersedes: int | None = Field(description="The decision that this one takes back")
    hash: str = Field(description="Seals this decision and, through the one before, all others")


class HistoryBody(BaseModel):
    """Everything that was said about a variant, oldest first."""

    decisions: list[DecisionBody]


class Decided(BaseModel):
    """A variant whose review moved."""

    variant: int
    review: ReviewStatus
    version: int


class Refused(BaseModel):
    """A variant whose review did not move, and why."""

    variant: int
    kind: str
    error: str
    hint: str


class DecisionsBody(BaseModel):
    """What became of each variant of a request."""

    decided: list[Decided]
    refused: list[Refused]


class PackBody(BaseModel):
    """A pack: finished files for ad channels, as one ZIP."""

    id: int
    name: str
    brand: str
    creator: str
    created_at: datetime
    sha256: str
    size_bytes: int
    rendition_count: int
    problems: tuple[str, ...]
    variant_ids: tuple[int, ...]
    placements: tuple[str, ...]
    file_name: str
    download: str


class WorkerBody(BaseModel):
    """A process that draws."""

    name: str
    host: str
    pid: int
    device: str
    state: WorkerState
    since: datetime
    restarts: int
    last_error: str


class WorkersBody(BaseModel):
    """Every known process that draws, and what is said of them on the pages."""

    workers: list[WorkerBody]
    said: str


class PacksBody(BaseModel):
    """Packs, newest first."""

    packs: list[PackBody]
