"""Working stand-ins for the two things that need a graphics card."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw

from brandstudio.domain.base_model import UpscalerProfile
from brandstudio.domain.lease import Moment
from brandstudio.domain.plan import GenerationParams
from brandstudio.domain.run import RunFailure
from brandstudio.errors import DefectiveImageError, StorageFullError
from brandstudio.services.ports import Exhibit, OnStep
from brandstudio.storage.blobs import Blobs, LocalBlobs


@dataclass
class FlatColour:
    """A Generator that draws a disc on one colour, both taken from the fingerprint."""

    batches: list[tuple[str, ...]] = field(default_factory=list)
    before_step: Callable[[int], None] = lambda _step: None

    def generate(self, batch: Sequence[GenerationParams], *, on_step: OnStep) -> list[Image.Image]:
        self.batches.append(tuple(params.fingerprint for params in batch))
        steps = batch[0].steps
        for step in range(1, steps + 1):
            self.before_step(step)
            on_step(step, steps)
        return [_draw(params) for params in batch]

    def describe(self, params: GenerationParams) -> dict[str, str]:
        return {"device": "none", "dtype": "none", "sampler": "flat colour", "model_hash": "0" * 10}


@dataclass
class FakeScorer:
    """A Scorer that tells images apart by their average colour."""

    def score(self, base_model: str, exhibits: Sequence[Exhibit]) -> list[dict[str, float]]:
        return [_scores(exhibit.image) for exhibit in exhibits]


@dataclass
class StoppingScorer(FakeScorer):
    """A Scorer that tells the worker to end once it has scored a run."""

    stop: threading.Event = field(default_factory=threading.Event)

    def score(self, base_model: str, exhibits: Sequence[Exhibit]) -> list[dict[str, float]]:
        self.stop.set()
        return super().score(base_model, exhibits)


class Stretch:
    """An Upscaler by arithmetic alone."""

    def upscale(self, profile: UpscalerProfile, image: Image.Image) -> Image.Image:
        return image.resize((image.width * profile.scale, image.height * profile.scale))


@dataclass
class Overflowing(FlatColour):
    """A Generator whose model draws nothing for these seeds."""

    seeds: frozenset[int] = frozenset()

    def generate(
        self, batch: Sequence[GenerationParams], *, on_step: OnStep
    ) -> list[Image.Image | RunFailure]:
        images = super().generate(batch, on_step=on_step)
        pairs = zip(batch, images, strict=True)
        return [EMPTY if params.seed in self.seeds else image for params, image in pairs]


EMPTY = RunFailure("DefectiveImageError", "The model drew an empty image", DefectiveImageError.hint)


class BrokenCard(FlatColour):
    """A Generator that fails after its first batch."""

    def generate(self, batch: Sequence[GenerationParams], *, on_step: OnStep) -> list[Image.Image]:
        if self.batches:
            raise RuntimeError("the card is on fire")
        return super().generate(batch, on_step=on_step)


@dataclass(frozen=True)
class SmallDisk(LocalBlobs):
    """A store with room for so many more files."""

    places: int = 0

    def put(self, content: bytes, suffix: str) -> str:
        stored = sum(1 for path in self.folder.rglob("*") if path.is_file())
        if stored >= self.places:
            raise StorageFullError("The disk is full, the file was not stored")
        return super().put(content, suffix)


class Killed(BaseException):
    """The process is gone from one moment to the next; nothing of it handles this."""


@dataclass
class Death:
    """Kills whoever calls it for the given time, and nobody before or after."""

    at: int = 1
    calls: int = 0

    def __call__(self, *_: object) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise Killed


@dataclass
class DyingStore:
    """A store whose writer dies before, or only just after, a file is stored."""

    store: Blobs
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    def put(self, content: bytes, suffix: str) -> str:
        self.before()
        sha256 = self.store.put(content, suffix)
        self.after()
        return sha256

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@dataclass
class DyingScorer(FakeScorer):
    """A Scorer whose process dies once, after it has scored."""

    death: Death = field(default_factory=Death)

    def score(self, base_model: str, exhibits: Sequence[Exhibit]) -> list[dict[str, float]]:
        scores = super().score(base_model, exhibits)
        self.death()
        return scores


@dataclass
class LeaseClock:
    """The clock of leases, moved by the test; `boot` changes when the machine starts again."""

    boot: str = "boot-1"
    s: float = 1_000.0

    def __call__(self, _session: object) -> Moment:
        return Moment(self.boot, self.s)


@dataclass
class Gate:
    """Holds a generator between two steps until the test lets it go on."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def __call__(self, step: int) -> None:
        self.reached.set()
        if not self.opened.wait(timeout=30):
            raise TimeoutError("the test never opened the gate")


def _draw(params: GenerationParams) -> Image.Image:
    image = Image.new("RGB", (params.width_px, params.height_px), f"#{params.fingerprint[:6]}")
    if params.control:
        box = params.control.drawing.product.pixels(params.width_px, params.height_px)
        ImageDraw.Draw(image).ellipse(box, fill=f"#{params.fingerprint[6:12]}")
    return image


def _scores(image: Image.Image) -> dict[str, float]:
    red, green, blue = image.resize((1, 1)).getpixel((0, 0))  # pyright: ignore
    return {
        "clip": red / 255,
        "aesthetic": green / 25.5,
        "palette": blue / 5,
        "copy_space": (red + green) / 510,
        "sharpness": float(blue % 7),
    }
