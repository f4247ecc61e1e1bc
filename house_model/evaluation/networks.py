"""The networks beside the UNet, one by one: autoencoder, CLIP with its head, upscaler."""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from PIL import Image

from brandstudio.checksums import file_sha256, folder_sha256
from brandstudio.imaging.compute import choose_compute
from brandstudio.imaging.scorers.clip import ClipScorer
from brandstudio.imaging.upscale import load_upscaler
from house_model.evaluation.held_out import (
    any_scenes,
    chance,
    positioned_caption,
    scenes_of_every_look,
    square_scenes,
)
from house_model.evaluation.metrics import psnr_db, spearman
from house_model.evaluation.setup import Findings, Setup
from house_model.evaluation.sheets import difference, enlarged, sheet
from house_model.scenes.captions import caption
from house_model.scenes.degradations import degraded
from house_model.scenes.looks import BRAND_LOOKS, NATURAL, Look
from house_model.scenes.palette import PRODUCT_COLOURS
from house_model.scenes.products import PRODUCTS
from house_model.scenes.scene import LIGHTS, SIZES, render, sample_scene
from house_model.scenes.settings import SETTINGS
from house_model.training.family import read_vae

_VAE_EACH, _CLIP_EACH, _SPOILT, _LARGE = 64, 96, 300, 32
_AMONG, _DRAWS = 64, 8
_SCALE = 4
# On sheets: how many scenes, and which part of a large square picture.
_SHOWN, _MIDDLE = 4, (slice(256, 768), slice(256, 768))
_LOOKS: tuple[Look, ...] = (NATURAL, *BRAND_LOOKS.values())
_FACTORS: Mapping[str, Sequence[str]] = {
    "product": tuple(PRODUCTS),
    "colour": tuple(PRODUCT_COLOURS),
    "setting": SETTINGS,
    "light": LIGHTS,
}


def autoencoder(setup: Setup) -> Findings:
    """Decibels after encoding and decoding, mean over the pictures of each look, all sizes."""
    vae = read_vae(setup.weights / "base", torch.float32)
    figures: dict[str, Any] = {}
    shown: list[np.ndarray] = []
    for look in _LOOKS:
        pictures = _of_all_sizes(look, _VAE_EACH)
        again = [decoded_again(vae, picture) for picture in pictures]
        likeness = [psnr_db(b, a) for a, b in zip(pictures, again, strict=True)]
        figures[look.name] = round(statistics.fmean(likeness), 2)
        # Sizes take turns, so that every fourth picture is square.
        for before, after in list(zip(pictures, again, strict=True))[:8:4]:
            shown += [before, after, difference(before, after)]
    figures["least"] = min(figures.values())
    made = sheet([enlarged(picture, 2) for picture in shown], 3)
    return Findings(figures, _VAE_EACH * len(_LOOKS), {"autoencoder": made})


@torch.inference_mode()
def decoded_again(vae: AutoencoderTiny, picture: np.ndarray) -> np.ndarray:
    """(height, width, 3) uint8 through the latents and back."""
    pixels = torch.as_tensor(picture).permute(2, 0, 1)[None].to(vae.dtype) / 127.5 - 1
    again = vae.decoder(vae.encoder(pixels))[0].float().permute(1, 2, 0)
    return ((again + 1) * 127.5).round().clamp(0, 255).byte().numpy()


def rankers(setup: Setup) -> Findings:
    """CLIP as the studio uses it, and the aesthetic head on pictures spoilt more and less."""
    under_test = setup.profile.scorer.but(revision=folder_sha256(setup.weights / "clip"))
    clip = ClipScorer(under_test, torch.device("cpu"), setup.weights)
    figures: dict[str, Any] = {
        "right_caption_among_64": _right_captions(clip),
        "right_word": {look.name: _right_words(clip, look) for look in _LOOKS},
        "aesthetic_rank_correlation": _aesthetic(clip),
    }
    return Findings(figures, _AMONG * _DRAWS + _CLIP_EACH * len(_LOOKS) + _SPOILT)


