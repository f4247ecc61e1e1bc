"""A judge for figures: a network that names product, colour and setting, and masks the product.

It never ships and never trains the models it judges.
"""

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.palette import PRODUCT_COLOURS
from house_model.scenes.products import PRODUCTS
from house_model.scenes.scene import Scene, product_mask, render, sample_scene
from house_model.scenes.settings import SETTINGS
from house_model.training.folders import write_whole
from house_model.training.loop import Plan, Session, seed_torch

FILE = "judge.safetensors"
SIDE_PX, MASK_PX = 128, 64
FEATURES = 256
_STEM, _WIDTHS, _BACK = 16, (48, 96, 128, 160), (96, 64, 32)
_NAMES = (tuple(PRODUCTS), tuple(PRODUCT_COLOURS), SETTINGS)
# Half of the pictures natural, half in a brand's look, because brand pictures are judged too.
_LOOKS = (NATURAL,) * len(BRAND_LOOKS) + tuple(BRAND_LOOKS.values())
_AT_ONCE, _SETTLING = 32, 12
_NOTHING = (0.0, 0.0, 0.0, 0.0)

Box = tuple[float, float, float, float]


class Opinion(NamedTuple):
    """What the judge sees.

    box: left, top, right, bottom in fractions of the picture, all 0 when there is no product.
    mask: (64, 64) float32, how much of each cell the product covers, 0..1.
    """

    product: str
    colour: str
    setting: str
    box: Box
    mask: np.ndarray


class Answer(NamedTuple):
    """names: scores for product, colour and setting; mask: (N, 64, 64) logits."""

    names: tuple[Tensor, ...]
    mask: Tensor


