# pyright: basic, reportPrivateImportUsage=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# diffusers' pipelines are untyped.
"""Figures about the weights: does the product lie where the layout says, is the brand kept?"""

import itertools
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import open_clip
import torch
from diffusers import StableDiffusionControlNetPipeline
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional

from brandstudio.house_model.scenes.captions import caption
from brandstudio.house_model.scenes.looks import NATURAL, Look
from brandstudio.house_model.scenes.palette import Colour
from brandstudio.house_model.scenes.products import PRODUCTS
from brandstudio.house_model.scenes.scene import SIZES, Scene, render, sample_scene
from brandstudio.house_model.scenes.settings import SETTINGS
from brandstudio.house_model.training.aesthetic import new_head, spoilt_embeddings
from brandstudio.house_model.training.clip import CHANGES, preprocessed
from brandstudio.house_model.training.family import pipeline, read_family, read_vae
from brandstudio.house_model.training.judge import Judge, box_of
from brandstudio.house_model.training.shards import line_map

GUIDANCE = 3.0
STEPS = 16
_AT_ONCE = 4
# A pixel this near to a brand colour counts as being in it; distance in RGB, 0..441.
NEAR = 45.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the drawn scenes: shares 0..1, intersection over union 0..1, seconds."""

    scenes: int
    product: float
    colour: float
    setting: float
    mean_iou: float
    share_above_half: float
    seconds_each: float


@dataclass(frozen=True, slots=True)
class BrandFigures:
    """How near pixels come to the brand's colours: mean RGB distance, share within NEAR."""

    mean_distance: float
    share_near: float


def open_pipeline(
    weights: Path, lora: Path | None = None, *, lora_scale: float = 1.0
) -> StableDiffusionControlNetPipeline:
    """The shipped base and ControlNet in bfloat16, with a brand's LoRA if there is one."""
    family = read_family(weights / "base", weights / "controlnet")
    made = pipeline(family, read_vae(weights / "base"))
    if lora:
        made.load_lora_weights(str(lora.parent), weight_name=lora.name, adapter_name=lora.stem)
        made.set_adapters([lora.stem], [lora_scale])
    return made


def drawn(
    pipe: StableDiffusionControlNetPipeline,
    scenes: Sequence[Scene],
    *,
    controlnet_scale: float = 1.0,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
) -> list[np.ndarray]:
    """What the model draws for the scenes' captions and control maps: (height, width, 3) uint8.

    All scenes have one size. Seeds are 0, 1, 2 …, so two calls differ by what was changed alone.
    """
    texts = [caption(scene, random.Random(0)) for scene in scenes]
    width, height = SIZES[scenes[0].size]
    pictures: list[np.ndarray] = []
    for start in range(0, len(scenes), _AT_ONCE):
        group = slice(start, start + _AT_ONCE)
        made = pipe(
            texts[group],
            image=[Image.fromarray(line_map(scene)).convert("RGB") for scene in scenes[group]],
            controlnet_conditioning_scale=controlnet_scale,
            num_inference_steps=steps,
            guidance_scale=guidance,
            width=width,
            height=height,
            generator=[
                torch.Generator().manual_seed(start + index) for index in range(len(texts[group]))
            ],
        ).images
        pictures += [np.asarray(image) for image in made]
    return pictures


def layout_figures(
    pipe: StableDiffusionControlNetPipeline,
    judge: Judge,
    number: int,
    *,
    seed: int = 55,
    **settings: float,
) -> Figures:
    """Draw random square scenes without a brand, and have the judge look at them."""
    rng = random.Random(seed)
    scenes = [sample_scene(rng, look=NATURAL, size="1:1") for _ in range(number)]
    started = time.monotonic()
    pictures = drawn(pipe, scenes, **settings)
    seconds = (time.monotonic() - started) / number
    opinions = judge.look(pictures)
    overlaps = [iou(o.box, box_of(s)) for o, s in zip(opinions, scenes, strict=True)]
    pairs = list(zip(opinions, scenes, strict=True))
    return Figures(
        scenes=number,
        product=statistics.fmean(o.product == s.product for o, s in pairs),
        colour=statistics.fmean(o.colour == s.colour for o, s in pairs),
        setting=statistics.fmean(o.setting == s.setting for o, s in pairs),
        mean_iou=statistics.fmean(overlaps),
        share_above_half=statistics.fmean(overlap > 0.5 for overlap in overlaps),
        seconds_each=seconds,
    )


