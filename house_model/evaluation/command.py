"""The command `evaluate`: part after part, each written to the file as soon as it is measured."""

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from house_model.evaluation.brands import brands
from house_model.evaluation.drawers import Drawers
from house_model.evaluation.networks import autoencoder, rankers, upscaler
from house_model.evaluation.prompt_following import (
    copy_space,
    drafts,
    layouts,
    likeness,
    ruler,
    text,
)
from house_model.evaluation.record import (
    checksums,
    read_record,
    this_run,
    with_history,
    with_part,
    write_record,
)
from house_model.evaluation.setup import Findings, Setup, read_layouts, read_profile
from house_model.evaluation.speed import speed
from house_model.training.judge import read_judge

log = logging.getLogger(__name__)

PARTS: Mapping[str, Callable[[Setup], Findings]] = {
    "ruler": ruler,
    "autoencoder": autoencoder,
    "rankers": rankers,
    "upscaler": upscaler,
    "text": text,
    "layouts": layouts,
    "copy_space": copy_space,
    "likeness": likeness,
    "brands": brands,
    "drafts": drafts,
    "speed": speed,
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a person asks for; `pictures` keeps what was drawn, so that a restart is cheap."""

    weights: Path
    loras: Path
    presets: Path
    judge: Path
    out: Path
    sheets: Path
    pictures: Path
    prompts: int
    seeds: int
    processes: int
    only: Sequence[str]


def evaluate(order: Measurement) -> None:
    """Measure the parts, write `out` after each, and keep what it says about the others."""
    names = list(order.only) or list(PARTS)
    weights = checksums(order.weights, order.loras, order.judge)
    run = this_run(datetime.now(UTC), _command(order), weights)
    record = read_record(order.out)
    with Drawers(_current(order.pictures, weights["base"]), order.processes) as drawers:
        setup = _setup(order, drawers)
        for number, name in enumerate(names, 1):
            log.info("part %d of %d: %s", number, len(names), name)
            started = time.monotonic()
            found = PARTS[name](setup)
            record = with_part(record, run, name, found.figures, found.pictures)
            write_record(record, order.out)
            _save_sheets(order.sheets, found)
            log.info("%s took %.1f minutes", name, (time.monotonic() - started) / 60)
    write_record(with_history(record, run, names), order.out)
    log.info("wrote %s; sheets are in %s", order.out, order.sheets)


def _setup(order: Measurement, drawers: Drawers) -> Setup:
    return Setup(
        weights=order.weights,
        loras=order.loras,
        judge=read_judge(order.judge),
        drawers=drawers,
        profile=read_profile(order.presets),
        layouts=read_layouts(order.presets),
        prompts=order.prompts,
        seeds=order.seeds,
    )


def _command(order: Measurement) -> str:
    only = f" --only {' '.join(order.only)}" if order.only else ""
    return (
        f"python -m house_model evaluate --prompts {order.prompts} "
        f"--seeds {order.seeds} --processes {order.processes}{only}"
    )


def _current(pictures: Path, base: str) -> Path:
    """The folder of this base's pictures; those of earlier weights are dropped."""
    chosen = pictures / base[:16]
    for folder in pictures.glob("*"):
        if folder != chosen:
            shutil.rmtree(folder, ignore_errors=True)
    return chosen


def _save_sheets(folder: Path, found: Findings) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in found.sheets.items():
        image.save(folder / f"{name}.webp", quality=85)
