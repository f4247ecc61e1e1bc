"""Upscalers: the shipped file and foreign ones load by the same code and give exact sizes."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import resvg_py
import torch
from PIL import Image, ImageFilter
from safetensors.torch import save
from spandrel.architectures.Compact import Compact
from spandrel.architectures.ESRGAN import ESRGAN

from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging.compute import Compute
from brandstudio.imaging.upscale import UpscalerNetwork, load_upscaler
from brandstudio.weights import WEIGHTS

HOUSE = WEIGHTS / "upscaler" / "house_x4.safetensors"
CPU = Compute(torch.device("cpu"), torch.float32)

POSTER = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
  <rect width="64" height="64" fill="#F7EBDD"/><rect y="44" width="64" height="20" fill="#A9B99B"/>
  <circle cx="48" cy="14" r="7" fill="#E0A03C"/>
  <path d="M0 46 16 24 32 46Z" fill="#4A5A63"/>
  <rect x="22" y="20" width="20" height="34" rx="4" fill="#C96F4A"/>
  <rect x="22" y="30" width="20" height="12" fill="#FFFBF5"/>
  <circle cx="32" cy="36" r="3.4" fill="#5B3A4A"/>
</svg>
"""


def content_of(network: torch.nn.Module) -> bytes:
    return save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})


def loaded(file: Path) -> UpscalerNetwork:
    return load_upscaler(file, hashlib.sha256(file.read_bytes()).hexdigest(), CPU)


def drawn(svg: str, side_px: int) -> Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=svg, width=side_px, height=side_px)
    return Image.open(io.BytesIO(bytes(png))).convert("RGB")


def likeness_db(one: Image.Image, other: Image.Image) -> float:
    error = np.asarray(one, np.float32) - np.asarray(other, np.float32)
    return float(-10 * np.log10(np.square(error).mean() / 255**2))


def patterned(width: int, height: int) -> Image.Image:
    chance = np.random.default_rng(0)
    rough = chance.integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((width, height), Image.Resampling.NEAREST)


@pytest.fixture(scope="module")
def house() -> UpscalerNetwork:
    return loaded(HOUSE)


@pytest.fixture
def tiny(tmp_path: Path) -> UpscalerNetwork:
    torch.manual_seed(0)
    file = tmp_path / "tiny.safetensors"
    file.write_bytes(content_of(Compact(num_feat=4, num_conv=2, upscale=2)))
    return loaded(file)


def test_the_shipped_upscaler_says_what_it_is(house: UpscalerNetwork) -> None:
    assert (house.scale, house.name) == (4, "RealESRGAN Compact")
    assert house.sha256 == hashlib.sha256(HOUSE.read_bytes()).hexdigest()


def test_the_shipped_upscaler_is_nearer_to_a_large_drawing_than_lanczos(
    house: UpscalerNetwork,
) -> None:
    small, large = drawn(POSTER, 128), drawn(POSTER, 512)
    lanczos = small.resize(large.size, Image.Resampling.LANCZOS)
    assert likeness_db(house.upscale(small), large) > likeness_db(lanczos, large) + 3


def test_the_shipped_upscaler_makes_a_soft_drawing_firmer(house: UpscalerNetwork) -> None:
    soft, large = drawn(POSTER, 128).filter(ImageFilter.GaussianBlur(1)), drawn(POSTER, 512)
    lanczos = soft.resize(large.size, Image.Resampling.LANCZOS)
    assert likeness_db(house.upscale(soft), large) > likeness_db(lanczos, large) + 1.5


@pytest.mark.parametrize("colour", ["#C4F050", "#3E1662", "#F7EBDD", "#FFFFFF", "#000000"])
def test_a_plain_colour_stays_what_it_is(house: UpscalerNetwork, colour: str) -> None:
    plain = Image.new("RGB", (24, 24), colour)
    apart = np.asarray(house.upscale(plain), np.int16) - np.asarray(plain, np.int16)[0, 0]
    assert np.abs(apart).max() <= 2


@pytest.mark.parametrize("size", [(192, 320), (33, 57), (8, 5), (600, 40)])
def test_the_size_is_exact(tiny: UpscalerNetwork, size: tuple[int, int]) -> None:
    assert tiny.upscale(Image.new("RGB", size)).size == (2 * size[0], 2 * size[1])


def test_the_same_picture_gives_the_same_pixels(house: UpscalerNetwork) -> None:
    picture = patterned(64, 48)
    assert house.upscale(picture).tobytes() == house.upscale(picture).tobytes()


def test_tiles_show_no_seam(house: UpscalerNetwork) -> None:
    picture = patterned(600, 136)  # two tiles, which meet between 448 and 512
    tiled = np.asarray(house.upscale(picture), np.int16)
    around_the_seam = picture.crop((360, 0, 600, 136))  # small enough to be one piece
    whole = np.asarray(house.upscale(around_the_seam), np.int16)
    away_from_the_cut = 20 * house.scale
    apart = tiled[:, 360 * house.scale + away_from_the_cut :] - whole[:, away_from_the_cut:]
    assert np.abs(apart).max() <= 1


def test_an_upscaler_of_another_kind_is_loaded_by_the_same_code(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ESRGAN(in_nc=3, out_nc=3, num_filters=4, num_blocks=1, scale=4)
    file = tmp_path / "x4.safetensors"
    file.write_bytes(content_of(network))
    foreign = loaded(file)
    assert foreign.name == "ESRGAN"
    assert foreign.upscale(patterned(24, 40)).size == (96, 160)


def test_another_file_than_the_locked_one_is_refused() -> None:
    with pytest.raises(LockError, match="locked to 00000000"):
        load_upscaler(HOUSE, "0" * 64, CPU)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        load_upscaler(tmp_path / "gone.safetensors", "0" * 64, CPU)


REFUSED = {
    "truncated": (
        content_of(Compact(num_feat=4, num_conv=1))[:-1000],
        "not a whole safetensors file",
    ),
    "a pickle": (b"\x80\x02}q\x00.", "not a whole safetensors file"),
    "empty": (b"", "not a whole safetensors file"),
    "something else": (save({"weight": torch.zeros(3)}), "no upscaler that the studio knows"),
    "half of a network": (save({"body.0.weight": torch.zeros(4, 3, 3, 3)}), "no upscaler"),
    "layers missing": (
        save({"body.0.weight": torch.zeros(4, 3, 3, 3), "body.1.weight": torch.zeros(4)}),
        "cannot be loaded",
    ),
    "it does not enlarge": (content_of(Compact(num_feat=4, num_conv=1, upscale=1)), "not enlarge"),
    "grey pictures only": (
        content_of(Compact(num_in_ch=1, num_out_ch=1, num_feat=4, num_conv=1)),
        "not enlarge",
    ),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_upscaler_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "x4.safetensors"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=reason):
        loaded(file)
