# pyright: basic
# argparse hands over untyped options.
"""`python -m brandstudio.house_model`: train a stage, measure the weights, look at scenes."""

import argparse
import dataclasses
import json
import logging
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

# Before torch is loaded: OpenMP threads that spin at barriers ruin a shared machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from brandstudio.house_model import WEIGHTS, evaluation
from brandstudio.house_model.scenes.looks import BRAND_LOOKS, NATURAL
from brandstudio.house_model.scenes.scene import render, sample_scene
from brandstudio.house_model.training import stages
from brandstudio.house_model.training.judge import read_judge
from brandstudio.house_model.training.workshop import workshop


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    options.command(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m brandstudio.house_model", description=__doc__)
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
    evaluate = commands.add_parser("evaluate", help="print figures as JSON")
    evaluate.add_argument("--weights", type=Path, default=WEIGHTS)
    evaluate.add_argument(
        "--lora", type=Path, help="measure this brand file instead of the layouts"
    )
    evaluate.add_argument("--judge", type=Path, default=workshop() / "judge" / "judge.pt")
    evaluate.add_argument("--number", type=int, default=24)
    evaluate.add_argument("--sheet", type=Path, help="also save the pictures as one image")
    evaluate.set_defaults(command=_evaluate)
    contact = commands.add_parser("contact-sheet", help="have the weights draw every look")
    contact.add_argument("--weights", type=Path, default=WEIGHTS)
    contact.add_argument("--loras", type=Path, default=Path("lora_weights"))
    contact.add_argument("--lora-scale", type=float, default=1.0)
    contact.add_argument("file", type=Path)
    contact.set_defaults(command=_contact_sheet)
    sheet = commands.add_parser("render-sheet", help="save drawn scenes as one image")
    sheet.add_argument("--look", choices=["natural", *BRAND_LOOKS], default="natural")
    sheet.add_argument("--seed", type=int, default=0)
    sheet.add_argument("file", type=Path)
    sheet.set_defaults(command=_render_sheet)
    return parser


def _train(options: argparse.Namespace) -> None:
    if options.stage in stages.NEEDS_BRAND and not options.brand:
        sys.exit(f"The stage '{options.stage}' needs --brand.")
    fields = {field.name for field in dataclasses.fields(stages.Order)}
    stages.train(stages.Order(**{k: v for k, v in vars(options).items() if k in fields}))


def _evaluate(options: argparse.Namespace) -> None:
    figures = _brand_figures(options) if options.lora else _layout_figures(options)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _layout_figures(options: argparse.Namespace) -> dict[str, object]:
    pipe, judge = evaluation.open_pipeline(options.weights), read_judge(options.judge)
    clip, number = options.weights / "clip", 5 * options.number
    figures: dict[str, object] = {
        f"clip, {look.name} look": evaluation.zero_shot(clip, number, look=look)
        for look in (NATURAL, *BRAND_LOOKS.values())
    }
    figures["aesthetic rank correlation"] = evaluation.aesthetic_agreement(clip, number)
    for scale in (1.0, 0.0):
        found = evaluation.layout_figures(pipe, judge, options.number, controlnet_scale=scale)
        figures[f"controlnet_scale {scale:g}"] = dataclasses.asdict(found)
    return figures


def _brand_figures(options: argparse.Namespace) -> dict[str, object]:
    look = BRAND_LOOKS[options.lora.stem]
    scenes = evaluation.brand_scenes(look, options.number)
    pictures = {
        "without the lora": evaluation.drawn(evaluation.open_pipeline(options.weights), scenes),
        "with the lora": evaluation.drawn(
            evaluation.open_pipeline(options.weights, options.lora), scenes
        ),
        "drawn scenes": [render(scene) for scene in scenes],
    }
    if options.sheet:
        every = [picture for group in pictures.values() for picture in group]
        evaluation.sheet(every, options.number).save(options.sheet)
    return {
        name: dataclasses.asdict(evaluation.brand_figures(group, look.palette))
        for name, group in pictures.items()
    }


def _contact_sheet(options: argparse.Namespace) -> None:
    """One row per look, the natural one first; seeds and scenes are always the same."""
    rows = evaluation.drawn(
        evaluation.open_pipeline(options.weights), evaluation.contact_scenes(NATURAL)
    )
    for brand, look in BRAND_LOOKS.items():
        lora = options.loras / brand / f"{brand}.safetensors"
        pipe = evaluation.open_pipeline(options.weights, lora, lora_scale=options.lora_scale)
        rows += evaluation.drawn(pipe, evaluation.contact_scenes(look))
    made = evaluation.sheet(rows, 8)
    made.save(options.file, quality=82)


def _render_sheet(options: argparse.Namespace) -> None:
    look = BRAND_LOOKS.get(options.look, NATURAL)
    rng = random.Random(options.seed)
    scenes = [sample_scene(rng, look=look, size="1:1") for _ in range(24)]
    evaluation.sheet([render(scene) for scene in scenes], 8).save(options.file)


if __name__ == "__main__":
    sys.exit(main())
