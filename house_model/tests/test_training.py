"""Training learns something, can be stopped and resumed, and leaves files that others can load."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytest.importorskip("skia", reason="skia needs system graphics libraries", exc_type=ImportError)

from diffusers import ControlNetModel, StableDiffusionPipeline
from safetensors import safe_open
from transformers import CLIPTextModel, CLIPTokenizer

from brandstudio.weights import WEIGHTS
from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.positions import family_captions
from house_model.training.base import learn_together
from house_model.training.clip import (
    CHANGES,
    MODEL,
    clip_batch,
    contrastive_loss,
    near_equals,
    text_encoder,
)
from house_model.training.draft import (
    FILE,
    draft_scheduler,
    learn_few_steps,
    lesson_error,
    step_target,
    teacher_paths,
    write_draft,
)
from house_model.training.family import Family, new_family, pipeline, read_vae, write_family
from house_model.training.loop import Plan, Session
from house_model.training.lora import add_lora, learn_look, write_lora
from house_model.training.noise import noised, weighted_error
from house_model.training.optimizers import is_hidden_matrix
from house_model.training.process_group import ProcessGroup
from house_model.training.shards import batches, read_shards, write_shard
from house_model.training.vae import crops, new_vae, vae_loss
from house_model.training.words import VOCABULARY, make_tokenizer

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen scenes of the natural look."""
    folder = tmp_path_factory.mktemp("shards")
    vae = read_vae(WEIGHTS / "base")
    write_shard(folder / "first", vae, look=NATURAL, size="1:1", number=16, seed=0)
    return folder


def small_family() -> Family:
    torch.manual_seed(0)
    text = CLIPTextModel.from_pretrained(
        WEIGHTS / "base" / "text_encoder", torch_dtype=torch.float32
    )
    tokenizer = CLIPTokenizer.from_pretrained(WEIGHTS / "base" / "tokenizer")
    return new_family(text, tokenizer, block_out_channels=(16, 32, 32), layers_per_block=1)


def plan(steps: int) -> Plan:
    return Plan(minutes=1, learning_rate=4e-3, batch=4, ema=0.9, steps=steps)


@torch.no_grad()
def error_on_one_batch(family: Family, shards: Path) -> float:
    """The loss on always the same pictures under always the same noise."""
    batch = next(batches(read_shards(shards), 16, seed=5, drop=0.0))
    noisy = noised(batch.latents, torch.Generator().manual_seed(5))
    answer = family.answer(noisy, family.ids(batch.captions), batch.lines)
    return weighted_error(answer, noisy).item()


def test_a_shard_holds_what_was_drawn(shards: Path) -> None:
    [shard] = read_shards(shards)
    batch = next(batches([shard], 4, seed=0))
    assert shard.latents.shape == (16, 8, 32, 32)
    assert batch.lines.shape == (4, 3, 256, 256)
    assert set(batch.lines.unique().tolist()) == {0.0, 1.0}
    assert len(batch.captions) == 4


def test_a_short_training_lowers_the_loss_and_its_files_load(shards: Path, tmp_path: Path) -> None:
    family = small_family()
    before = error_on_one_batch(family, shards)
    session = learn_together(family, batches(read_shards(shards), 4, seed=0), plan(48), tmp_path)
    assert error_on_one_batch(family, shards) < 0.9 * before
    with session.averaged():
        write_family(family, read_vae(WEIGHTS / "base"), tmp_path / "weights")
    StableDiffusionPipeline.from_pretrained(
        tmp_path / "weights" / "base", torch_dtype=torch.float32, safety_checker=None
    )
    ControlNetModel.from_pretrained(tmp_path / "weights" / "controlnet", torch_dtype=torch.float32)


def test_a_lora_trains_and_says_what_it_is(shards: Path, tmp_path: Path) -> None:
    family = small_family()
    add_lora(family, rank=4)
    session = learn_look(family, batches(read_shards(shards), 4, seed=1), plan(3), tmp_path)
    frozen = [p for p in family.unet.parameters() if not p.requires_grad]
    assert len(session.parameters) < len(frozen) + len(session.parameters)
    write_lora(family, tmp_path / "voltra.safetensors", brand="voltra", scenes=16, steps=3)
    with safe_open(tmp_path / "voltra.safetensors", "pt") as file:
        assert file.metadata()["rank"] == "4"


