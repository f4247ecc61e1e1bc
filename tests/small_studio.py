"""A studio whose images come from the shipped model itself, only small: four take a second."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import tqdm

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brief import BriefForm, read_form
from brandstudio.imaging.generator import build_generator
from brandstudio.imaging.scorers.studio import build_scorer
from brandstudio.imaging.upscaler import build_upscaler
from brandstudio.presets import Presets
from brandstudio.services import runs
from brandstudio.services.people import users
from brandstudio.services.ports import Generator, Scorer, Upscaler
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.settings import Settings
from brandstudio.storage.blobs import Blobs, open_blobs
from brandstudio.storage.engine.database import open_database
from tests.filling import BRIEF

PX, STEPS, PER_RUN = 64, 2, 4


@dataclass(frozen=True, slots=True)
class Parts:
    """The model, the scorer and the upscaler, loaded: what a worker draws with."""

    generator: Generator
    scorer: Scorer
    upscaler: Upscaler


@dataclass(frozen=True, slots=True)
class Image:
    """What a variant's image must be, however often its worker died: hashes of both files."""

    sha256: str
    upscaled: str


def small_studio(
    folder: Path, *, database_url: str = "", blobs: str = "", batch_size: int = PER_RUN
) -> Studio:
    """A studio in that folder which draws 64 pixels in two steps, and has no quota."""
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        blobs=blobs,
        device="cpu",
        dtype="float32",
        reserve_gb=0.0,
        daily_quota=0,
    )
    studio = build_studio(settings)
    return replace(studio, presets=_small(studio.presets, batch_size))


def reopened(studio: Studio, blobs: Blobs | None = None) -> Studio:
    """The studio with connections of its own, as a process that has just started has them."""
    settings = studio.settings
    return replace(
        studio,
        database=open_database(settings.database),
        blobs=blobs or open_blobs(settings.blobs, settings.data_dir),
        draw_token=lambda: secrets.token_urlsafe(32),
    )


def loaded(studio: Studio) -> Parts:
    """Everything that draws, in one thread, so that this process may be forked afterwards."""
    torch.set_num_threads(1)
    tqdm.tqdm.monitor_interval = 0
    return Parts(
        generator=build_generator(
            studio.catalogue, studio.presets.lora_files, device="cpu", dtype="float32"
        ),
        scorer=build_scorer(studio.catalogue, device="cpu"),
        upscaler=build_upscaler(device="cpu"),
    )


def form(seed: int) -> BriefForm:
    """A brief for four images."""
    return read_form(content(seed))


def content(seed: int) -> dict[str, object]:
    """The same as a program sends it."""
    return BRIEF | {"seeds_per_arm": PER_RUN // 2, "seed": seed}  # two settings


def undisturbed(studio: Studio, parts: Parts, seeds: Iterable[int]) -> dict[str, Image]:
    """The images of these seeds by fingerprint, drawn by one worker that nothing happens to.

    A seed that was drawn before in this studio costs nothing.
    """
    maker = users.operator(studio)
    worker = Worker(studio, parts.generator, parts.scorer, parts.upscaler, name="undisturbed:1")
    found: dict[str, Image] = {}
    for seed in seeds:
        run = runs.submit(studio, form(seed), person=maker, idempotency_key=f"seed-{seed}")
        carry_out(worker, run)
        for variant in runs.variants(studio, run, person=maker):
            if variant.sha256 is None or variant.upscaled is None:
                raise RuntimeError(
                    f"run {run} was not drawn: {runs.get(studio, run, person=maker)}"
                )
            found[variant.fingerprint] = Image(variant.sha256, variant.upscaled.sha256)
    return found


def _small(presets: Presets, batch_size: int) -> Presets:
    house = presets.catalogue.base_model("house")
    models = dict(presets.catalogue.base_models) | {"house": _small_model(house, batch_size)}
    return replace(presets, catalogue=replace(presets.catalogue, base_models=models))


def _small_model(house: BaseModelProfile, batch_size: int) -> BaseModelProfile:
    allowed = house.allowed.but(steps={"least": STEPS, "most": 30})
    return house.but(
        sizes={aspect: {"width_px": PX, "height_px": PX} for aspect in house.sizes},
        allowed=allowed,
        draft=house.draft.but(steps=STEPS),
        final=house.final.but(steps=STEPS),
        batch_size=batch_size,
    )
