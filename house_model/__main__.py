"""`python -m house_model`: train a stage, measure the weights, look at scenes."""

import argparse
import dataclasses
import logging
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

# Before torch is loaded: OpenMP threads that spin at barriers ruin a shared machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from brandstudio.weights import WEIGHTS
from house_model.evaluation.command import PARTS, Measurement, evaluate
from house_model.evaluation.drawing import Style, drawn
from house_model.evaluation.held_out import Task, contact_scenes
from house_model.evaluation.setup import read_profile
from house_model.evaluation.sheets import sheet
from house_model.scenes.captions import caption
from house_model.scenes.looks import BRAND_LOOKS, NATURAL, Look
from house_model.scenes.scene import render, sample_scene
from house_model.sets.command import add_outlines, add_render, add_tune
from house_model.training import judge, stages
from house_model.training.folders import training_folder

RESULT = Path("benchmarks") / "results" / "house-model.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    options.command(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m house_model", description=__doc__)
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train", help="train or resume one stage")
    train.add_argument("stage", choices=stages.STAGES)
    train.add_argument("--brand", choices=list(BRAND_LOOKS), default="")
    train.add_argument("--minutes", type=float, help="train this long instead of the usual time")
    train.add_argument("--processes", type=int, default=1, help="one per core, for the base")
    train.add_argument("--scenes", type=int, default=10_000, help="how many scenes to render")
    train.add_argument("--lora", type=Path, help="go on from this LoRA")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--weights", type=Path, default=WEIGHTS)
    train.set_defaults(command=_train)
    _add_evaluate(commands.add_parser("evaluate", help="measure the weights, write the figures"))
    contact = commands.add_parser("contact-sheet", help="have the weights draw every look")
    contact.add_argument("--weights", type=Path, default=WEIGHTS)
    contact.add_argument("--loras", type=Path, default=Path("lora_weights"))
    contact.add_argument("--lora-scale", type=float, default=1.0)
    contact.add_argument("file", type=Path)
    contact.set_defaults(command=_contact_sheet)
    renders = commands.add_parser("render-sheet", help="save drawn scenes as one image")
    renders.add_argument("--look", choices=["natural", *BRAND_LOOKS], default="natural")
    renders.add_argument("--seed", type=int, default=0)
    renders.add_argument("file", type=Path)
    renders.set_defaults(command=_render_sheet)
    add_render(commands.add_parser("render", help="render lit studio sets; resumes where it was"))
    add_tune(commands.add_parser("tune-autoencoder", help="tune the autoencoder on rendered sets"))
    add_outlines(commands.add_parser("outlines", help="write the products' outlines as SVG files"))
    return parser


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    home = training_folder() / "evaluation"
    parser.add_argument("--prompts", type=int, default=256, help="scenes, of text and of layouts")
    parser.add_argument("--seeds", type=int, default=2, help="pictures of each scene")
    parser.add_argument("--processes", type=int, default=2, help="one per free core")
    parser.add_argument("--out", type=Path, default=RESULT, help="the file of figures")
    parser.add_argument("--sheets", type=Path, default=home / "sheets", help="where sheets go")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=[], metavar="NAME")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--loras", type=Path, default=Path("lora_weights"))
    parser.add_argument("--presets", type=Path, default=Path("presets"))
    parser.add_argument("--judge", type=Path, default=training_folder() / "judge" / judge.FILE)
    parser.set_defaults(command=_evaluate, pictures=home / "pictures")


def _train(options: argparse.Namespace) -> None:
    if options.stage in stages.NEEDS_BRAND and not options.brand:
        sys.exit(f"The stage '{options.stage}' needs --brand.")
    fields = {field.name for field in dataclasses.fields(stages.Order)}
    stages.train(stages.Order(**{k: v for k, v in vars(options).items() if k in fields}))


def _evaluate(options: argparse.Namespace) -> None:
    if not options.judge.exists():
        sys.exit("There is no judge yet: python -m house_model train judge")
    torch.set_num_threads(1)
    fields = {field.name for field in dataclasses.fields(Measurement)}
    evaluate(Measurement(**{k: v for k, v in vars(options).items() if k in fields}))


def _contact_sheet(options: argparse.Namespace) -> None:
    """One row per look, the natural one first; seeds and scenes are always the same."""
    quality = read_profile(Path("presets")).final
    plain = Style(options.weights, quality.steps, quality.guidance_scale)
    rows = _drawn_row(plain, NATURAL)
    for brand, look in BRAND_LOOKS.items():
        lora = options.loras / brand / f"{brand}.safetensors"
        rows += _drawn_row(replace(plain, lora=lora, lora_scale=options.lora_scale), look)
    sheet(rows, len(contact_scenes(NATURAL))).save(options.file, quality=82)


def _drawn_row(style: Style, look: Look) -> list[np.ndarray]:
    scenes = enumerate(contact_scenes(look))
    tasks = [Task(scene, caption(scene, random.Random(0)), seed) for seed, scene in scenes]
    return [
        picture
        for start in range(0, len(tasks), 4)
        for picture in drawn(style, tasks[start : start + 4])
    ]


def _render_sheet(options: argparse.Namespace) -> None:
    look = BRAND_LOOKS.get(options.look, NATURAL)
    rng = random.Random(options.seed)
    scenes = [sample_scene(rng, look=look, size="1:1") for _ in range(24)]
    sheet([render(scene) for scene in scenes], 8).save(options.file)


if __name__ == "__main__":
    sys.exit(main())