def upscaler(setup: Setup) -> Findings:
    """Renders enlarged four times against the same vectors painted large, in decibels.

    Clean renders, and the same after the autoencoder, which is as soft as drawn pictures are.
    """
    file = setup.weights / "upscaler" / "house_x4.safetensors"
    enlarger = load_upscaler(file, file_sha256(file), choose_compute("cpu", "float32"))
    vae = read_vae(setup.weights / "base", torch.float32)
    rows: dict[str, list[tuple[float, float]]] = {"clean": [], "decoded": []}
    shown: list[np.ndarray] = []
    for scene in scenes_of_every_look("upscaler", _LARGE):
        small, large = render(scene), render(scene, scale=_SCALE)
        for name, picture in (("clean", small), ("decoded", decoded_again(vae, small))):
            plain, learned = _lanczos(picture), enlarger.upscale(Image.fromarray(picture))
            both = [np.asarray(image) for image in (plain, learned)]
            rows[name].append((psnr_db(both[0], large), psnr_db(both[1], large)))
        if scene.size == "1:1" and len(shown) < 3 * _SHOWN:
            shown += [picture[_MIDDLE] for picture in (*both, large)]
    figures = {name: _gain(pairs) for name, pairs in rows.items()}
    return Findings(figures, _LARGE, {"lanczos-upscaler-render": sheet(shown, 3)})


def _lanczos(picture: np.ndarray) -> Image.Image:
    height, width = picture.shape[:2]
    size = (_SCALE * width, _SCALE * height)
    return Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)


def _gain(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Of decibels of Lanczos and of the upscaler."""
    lanczos, ours = (statistics.fmean(column) for column in zip(*pairs, strict=True))
    return {
        "upscaler_db": round(ours, 2),
        "lanczos_db": round(lanczos, 2),
        "gain_db": round(ours - lanczos, 2),
    }


def _of_all_sizes(look: Look, number: int) -> list[np.ndarray]:
    rng, sizes = chance("vae"), list(SIZES)
    return [
        render(sample_scene(rng, look=look, size=sizes[index % len(sizes)]))
        for index in range(number)
    ]


def _right_captions(clip: ClipScorer) -> float:
    """How often a picture is most like its own caption, of 64; mean over several sixty-fours."""
    scenes = any_scenes("clip", _AMONG * _DRAWS)
    images = torch.cat([clip.embed_images([Image.fromarray(render(s))]) for s in scenes])
    texts = clip.embed_texts([positioned_caption(scene) for scene in scenes])
    hits = [
        (seen @ told.T).argmax(1) == torch.arange(_AMONG)
        for seen, told in zip(torch.split(images, _AMONG), torch.split(texts, _AMONG), strict=True)
    ]
    return round(float(torch.cat(hits).float().mean()), 4)


def _right_words(clip: ClipScorer, look: Look) -> dict[str, float]:
    """How often the true word fits better than the other words, factor by factor."""
    scenes = square_scenes("clip", _CLIP_EACH, look=look)
    images = torch.cat([clip.embed_images([Image.fromarray(render(s))]) for s in scenes])
    shares: dict[str, float] = {}
    for factor, choices in _FACTORS.items():
        hits = 0
        for scene, image in zip(scenes, images, strict=True):
            others = (replace(scene, **{factor: choice}) for choice in choices)
            texts = [caption(other, random.Random(0)) for other in others]
            best = int((clip.embed_texts(texts) @ image).argmax())
            hits += choices[best] == getattr(scene, factor)
        shares[factor] = round(hits / len(scenes), 4)
    return shares


def _aesthetic(clip: ClipScorer) -> float:
    """Rank correlation of the head's scores with how little of 300 pictures was spoilt."""
    rng = chance("clip")
    scores, qualities = list[float](), list[float]()
    for _ in range(_SPOILT):
        picture, quality = degraded(render(sample_scene(rng)), rng)
        [judged] = clip.score([Image.fromarray(picture)], ["a picture"])
        scores.append(judged["aesthetic"])
        qualities.append(quality)
    return round(spearman(scores, qualities), 4)