def test_a_stopped_stage_goes_on_where_it_was(tmp_path: Path) -> None:
    def session() -> Session:
        torch.manual_seed(0)
        return Session({"one": torch.nn.Linear(2, 1)}, plan(10), tmp_path)

    first = session()
    first.learn(first.parameters[0].square().sum())
    first.checkpoint()
    second = session()
    assert second.step == 1
    assert torch.equal(second.parameters[0], first.parameters[0])


def test_all_of_a_crew_go_on_from_the_same_step_wherever_each_was_stopped(tmp_path: Path) -> None:
    def member(rank: int) -> Session:
        return Session({"one": torch.nn.Linear(2, 1)}, plan(10), tmp_path, ProcessGroup(rank, 2))

    first, second = member(0), member(1)
    for session, steps in ((first, 2), (second, 3)):
        for _ in range(steps):
            session.learn(session.parameters[0].square().sum())
        session.checkpoint()
    assert [member(0).step, member(1).step] == [2, 2]


def test_a_crew_started_in_the_background_ends_with_its_parent() -> None:
    command = f"trap '' INT; exec {sys.executable} -m house_model.tests.endless"
    with subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        members = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
        try:
            parent.communicate(timeout=60)  # until the members have let go of the pipe, too
        except subprocess.TimeoutExpired:
            for member in members:
                os.kill(member, signal.SIGKILL)
            pytest.fail("the members train on, and nobody knows of them")


def test_a_crew_of_one_changes_nothing() -> None:
    parameter = torch.ones(3)
    ProcessGroup().average([parameter])
    assert parameter.tolist() == [1, 1, 1]
    assert ProcessGroup().agree(0.5) == 0.5


def test_the_last_time_is_pure_noise() -> None:
    clean = torch.randn(64, 8, 4, 4)
    noisy = noised(clean, torch.Generator().manual_seed(0), lean=0.01)
    assert noisy.times.min() > 900
    likeness = torch.nn.functional.cosine_similarity(noisy.latents.flatten(), clean.flatten(), 0)
    assert abs(float(likeness)) < 0.1


def test_a_fresh_autoencoder_starts_with_latents_of_unit_spread() -> None:
    vae, pixels = new_vae(0), crops(4, random.Random(0))
    with torch.no_grad():
        assert 0.5 < float(vae.encoder(pixels).std()) < 2
        assert float(vae_loss(vae, pixels)) < 3


def test_near_equals_differ_in_one_factor() -> None:
    from house_model.scenes.scene import sample_scene  # noqa: PLC0415

    for seed in range(20):
        scene, *others = near_equals(sample_scene(random.Random(seed)), random.Random(seed))
        for other in others:
            assert sum(getattr(scene, name) != getattr(other, name) for name in CHANGES) == 1


def test_the_captions_of_near_equals_name_what_differs() -> None:
    from house_model.scenes.scene import sample_scene  # noqa: PLC0415

    rng = random.Random(2)
    for _ in range(30):
        family = near_equals(sample_scene(rng), rng)
        assert len(set(family_captions(family, rng))) == len(family)


def test_a_spoilt_picture_counts_less_in_the_contrast_but_is_read_for_its_faults() -> None:
    batch = clip_batch(24, random.Random(0))
    assert batch.pixels.shape[1:] == (3, 96, 96)
    assert len(batch.texts) == len(batch.pixels) == len(batch.faults) == len(batch.qualities)
    assert torch.allclose(batch.qualities, 1 - batch.faults.sum(1) / 3)
    images, texts = torch.eye(4), torch.eye(4)[[1, 0, 2, 3]]
    scale = torch.tensor(5.0)
    trusted = contrastive_loss(images, texts, scale, torch.ones(4))
    doubted = contrastive_loss(images, texts, scale, torch.tensor([0.2, 0.2, 1, 1]))
    assert doubted < trusted


