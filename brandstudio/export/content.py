"""Everything a pack is built from, and what came of it. Export reads no presets and no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from brandstudio.domain.arrangement import Overlay
from brandstudio.domain.brand import Brand
from brandstudio.domain.layout import Layout
from brandstudio.domain.pack import RenditionProblem
from brandstudio.domain.placement import Placement
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.review import Decision
from brandstudio.domain.run import UpscaledImage

Read = Callable[[], bytes]
"""Reads a stored file when it is its turn: those of a whole pack may not fit into memory."""


@dataclass(frozen=True, slots=True)
class BrandFiles:
    """The brand's locked files, already read: SVG as text, fonts as the bytes of the file."""

    logo_svg: str
    logo_on_dark_svg: str
    headline_font: bytes
    body_font: bytes
    licence: str
    """The text of the fonts' licence; it goes into the pack's LICENSES folder."""


@dataclass(frozen=True, slots=True)
class PackAsset:
    """An approved variant with its image and where it came from."""

    variant_id: int
    run_id: int
    arm: str
    levels: Mapping[str, str]
    template: str
    layout: Layout
    overlay: Overlay
    max_upscale: float
    upscaled: UpscaledImage | None
    """The upscaled copy that renditions are made from, and the upscaler that made it."""
    read_upscaled_png: Read | None
    read_png: Read
    """Exactly the bytes that were approved; their sha256 is the decision's."""
    params: GenerationParams
    described: Mapping[str, str]
    """What the generator's `describe` said about these parameters."""
    scores: Mapping[str, float]
    rank: int | None
    decision: Decision


@dataclass(frozen=True, slots=True)
class PackContent:
    """One pack, before it is built."""

    title: str
    brand: Brand
    files: BrandFiles
    assets: tuple[PackAsset, ...]
    placements: tuple[Placement, ...]
    as_of: datetime
    """When the newest decision in it was taken: stamped on everything inside the pack.

    No clock is read, so that the same choice of the same approvals gives the same bytes whenever
    it is built; when that was is in the row of the pack.
    """
    decision_chain_head: str = ""
    """The hash of that decision: outside the house it proves the log up to there."""


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file inside a pack."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RenditionNote:
    """Something to know about a rendition that was made: upscaled far, or a text left out."""

    placement: str
    variant_id: int
    path: str
    note: str


@dataclass(frozen=True, slots=True)
class PackReport:
    """What a finished pack holds, and what could not be made."""

    files: tuple[PackFile, ...]
    renditions: int
    problems: tuple[RenditionProblem, ...]
    notes: tuple[RenditionNote, ...]
    size_bytes: int
    sha256: str
