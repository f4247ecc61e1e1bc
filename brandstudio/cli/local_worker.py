"""The concrete parts of a worker. Importing this loads torch."""

import threading

from brandstudio.imaging.compute import choose_compute
from brandstudio.imaging.generator import build_generator
from brandstudio.imaging.scorers.studio import build_scorer
from brandstudio.imaging.upscaler import build_upscaler
from brandstudio.services import runs
from brandstudio.services.people.users import operator
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import OnProgress, Worker, carry_out, give_back
from brandstudio.services.work.workers import present, worker_name


def build_worker(studio: Studio, name: str, stop: threading.Event | None = None) -> Worker:
    """A worker on this process's own device."""
    settings = studio.settings
    generator = build_generator(
        studio.catalogue, studio.presets.lora_files, device=settings.device, dtype=settings.dtype
    )
    scorer = build_scorer(studio.catalogue, device=settings.device)
    upscaler = build_upscaler(device=settings.device)
    return Worker(
        studio=studio,
        generator=generator,
        scorer=scorer,
        upscaler=upscaler,
        name=name,
        device=str(choose_compute(settings.device, settings.dtype).device),
        stop=stop or threading.Event(),
    )


def draw_here(studio: Studio, run_id: int, on_progress: OnProgress) -> None:
    """Carry out a run in this process, beside whatever other worker draws of it, until it ends.

    Interrupted from the keyboard, the run is cancelled and what is drawn stays.
    """
    name = worker_name()
    with present(studio, name):
        worker = build_worker(studio, name)
        try:
            carry_out(worker, run_id, on_progress)
        except KeyboardInterrupt:
            give_back(worker)
            runs.cancel(studio, run_id, person=operator(studio))
            raise