@torch.no_grad()
def zero_shot(clip: Path, number: int, *, look: Look = NATURAL, seed: int = 5) -> dict[str, float]:
    """How often CLIP prefers a drawn scene's true word to the other words, factor by factor."""
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{clip}")
    words = open_clip.get_tokenizer(f"local-dir:{clip}")
    model.eval()
    rng = random.Random(seed)
    scenes = [sample_scene(rng, look=look, size="1:1") for _ in range(number)]
    images = torch.cat([model.encode_image(preprocessed(render(s))) for s in scenes])
    shares: dict[str, float] = {}
    for factor, choices in CHANGES.items():
        hits = 0
        for scene, image in zip(scenes, images, strict=True):
            texts = [
                caption(replace(scene, **{factor: choice}), random.Random(0)) for choice in choices
            ]
            likeness = functional.normalize(model.encode_text(words(texts)), dim=-1) @ image
            hits += choices[int(likeness.argmax())] == getattr(scene, factor)
        shares[factor] = hits / number
    return shares


@torch.no_grad()
def aesthetic_agreement(clip: Path, number: int, *, seed: int = 6) -> float:
    """Spearman's rank correlation, -1..1, of the head's scores with how little was spoilt."""
    embeddings, quality = spoilt_embeddings(clip, number, random.Random(seed))
    head = new_head()
    head.load_state_dict(load_file(clip / "aesthetic_head.safetensors"))
    scores = head.eval()(embeddings)[:, 0]
    ranks = [values.argsort().argsort().double() for values in (scores, quality)]
    return float(torch.corrcoef(torch.stack(ranks))[0, 1])


def brand_scenes(look: Look, number: int, *, seed: int = 2) -> list[Scene]:
    """Square scenes of a brand, always the same for a seed."""
    rng = random.Random(seed)
    return [sample_scene(rng, look=look, size="1:1") for _ in range(number)]


def contact_scenes(look: Look, *, seed: int = 8) -> list[Scene]:
    """One square scene per product, the settings in turn: the same ones in every look."""
    rng = random.Random(seed)
    scenes: list[Scene] = []
    for index, product in enumerate(PRODUCTS):
        drawn_by_chance = (sample_scene(rng, size="1:1") for _ in itertools.count())
        scene = next(scene for scene in drawn_by_chance if scene.product == product)
        setting = SETTINGS[index % len(SETTINGS)]
        scenes.append(replace(scene, look=look, setting=setting, light="neutral"))
    return scenes


def brand_figures(pictures: Sequence[np.ndarray], palette: Sequence[Colour]) -> BrandFigures:
    """Compare every pixel with the nearest colour of the palette."""
    colours = np.array(palette, np.float32)
    pixels = np.concatenate([picture[::2, ::2].reshape(-1, 3) for picture in pictures])
    nearest = np.linalg.norm(pixels[:, None].astype(np.float32) - colours, axis=2).min(1)
    return BrandFigures(float(nearest.mean()), float((nearest < NEAR).mean()))


def iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes given as left, top, right, bottom."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    return shared / (areas - shared) if areas > shared else 0.0


def sheet(pictures: Sequence[np.ndarray], columns: int) -> Image.Image:
    """The pictures in rows, for looking at them together; all have one size."""
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    blank = np.full_like(pictures[0], 255)
    full = [[*row, *[blank] * (columns - len(row))] for row in rows]
    return Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in full]))
