# pyright: basic, reportPrivateImportUsage=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# torch modules are only partly typed.
"""A judge for figures: a network that names product, colour and setting, and boxes the product.

It never ships and never trains the models it judges.
"""

import random
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from brandstudio.house_model.scenes.palette import PRODUCT_COLOURS
from brandstudio.house_model.scenes.products import PRODUCTS
from brandstudio.house_model.scenes.scene import Scene, render, sample_scene
from brandstudio.house_model.scenes.settings import SETTINGS
from brandstudio.house_model.training.loop import Plan, Session

SIDE_PX = 96
_CHANNELS = (3, 32, 64, 96, 128, 160)
_NAMES = (tuple(PRODUCTS), tuple(PRODUCT_COLOURS), SETTINGS)


class Opinion(NamedTuple):
    """What the judge sees; box is left, top, right, bottom in fractions of the picture."""

    product: str
    colour: str
    setting: str
    box: tuple[float, float, float, float]


class Judge(nn.Module):
    """(N, 3, 96, 96) float32 in -1..1 → scores for product, colour, setting; (N, 4) boxes."""

    def __init__(self) -> None:
        super().__init__()
        pairs = pairwise(_CHANNELS)
        self.features = nn.Sequential(*(_halving(inner, outer) for inner, outer in pairs))
        self.head = nn.Sequential(nn.Linear(160 * 9, 256), nn.ReLU())
        self.out = nn.Linear(256, sum(map(len, _NAMES)) + 4)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        scores = self.out(self.head(self.features(pixels).flatten(1)))
        return scores.split([*map(len, _NAMES), 4], 1)

    @torch.no_grad()
    def look(self, pictures: list[np.ndarray]) -> list[Opinion]:
        """Judge (height, width, 3) uint8 pictures of any size."""
        self.eval()
        *names, boxes = self(torch.cat([shrunk(picture) for picture in pictures]))
        best = [scores.argmax(1).tolist() for scores in names]
        return [
            Opinion(
                *(known[index] for known, index in zip(_NAMES, chosen, strict=True)),
                box=tuple(box.tolist()),
            )
            for *chosen, box in zip(*best, boxes, strict=True)
        ]


def shrunk(picture: np.ndarray) -> Tensor:
    """One picture as (1, 3, 96, 96) float32 in -1..1."""
    pixels = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float()
    small = functional.interpolate(pixels, (SIDE_PX, SIDE_PX), mode="bicubic", antialias=True)
    return small.clamp(0, 255) / 127.5 - 1


def train_judge(plan: Plan, folder: Path, *, seed: int = 0) -> Path:
    """Train on fresh renders, blurred and noised as generated pictures may be."""
    torch.manual_seed(seed)
    judge = Judge()
    session = Session({"judge": judge}, plan, folder)
    rng = random.Random(seed + session.step)
    while not session.is_over:
        judge.train()
        scenes = [sample_scene(rng) for _ in range(plan.batch)]
        pixels = torch.cat([shrunk(render(scene)) for scene in scenes])
        session.learn(_loss(judge(_softened(pixels, rng)), scenes))
    path = folder / "judge.pt"
    torch.save(judge.state_dict(), path)
    session.checkpoint()
    return path


def read_judge(path: Path) -> Judge:
    judge = Judge()
    judge.load_state_dict(torch.load(path, weights_only=True))
    return judge.eval()


def _halving(inner: int, outer: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, 3, 2, 1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
        nn.Conv2d(outer, outer, 3, 1, 1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
    )


def _softened(pixels: Tensor, rng: random.Random) -> Tensor:
    if rng.random() < 0.7:
        side = rng.randint(32, 80)
        small = functional.interpolate(pixels, (side, side), mode="bilinear", antialias=True)
        pixels = functional.interpolate(small, (SIDE_PX, SIDE_PX), mode="bilinear")
    return pixels + torch.randn_like(pixels) * rng.uniform(0, 0.08)


def _loss(answers: tuple[Tensor, ...], scenes: list[Scene]) -> Tensor:
    *names, boxes = answers
    truth = [(scene.product, scene.colour, scene.setting) for scene in scenes]
    labels = torch.tensor([[k.index(n) for k, n in zip(_NAMES, row, strict=True)] for row in truth])
    true_boxes = torch.tensor([box_of(scene) for scene in scenes])
    loss = 8 * (boxes - true_boxes).abs().mean()
    for column, scores in enumerate(names):
        loss = loss + functional.cross_entropy(scores, labels[:, column], label_smoothing=0.03)
    return loss


def box_of(scene: Scene) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the product, in fractions."""
    box = scene.box
    return box.left, box.top, box.right, box.bottom