class Judge(nn.Module):
    """(N, 3, 128, 128) float32 in -1..1 → Answer: halved five times for names, then back."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_in = _convolved(3, _STEM, stride=2)
        self.down = nn.ModuleList(_halving(*pair) for pair in pairwise((_STEM, *_WIDTHS)))
        cells = (SIDE_PX // 32) ** 2
        self.head = nn.Sequential(nn.Linear(_WIDTHS[-1] * cells, FEATURES), nn.ReLU())
        self.out = nn.Linear(FEATURES, sum(map(len, _NAMES)))
        inner = (_WIDTHS[-1], *_BACK)
        self.up = nn.ModuleList(
            _convolved(below + skip, width)
            for below, skip, width in zip(inner, _WIDTHS[-2::-1], _BACK, strict=False)
        )
        self.conv_out = nn.Conv2d(_BACK[-1], 4, 3, 1, 1)

    def forward(self, pixels: Tensor) -> Answer:
        levels = self._levels(pixels)
        scores = self.out(self.head(levels[-1].flatten(1)))
        return Answer(scores.split([*map(len, _NAMES)], 1), self._mask(levels))

    @torch.no_grad()
    def look(self, pictures: Sequence[np.ndarray]) -> list[Opinion]:
        """Judge (height, width, 3) uint8 pictures of any sizes."""
        self.eval()
        starts = range(0, len(pictures), _AT_ONCE)
        return [o for start in starts for o in self._look(pictures[start : start + _AT_ONCE])]

    @torch.no_grad()
    def features(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """(N, 256) float64, what the last layer but one sees in the pictures."""
        self.eval()
        parts = [
            self.head(self._levels(_batch(pictures[start : start + _AT_ONCE]))[-1].flatten(1))
            for start in range(0, len(pictures), _AT_ONCE)
        ]
        return torch.cat(parts).double().numpy()

    def _levels(self, pixels: Tensor) -> list[Tensor]:
        levels, latest = list[Tensor](), self.conv_in(pixels)
        for layer in self.down:
            latest = layer(latest)
            levels.append(latest)
        return levels

    def _mask(self, levels: list[Tensor]) -> Tensor:
        latest = levels[-1]
        for layer, skip in zip(self.up, levels[-2::-1], strict=True):
            larger = functional.interpolate(latest, scale_factor=2, mode="nearest")
            latest = layer(torch.cat([larger, skip], 1))
        return functional.pixel_shuffle(self.conv_out(latest), 2)[:, 0]

    def _look(self, pictures: Sequence[np.ndarray]) -> list[Opinion]:
        answer = self(_batch(pictures))
        best = [scores.argmax(1).tolist() for scores in answer.names]
        masks = answer.mask.sigmoid().numpy()
        return [
            Opinion(
                *(known[index] for known, index in zip(_NAMES, chosen, strict=True)),
                box=tight_box(mask),
                mask=mask,
            )
            for *chosen, mask in zip(*best, masks, strict=True)
        ]


def shrunk(picture: np.ndarray) -> Tensor:
    """One picture as (1, 3, 128, 128) float32 in -1..1."""
    pixels = torch.as_tensor(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float()
    small = functional.interpolate(pixels, (SIDE_PX, SIDE_PX), mode="bicubic", antialias=True)
    return small.clamp(0, 255) / 127.5 - 1


def covered(mask: np.ndarray) -> Tensor:
    """(height, width) bool → (1, 64, 64) float32: the share of each cell that is covered."""
    whole = torch.as_tensor(np.ascontiguousarray(mask)).float()[None]
    return functional.adaptive_avg_pool2d(whole, MASK_PX)


def tight_box(mask: np.ndarray) -> Box:
    """The box around the largest connected part of a mask, in fractions.

    mask: (height, width) floats in 0..1, how much of each cell is covered. Cells count from a half
    upwards; a side lies inside its outermost cell and the next one as far as they are covered.
    """
    largest = _largest_part(mask >= 0.5)
    if not largest.any():
        return _NOTHING
    rows, columns = largest.max(1), largest.max(0)
    left, right = _ends(mask[rows].max(0), columns)
    top, bottom = _ends(mask[:, columns].max(1), rows)
    height, width = mask.shape
    return left / width, top / height, right / width, bottom / height


def train_judge(plan: Plan, folder: Path, *, seed: int = 0) -> Path:
    """Train on fresh renders of every look, spoilt as generated pictures may be."""
    seed_torch(seed)
    judge = Judge()
    session = learn_to_judge(judge, plan, folder, seed=seed)
    path = folder / FILE

    def write() -> None:
        _settle(judge, random.Random(seed - 1), plan.batch)
        write_whole(path, save({k: v.contiguous() for k, v in judge.state_dict().items()}))

    session.finish(write)
    return path


def learn_to_judge(judge: Judge, plan: Plan, folder: Path, *, seed: int = 0) -> Session:
    """Train until the plan is over."""
    judge.to(memory_format=torch.channels_last).train()
    session = Session({"judge": judge}, plan, folder)
    rng = random.Random(seed + session.step)

    def next_loss() -> Tensor:
        scenes = [sample_scene(rng, look=rng.choice(_LOOKS)) for _ in range(plan.batch)]
        with torch.autocast("cpu", torch.bfloat16):
            answer = judge(_spoilt(_rendered(scenes), rng))
        return judge_loss(answer, scenes)

    return session.run(next_loss)


def judge_loss(answer: Answer, scenes: Sequence[Scene]) -> Tensor:
    """Wrong names, wrong cells, and how little the two silhouettes overlap."""
    truth = [(scene.product, scene.colour, scene.setting) for scene in scenes]
    labels = torch.tensor([[k.index(n) for k, n in zip(_NAMES, row, strict=True)] for row in truth])
    masks = torch.cat([covered(product_mask(scene)) for scene in scenes])
    logits = answer.mask.float()
    seen = logits.sigmoid()
    overlap = 2 * (seen * masks).sum((1, 2)) / (seen.sum((1, 2)) + masks.sum((1, 2)) + 1)
    loss = 6 * functional.binary_cross_entropy_with_logits(logits, masks)
    loss = loss + (1 - overlap).mean()
    for column, scores in enumerate(answer.names):
        loss = loss + functional.cross_entropy(
            scores.float(), labels[:, column], label_smoothing=0.03
        )
    return loss


def read_judge(path: Path) -> Judge:
    judge = Judge()
    judge.load_state_dict(load_file(path))
    return judge.to(memory_format=torch.channels_last).eval()


def box_of(scene: Scene) -> Box:
    """Left, top, right and bottom of the product, in fractions."""
    box = scene.box
    return box.left, box.top, box.right, box.bottom


def _convolved(inner: int, outer: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, 3, stride, 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU()
    )


def _halving(inner: int, outer: int) -> nn.Sequential:
    return nn.Sequential(_convolved(inner, outer, stride=2), _convolved(outer, outer))


def _batch(pictures: Sequence[np.ndarray]) -> Tensor:
    pixels = torch.cat([shrunk(picture) for picture in pictures])
    return pixels.contiguous(memory_format=torch.channels_last)


def _rendered(scenes: Sequence[Scene]) -> Tensor:
    return _batch([render(scene) for scene in scenes])


def _spoilt(pixels: Tensor, rng: random.Random) -> Tensor:
    """Softer, noisier, and a little off in colour: (N, 3, 128, 128) in and out."""
    if rng.random() < 0.7:
        side = rng.randint(40, 112)
        small = functional.interpolate(pixels, (side, side), mode="bilinear", antialias=True)
        pixels = functional.interpolate(small, (SIDE_PX, SIDE_PX), mode="bilinear")
    chance = torch.Generator().manual_seed(rng.getrandbits(32))
    one_each = (len(pixels), 3, 1, 1)
    gain = 1 + 0.05 * torch.randn(one_each, generator=chance)
    shift = 0.04 * torch.randn(one_each, generator=chance)
    noise = torch.randn(pixels.shape, generator=chance) * rng.uniform(0, 0.08)
    return pixels * gain + shift + noise


@torch.no_grad()
def _settle(judge: Judge, rng: random.Random, batch: int) -> None:
    """Measure the normalisers' means anew: those of the training belong to other weights."""
    normalisers = [m for m in judge.modules() if isinstance(m, nn.BatchNorm2d)]
    for normaliser in normalisers:
        normaliser.reset_running_stats()
        normaliser.momentum = None
    judge.train()
    for _ in range(_SETTLING):
        scenes = [sample_scene(rng, look=rng.choice(_LOOKS)) for _ in range(batch)]
        judge(_spoilt(_rendered(scenes), rng))
    judge.eval()


def _largest_part(cells: np.ndarray) -> np.ndarray:
    """Of (height, width) bool, the largest group of cells that touch side by side."""
    left = {(int(row), int(column)) for row, column in np.argwhere(cells)}
    largest: set[tuple[int, int]] = set()
    while left:
        part, edge = set[tuple[int, int]](), [left.pop()]
        while edge:
            row, column = edge.pop()
            part.add((row, column))
            around = {(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)}
            edge += around & left
            left -= around
        largest = max(largest, part, key=len)
    kept = np.zeros_like(cells)
    for row, column in largest:
        kept[row, column] = True
    return kept


def _ends(cover: np.ndarray, inside: np.ndarray) -> tuple[float, float]:
    """Where a line of cells begins and ends, by the cover of the outermost and of the next."""
    first, last = np.flatnonzero(inside)[[0, -1]]
    before = min(float(cover[first - 1]), 0.5) if first > 0 else 0.0
    after = min(float(cover[last + 1]), 0.5) if last + 1 < len(cover) else 0.0
    start = first + (1 - float(cover[first])) - before
    end = last + float(cover[last]) + after
    return max(0.0, float(start)), min(float(len(cover)), float(end))