@pytest.mark.parametrize(
    ("name", "shape", "hidden"),
    [
        ("visual.layer2.0.conv2.weight", (64, 64, 3, 3), True),
        ("transformer.resblocks.0.mlp.c_fc.weight", (1024, 256), True),
        ("visual.conv1.weight", (16, 3, 3, 3), False),
        ("visual.attnpool.q_proj.weight", (1024, 1024), False),
        ("text_projection", (256, 256), False),
        ("token_embedding.weight", (2048, 256), False),
        ("logit_scale", (), False),
    ],
)
def test_only_hidden_matrices_are_stepped_by_muon(
    name: str, shape: tuple[int, ...], hidden: bool
) -> None:
    assert is_hidden_matrix(name, torch.zeros(shape)) is hidden


def test_a_step_of_ddim_with_the_target_leads_exactly_to_where_the_teacher_was() -> None:
    sampler = draft_scheduler()
    sampler.set_timesteps(4)
    chance = torch.Generator().manual_seed(0)
    start, end = (torch.randn(4, 8, 4, 4, generator=chance) for _ in range(2))
    targets = step_target(start, end, torch.arange(4))
    assert sampler.timesteps.tolist() == [999, 749, 499, 249]
    for index, time in enumerate(sampler.timesteps):
        reached = sampler.step(targets[index], time, start[index]).prev_sample
        assert torch.allclose(reached, end[index], atol=1e-3)


@pytest.mark.parametrize("with_lines", [True, False])
def test_a_draft_learns_with_a_layout_and_from_the_words_alone(
    shards: Path, *, with_lines: bool
) -> None:
    teacher, student = small_family(), small_family()
    torch.nn.init.normal_(student.unet.conv_out.weight, std=0.02)  # new ones answer nothing
    add_lora(student, rank=4)
    batch = next(batches(read_shards(shards), 2, seed=0, drop=0.0))
    chance = torch.Generator().manual_seed(0)
    paths = teacher_paths(teacher, batch, chance, with_lines=with_lines)
    assert (paths.lines is not None) == with_lines
    lesson_error(student, paths, 4, chance).backward()
    slopes = [p.grad for p in student.unet.parameters() if p.requires_grad]
    assert any(slope is not None and slope.abs().max() > 0 for slope in slopes)


@pytest.mark.filterwarnings("ignore:Already found a `peft_config`")
def test_a_few_step_lora_trains_and_loads_beside_another(shards: Path, tmp_path: Path) -> None:
    teacher, student = small_family(), small_family()
    add_lora(student, rank=4)
    source = batches(read_shards(shards), 2, seed=0, drop=0.0)
    session = learn_few_steps(teacher, student, source, plan(6), tmp_path)
    assert session.step == 6
    write_draft(student, tmp_path / FILE, lessons=24)
    with safe_open(tmp_path / FILE, "pt") as file:
        assert "distillation" in file.metadata()["method"]
    pipe = pipeline(small_family(), read_vae(WEIGHTS / "base"), torch.float32)
    for name in ("brand", "draft"):
        pipe.load_lora_weights(tmp_path, weight_name=FILE, adapter_name=name)
    pipe.set_adapters(["brand", "draft"], [0.5, 1.0])
    assert set(pipe.get_active_adapters()) == {"brand", "draft"}


def test_the_text_encoder_is_clips_own_text_half() -> None:
    import open_clip  # noqa: PLC0415

    torch.manual_seed(0)
    model = open_clip.CLIP(**MODEL).eval()
    ids = torch.tensor([[VOCABULARY - 2, 5, 9] + [VOCABULARY - 1] * 29])
    with torch.no_grad():
        states = text_encoder(model)(ids).last_hidden_state
        pooled = states[torch.arange(1), ids.argmax(1)] @ model.text_projection
        assert torch.allclose(pooled, model.encode_text(ids), atol=1e-5)


def test_a_tokenizer_ends_with_its_special_tokens(tmp_path: Path) -> None:
    tokenizer = CLIPTokenizer.from_pretrained(make_tokenizer(tmp_path, captions=300))
    ids = tokenizer("a red mug, on a sunny beach").input_ids
    assert (ids[0], ids[-1]) == (VOCABULARY - 2, VOCABULARY - 1)
    assert set(BRAND_LOOKS)  # the brands' names are among the captions it learned from
