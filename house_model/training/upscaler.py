"""The stage `upscaler`: a small network that redraws the house model's pictures four times larger.

Its state dict is that of a "Compact" upscaler, which every tool that knows such files can load.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from house_model.training.folders import write_whole
from house_model.training.loop import Plan, Session, seed_torch
from house_model.training.process_group import ALONE, ProcessGroup
from house_model.training.upscaler_pairs import NOISY, SCALE, Example, patches, read_pool

# Beyond a patch the network sees black; whoever enlarges a picture continues it there first.
_EDGE_PX = 4


class Compact(nn.Module):
    """Convolutions at the small size, then one rearrangement to the large one.

    Takes (N, 3, h, w) in 0..1, gives (N, 3, 4h, 4w) around 0..1, in the same dtype.
    """

    def __init__(self, features: int = 32, convolutions: int = 8) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, features, 3, padding=1), nn.PReLU(features)]
        for _ in range(convolutions):
            layers += [nn.Conv2d(features, features, 3, padding=1), nn.PReLU(features)]
        self.body = nn.ModuleList([*layers, nn.Conv2d(features, 3 * SCALE**2, 3, padding=1)])

    def forward(self, small: Tensor) -> Tensor:
        features = small
        for layer in self.body:
            features = layer(features)
        plain = functional.interpolate(small, scale_factor=SCALE, mode="nearest")
        return plain + functional.pixel_shuffle(features, SCALE)


@torch.no_grad()
def new_compact(seed: int, **shape: int) -> Compact:
    """A network that begins as bilinear enlargement, and learns in minutes rather than in hours.

    The first three channels carry the colours through to the last layer. All others begin as edges
    in chance directions: where the picture is plain they are 0, so that learning leaves it alone.
    """
    seed_torch(seed)
    network = Compact(**shape)
    first, *hidden, last = (layer for layer in network.body if isinstance(layer, nn.Conv2d))
    for layer in (first, *hidden):
        nn.init.kaiming_normal_(layer.weight, a=0.25)
    for layer in (first, *hidden, last):
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    first.weight.sub_(first.weight.mean((1, 2, 3), keepdim=True))
    nn.init.dirac_(first.weight[:3])
    first.bias = nn.Parameter(-0.5 * (torch.arange(len(first.weight)) < 3))
    for layer in hidden:
        layer.weight.mul_(0.3)
        layer.weight[:3] = layer.weight[:, :3] = 0
        layer.weight.add_(nn.init.dirac_(torch.empty_like(layer.weight)))
    for layer in network.body:
        if isinstance(layer, nn.PReLU):
            layer.weight[:3] = 1
    nn.init.zeros_(last.weight)
    last.weight[:, :3] = _bilinear()
    return network


def _bilinear() -> Tensor:
    """(48, 3, 3, 3): what the last layer adds to a pixel to make it 4 by 4 bilinear ones."""
    away = (torch.arange(SCALE) + 0.5) / SCALE - 0.5
    line = torch.stack([(-away).clamp(min=0), 1 - away.abs(), away.clamp(min=0)], 1)
    taps = torch.einsum("am,bn->abmn", line, line).reshape(SCALE**2, 3, 3)
    taps[:, 1, 1] -= 1
    return torch.einsum("kmn,cd->ckdmn", taps, torch.eye(3)).reshape(3 * SCALE**2, 3, 3, 3)


def train_upscaler(
    plan: Plan,
    folder: Path,
    *,
    pool: Path,
    start: Path | None = None,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Path:
    """Train on the pool's patches, from an earlier file if given; leave `folder/house_x4`."""
    network = read_compact(start) if start else new_compact(seed)
    scenes, path = read_pool(pool), folder / "house_x4.safetensors"
    session = learn_to_enlarge(network, scenes, plan, folder, seed=seed, group=group)
    steps = session.step
    session.finish(lambda: write_compact(network, path, scenes=len(scenes), steps=steps))
    return path


def learn_to_enlarge(
    network: Compact,
    pool: "list[Example]",
    plan: Plan,
    folder: Path,
    *,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Session:
    """Train on patches of the pool until the plan is over."""
    network.to(memory_format=torch.channels_last)
    session = Session({"upscaler": network}, plan, folder, group)
    rng = random.Random(f"{seed}-{session.group.rank}-{session.step}")

    def next_loss() -> Tensor:
        small, large = patches(pool, plan.batch, rng)
        # In float32: bfloat16 rounds plain colours by more than what is left to learn about them.
        return upscaler_loss(network(small), large)

    return session.run(next_loss)


def upscaler_loss(drawn: Tensor, large: Tensor) -> Tensor:
    """How far colours and edges are off, as the mean of each patch's logarithms.

    So a clear patch's small error counts as much as the large one of a patch that nobody could
    restore. Mostly absolute errors: their best guess at an uncertain edge is an edge, while that of
    squared errors is a blur.
    """
    frame = SCALE * _EDGE_PX
    error = (drawn - large)[..., frame:-frame, frame:-frame]
    absolute = error.abs().mean((1, 2, 3))
    for stride in (1, 2):
        across = error[..., stride:] - error[..., :-stride]
        down = error[..., stride:, :] - error[..., :-stride, :]
        absolute = absolute + 0.3 * (across.abs().mean((1, 2, 3)) + down.abs().mean((1, 2, 3)))
    squared = error.square().mean((1, 2, 3))
    return (absolute + 4e-3).log().mean() + 0.15 * (squared + 4e-6).log().mean()


def write_compact(network: Compact, path: Path, *, scenes: int, steps: int) -> None:
    """Write the weights in fp16, with what a reader must know in the file's own metadata."""
    tensors = {name: t.detach().half().contiguous() for name, t in network.state_dict().items()}
    metadata = {
        "format": "pt",
        "architecture": "Compact (SRVGGNetCompact)",
        "scale": str(SCALE),
        "title": "house illustration model, upscaler ×4",
        "version": "1",
        "licence": "the licence of this repository",
        "training_set": f"{scenes} scenes drawn by house_model.scenes, {steps} steps",
    }
    write_whole(path, save(tensors, metadata=metadata))


def read_compact(path: Path) -> Compact:
    """Read a file that write_compact left, in float32."""
    tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    convolutions = sum(tensor.ndim == 4 for tensor in tensors.values()) - 2
    network = Compact(len(tensors["body.0.bias"]), convolutions)
    network.load_state_dict(tensors)
    return network


@dataclass(frozen=True, slots=True)
class Figures:
    """Likeness to the large renders in decibels (PSNR), mean over the scenes."""

    scenes: int
    lanczos_clean_db: float
    clean_db: float
    lanczos_degraded_db: float
    degraded_db: float


def measured(enlarge: Callable[[Image.Image], Image.Image], pool: list[Example]) -> Figures:
    """Compare an upscaler with Lanczos; the pool should hold scenes that nobody trained on."""
    rows = [
        (_likeness_db(method(Image.fromarray(example.small[version])), example.large))
        for example in pool
        for version in (0, 1 + NOISY)
        for method in (_lanczos, enlarge)
    ]
    means = np.array(rows).reshape(len(pool), 4).mean(0)
    return Figures(len(pool), *(round(float(value), 2) for value in means))


def _lanczos(image: Image.Image) -> Image.Image:
    size = (SCALE * image.width, SCALE * image.height)
    return image.resize(size, Image.Resampling.LANCZOS)


def _likeness_db(image: Image.Image, target: np.ndarray) -> float:
    error = np.asarray(image, np.float32) - target
    return float(-10 * np.log10(np.square(error).mean() / 255**2))
