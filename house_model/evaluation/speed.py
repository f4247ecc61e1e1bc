"""Seconds: loading the family, and drawing eight pictures at once with two threads."""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import torch

from brandstudio.imaging.library_noise import expected_warnings_hidden
from house_model.evaluation.drawing import Style, drawn_by, open_pipeline
from house_model.evaluation.held_out import square_scenes, tasks_of
from house_model.evaluation.setup import Findings, Setup

_AT_ONCE, _THREADS, _ROUNDS = 8, 2, 2


def speed(setup: Setup) -> Findings:
    """Measured in a process of its own; a busy machine makes every time longer."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        figures: dict[str, Any] = pool.submit(_measured, setup.final, setup.draft).result()
    return Findings(figures, _AT_ONCE * _ROUNDS * 3)


def _measured(final: Style, draft: Style) -> dict[str, Any]:
    torch.set_num_threads(_THREADS)
    load = os.getloadavg()[0]
    started = time.perf_counter()
    open_pipeline(final.weights)
    load_s = time.perf_counter() - started
    kinds = {
        "final": final,
        "final_text_alone": replace(final, with_layout=False),
        "draft": draft,
    }
    each = {name: round(_seconds_each(style), 3) for name, style in kinds.items()}
    return {
        "load_s": round(load_s, 2),
        "seconds_each": each,
        "final_to_draft": round(each["final"] / each["draft"], 2),
        "at_once": _AT_ONCE,
        "threads": _THREADS,
        "load_before": round(load, 2),
    }


def _seconds_each(style: Style) -> float:
    """The faster of two rounds, after a short one that warms up."""
    tasks = tasks_of(square_scenes("text", _AT_ONCE))
    rounds: list[float] = []
    with expected_warnings_hidden():
        pipe = open_pipeline(style.weights, draft_lora=style.draft_lora)
        drawn_by(pipe, tasks, replace(style, steps=2))
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            drawn_by(pipe, tasks, style)
            rounds.append(time.perf_counter() - started)
    return min(rounds) / _AT_ONCE
