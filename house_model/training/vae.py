"""The stage `vae`: pictures to latents an eighth of the size with 8 channels, and back."""

import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from torch import Tensor, nn

from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.scene import Scene, render, sample_scene
from house_model.training.loop import Plan, Session, seed_torch
from house_model.training.process_group import ALONE, ProcessGroup

CROP_PX = 64
_WIDTH = 48
# Every second crop is natural; the others have the hard colours that brands like, and three in ten
# swap their channels, so that a brand nobody has thought of yet survives too.
_LOOKS = (NATURAL, NATURAL, NATURAL, *BRAND_LOOKS.values())
_SWAPPED = 0.3
# The decoder meets latents as wrong as a UNet's, up to this many standard deviations.
_LATENT_NOISE = 0.25


def train_vae(
    plan: Plan,
    folder: Path,
    *,
    start: Path | None = None,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Path:
    """Train on crops of fresh renders; leave `folder/vae`, its latents scaled to unit variance."""
    seed_torch(seed + 1000 * group.rank)
    vae = AutoencoderTiny.from_pretrained(start, use_safetensors=True) if start else new_vae(seed)
    vae = vae.float().to(memory_format=torch.channels_last)
    session = Session({"vae": vae}, plan, folder, group)
    rng = random.Random(seed + 1000 * group.rank + session.step)
    while not session.is_over:
        with torch.autocast("cpu", torch.bfloat16):
            session.learn(vae_loss(vae, crops(plan.batch, rng)))
    session.checkpoint()
    if not group.is_first:
        return folder / "vae"
    with session.averaged():
        scale_latents(vae, pixels_of([render(sample_scene(rng, size="1:1")) for _ in range(48)]))
        vae.save_pretrained(folder / "vae")
    return folder / "vae"


def new_vae(seed: int) -> AutoencoderTiny:
    """Make a network that trains at once; diffusers' own start leaves latents near 0."""
    vae = AutoencoderTiny(
        encoder_block_out_channels=(_WIDTH,) * 4,
        decoder_block_out_channels=(_WIDTH,) * 4,
        num_encoder_blocks=(0, 1, 2, 3),
        num_decoder_blocks=(3, 3, 2, 0),
        latent_channels=8,
    )
    with torch.no_grad():
        for module in vae.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    module.bias.zero_()
        for module in vae.modules():
            if isinstance(module, AutoencoderTinyBlock):
                module.conv[-1].weight.mul_(0.25)
        vae.decoder.layers[-1].weight.mul_(0.1)
        vae.decoder.layers[-1].bias.fill_(0.5)
    scale_latents(vae, crops(16, random.Random(seed)))
    return vae


def crops(number: int, rng: random.Random) -> Tensor:
    """(N, 3, 64, 64) float32 in -1..1, six in ten of them on the product."""
    scenes = [sample_scene(rng, look=rng.choice(_LOOKS), size="1:1") for _ in range(number)]
    return pixels_of([_crop(scene, rng) for scene in scenes])


def vae_loss(vae: AutoencoderTiny, pixels: Tensor) -> Tensor:
    """Colours, edges at two widths, and latents of unit variance."""
    latents = vae.encoder(pixels).float()
    noise = torch.randn_like(latents) * torch.rand(len(latents), 1, 1, 1) * _LATENT_NOISE
    error = vae.decoder(latents + noise).float() - pixels
    loss = error.abs().mean() + 0.5 * error.square().mean()
    for stride in (1, 2):
        across = error[..., stride:] - error[..., :-stride]
        down = error[..., stride:, :] - error[..., :-stride, :]
        loss = loss + 0.6 * (across.abs().mean() + down.abs().mean())
    mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    return loss + 0.02 * (mean.square().mean() + (spread - 1).square().mean())


@torch.no_grad()
def scale_latents(vae: AutoencoderTiny, pixels: Tensor) -> None:
    """Fold each latent channel's mean and spread into the network, so that scaling_factor is 1."""
    latents = vae.encoder(pixels)
    mean, spread = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    last, first = vae.encoder.layers[-1], vae.decoder.layers[0]
    last.weight.div_(spread.view(-1, 1, 1, 1))
    last.bias.copy_((last.bias - mean) / spread)
    first.bias.add_((first.weight.sum((2, 3)) * mean).sum(1))
    first.weight.mul_(spread.view(1, -1, 1, 1))


def pixels_of(pictures: list[np.ndarray]) -> Tensor:
    """(height, width, 3) uint8 pictures of one size → (N, 3, height, width) float32 in -1..1."""
    pixels = torch.as_tensor(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return pixels.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def psnr_db(vae: AutoencoderTiny, pixels: Tensor) -> float:
    """How well pictures survive encoding and decoding, in decibels."""
    again = vae.decoder(vae.encoder(pixels)).clamp(-1, 1)
    return float(-10 * torch.log10((again - pixels).square().mean() / 4))


def _crop(scene: Scene, rng: random.Random) -> np.ndarray:
    picture = render(scene)
    height, width = picture.shape[:2]
    x, y = rng.uniform(0, width - CROP_PX), rng.uniform(0, height - CROP_PX)
    if rng.random() < 0.6:
        x = rng.uniform(scene.box.left, scene.box.right) * width - CROP_PX / 2
        y = rng.uniform(scene.box.top, scene.box.bottom) * height - CROP_PX / 2
    left = int(min(max(x, 0), width - CROP_PX))
    top = int(min(max(y, 0), height - CROP_PX))
    crop = picture[top : top + CROP_PX, left : left + CROP_PX]
    if rng.random() < _SWAPPED:
        crop = crop[..., rng.sample(range(3), 3)]
    return crop[:, ::-1] if rng.random() < 0.5 else crop
