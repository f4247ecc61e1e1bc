"""The upscaler's training: pairs that lie upon each other, a falling loss, a file others load."""

from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

import random
import statistics

from PIL import Image
from safetensors import safe_open
from spandrel import ModelLoader

from brandstudio.weights import WEIGHTS
from house_model.scenes.scene import render
from house_model.training.family import read_family, read_vae
from house_model.training.loop import Plan, Session
from house_model.training.upscaler import (
    Compact,
    learn_to_enlarge,
    measured,
    new_compact,
    read_compact,
    train_upscaler,
    write_compact,
)
from house_model.training.upscaler_pairs import (
    Example,
    Spoiler,
    any_scene,
    patches,
    read_pool,
    render_large,
)

SHIPPED = WEIGHTS / "upscaler" / "house_x4.safetensors"


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scenes, their small versions spoiled by enlarging what was made smaller."""
    folder = tmp_path_factory.mktemp("pool")
    for seed in range(3):
        scene = any_scene(seed)
        clean = render(scene)
        np.save(folder / f"{seed}-large.npy", render_large(scene))
        np.save(folder / f"{seed}-small.npy", np.stack([clean, *[softened(clean)] * 6]))
    return folder


def softened(picture: np.ndarray) -> np.ndarray:
    image = Image.fromarray(picture)
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    return np.asarray(half.resize(image.size, Image.Resampling.BILINEAR))


def plan(steps: int) -> Plan:
    return Plan(minutes=1, learning_rate=2e-3, batch=4, ema=0.9, weight_decay=0, steps=steps)


def test_the_large_render_lies_upon_the_small_one() -> None:
    scene = any_scene(5)
    small, large = render(scene), Image.fromarray(render_large(scene))
    height, width = small.shape[:2]
    assert large.size == (4 * width, 4 * height)
    reduced = np.asarray(large.resize((width, height), Image.Resampling.BOX), np.int16)
    assert np.abs(reduced - small).mean() < 1
    assert np.array_equal(render(scene), small)


def test_a_spoiled_scene_keeps_the_clean_one_first() -> None:
    family = read_family(WEIGHTS / "base", WEIGHTS / "controlnet")
    spoiler = Spoiler(read_vae(WEIGHTS / "base"), family)
    scene = any_scene(1)
    pictures = spoiler.spoiled(scene, 1)
    assert np.array_equal(pictures[0], render(scene))
    apart = np.abs(pictures[1:].astype(np.int16) - pictures[0]).mean((1, 2, 3))
    assert len(apart) == 6
    assert (apart > 0).all()
    assert (apart < 30).all()


def test_patches_of_both_sizes_show_the_same_place(pool: Path) -> None:
    small, large = patches(read_pool(pool), 8, random.Random(0))
    assert (small.shape, large.shape) == ((8, 3, 48, 48), (8, 3, 192, 192))
    assert float(small.min()) >= 0
    assert float(small.max()) <= 1
    reduced = torch.nn.functional.avg_pool2d(large, 4)
    assert float((reduced - small).abs().mean()) < 0.05


def test_a_short_training_lowers_the_loss(pool: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    untaught = Compact(features=8, convolutions=1)
    session = learn_to_enlarge(untaught, read_pool(pool), plan(40), tmp_path)
    assert statistics.mean(session.losses[-8:]) < statistics.mean(session.losses[:8]) - 0.3


def test_a_stopped_training_goes_on_where_it_was(pool: Path, tmp_path: Path) -> None:
    def trained(steps: int) -> Session:
        network = new_compact(0, features=4, convolutions=1)
        return learn_to_enlarge(network, read_pool(pool), plan(steps), tmp_path)

    trained(2).checkpoint()
    assert len(trained(3).losses) == 1


def test_a_new_network_begins_as_bilinear_enlargement() -> None:
    picture = torch.rand(1, 3, 12, 12)
    plain = torch.nn.functional.interpolate(picture, scale_factor=4, mode="bilinear")
    with torch.no_grad():
        drawn = new_compact(0)(picture)
    assert torch.allclose(drawn[..., 4:-4, 4:-4], plain[..., 4:-4, 4:-4], atol=1e-5)


def test_training_leaves_a_file_that_spandrel_loads(pool: Path, tmp_path: Path) -> None:
    start = tmp_path / "start.safetensors"
    write_compact(new_compact(0, features=4, convolutions=1), start, scenes=1, steps=1)
    file = train_upscaler(plan(1), tmp_path, pool=pool, start=start)
    assert ModelLoader().load_from_file(file).architecture.id == "Compact"


def test_spandrel_draws_what_the_network_draws(tmp_path: Path) -> None:
    file = tmp_path / "x4.safetensors"
    write_compact(new_compact(0, features=8, convolutions=3), file, scenes=1, steps=1)
    foreign, own = ModelLoader().load_from_file(file), read_compact(file).eval()
    picture = torch.rand(1, 3, 20, 28)
    assert foreign.scale == 4
    with torch.no_grad():
        assert torch.equal(foreign(picture), own(picture).clamp(0, 1))


def test_the_shipped_file_is_in_half_precision_and_says_where_it_comes_from() -> None:
    with safe_open(SHIPPED, "pt") as file:
        metadata = file.metadata()
        kinds = {file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118 - no mapping
    assert kinds == {torch.float16}
    assert {"architecture", "scale", "version", "licence", "training_set"} <= set(metadata)
    assert SHIPPED.stat().st_size < 2e6


def test_the_shipped_file_beats_lanczos_on_scenes_it_never_saw() -> None:
    network = read_compact(SHIPPED).eval()

    def enlarge(image: Image.Image) -> Image.Image:
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            drawn = network(pixels)[0].clamp(0, 1).mul(255).round().byte()
        return Image.fromarray(drawn.permute(1, 2, 0).numpy())

    unseen = []
    for seed in (20_000_001, 20_000_002):
        scene = any_scene(seed)
        clean = render(scene)
        spoiled = np.stack([clean, *[softened(clean)] * 6])
        unseen.append(Example(large=render_large(scene), small=spoiled))
    figures = measured(enlarge, unseen)
    assert figures.clean_db > figures.lanczos_clean_db + 1.5
    assert figures.degraded_db > figures.lanczos_degraded_db
