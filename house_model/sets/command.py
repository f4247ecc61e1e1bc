# pyright: basic
# argparse hands over untyped options.
"""The commands of the sets: `render` and `tune-autoencoder`, which resume, and `outlines`."""

import argparse
import logging
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from brandstudio.weights import WEIGHTS
from house_model.sets.autoencoder import USUAL, tune
from house_model.sets.captions import caption
from house_model.sets.looks import look_names
from house_model.sets.outlines import write_outlines
from house_model.sets.renderer import FAST, SLOW, engine, render
from house_model.sets.scene import SETTINGS, SIZES, sample_scene
from house_model.sets.shards import VERSION, RenderOrder, render_shards
from house_model.sets.stage import build
from house_model.training.folders import training_folder

log = logging.getLogger(__name__)


def add_render(parser: argparse.ArgumentParser) -> None:
    """The options of `render`."""
    parser.add_argument("--folder", type=Path, default=training_folder() / "sets")
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--last", type=int, default=1000, help="number after the last shard")
    parser.add_argument("--scenes", type=int, default=16, help="scenes to a shard")
    parser.add_argument("--samples", type=int, default=6, help="rays to a pixel before denoising")
    parser.add_argument("--bare-share", type=float, default=0.3, help="pictures without product")
    parser.add_argument(
        "--large-share", type=float, default=0.01, help="twins at 4 times the width"
    )
    parser.add_argument("--variant", choices=(FAST, SLOW), default=FAST, help="slow needs no LLVM")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--version", default=VERSION, help="folder and seed of these shards")
    parser.add_argument("--sheet", type=Path, help="render one sheet into this file instead")
    parser.add_argument("--look", choices=look_names(), default="natural", help="of the sheet")
    parser.add_argument("--size", choices=list(SIZES), default="1:1", help="of the sheet")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=SETTINGS)
    parser.add_argument("--seed", type=int, default=0, help="of the sheet")
    parser.add_argument("--number", type=int, default=24, help="pictures on the sheet")
    parser.set_defaults(command=run_render)


def run_render(options: argparse.Namespace) -> None:
    """Render shards, or one sheet."""
    engine(options.variant, options.threads)
    if options.sheet:
        _sheet(options)
        return
    render_shards(
        RenderOrder(
            folder=options.folder,
            first=options.first,
            last=options.last,
            scenes=options.scenes,
            samples=options.samples,
            bare_share=options.bare_share,
            large_share=options.large_share,
            variant=options.variant,
            version=options.version,
        )
    )


def add_outlines(parser: argparse.ArgumentParser) -> None:
    """The options of `outlines`."""
    parser.add_argument("folder", type=Path, help="where the twelve SVG files go")
    parser.set_defaults(command=lambda options: write_outlines(options.folder))


def add_tune(parser: argparse.ArgumentParser) -> None:
    """The options of `tune-autoencoder`."""
    parser.add_argument("--sets", type=Path, default=training_folder() / "sets")
    parser.add_argument("--folder", type=Path, default=training_folder() / "sets-vae")
    parser.add_argument("--start", type=Path, default=WEIGHTS / "base" / "vae")
    parser.add_argument("--minutes", type=float, default=USUAL.minutes)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(command=run_tune)


def run_tune(options: argparse.Namespace) -> None:
    """Tune the autoencoder; a second start goes on at the last checkpoint."""
    torch.set_num_threads(options.threads)
    plan = replace(USUAL, minutes=options.minutes)
    tune(plan, options.folder, sets=options.sets, start=options.start, seed=options.seed)


def _sheet(options: argparse.Namespace) -> None:
    from PIL import Image  # noqa: PLC0415

    rng, pictures = random.Random(options.seed), list[np.ndarray]()
    while len(pictures) < options.number:
        scene = sample_scene(rng, look=options.look, size=options.size)
        if scene.setting not in options.settings:
            continue
        picture = render(
            build(scene), samples=options.samples, seed=scene.seed % 2**31, variant=options.variant
        )
        pictures.append(picture.beauty)
        log.info("%d: %s", len(pictures), caption(scene, rng))
    rows = [np.concatenate(pictures[i : i + 6], 1) for i in range(0, options.number - 5, 6)]
    Image.fromarray(np.concatenate(rows)).save(options.sheet)
