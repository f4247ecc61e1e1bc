"""The stage `draft`: a LoRA with which the family draws in four steps without guidance.

Drafts need an eighth of the work of finals: four passes of the UNet instead of sixteen pairs. The
LoRA learns to make, in one unguided step, what the guided sampler of finals makes in several:
progressive distillation (Salimans & Ho 2022, https://arxiv.org/abs/2202.00512) with the guidance
distilled too (Meng et al. 2023, https://arxiv.org/abs/2210.03142), as an adapter that goes beside
a brand's own, like LCM-LoRA (Luo et al. 2023, https://arxiv.org/abs/2311.05556).

Why not latent consistency itself: it learns from its own guesses, from little noise to much, and
that takes tens of thousands of pictures. A processor draws a few hundred in the time there is, so
every one must be an exact lesson: the teacher draws whole pictures from noise, and each quarter of
such a path gives one (noisier latents, less noisy latents) that a single step of DDIM must match.
DDIM with trailing steps visits exactly the ends of these quarters, and nothing is random after the
first noise, so that a draft shows the composition of the final with the same seed.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler
from torch import Tensor

from house_model.training.family import Family, read_family, scheduler
from house_model.training.loop import Plan, Session
from house_model.training.lora import add_lora, write_layers
from house_model.training.noise import SCHEDULE, signal_at
from house_model.training.process_group import ALONE, ProcessGroup
from house_model.training.shards import Batch, batches, read_shards

FILE = "house_4_steps.safetensors"
STEPS = 4
GUIDANCE = 3.0
# Two steps of the guided sampler for one of the draft. What they draw is twenty times nearer to the
# sixteen steps of finals than four unguided steps are; the other eight would buy little.
_TEACHER_STEPS = 2 * STEPS
_DRAWN_AT_ONCE = 4
# Each of the sixteen lessons of a drawing is learned about twice; drawing takes almost as long.
_STEPS_PER_DRAWING = 8
# Two of five drawings have no lines, for drafts without a layout; the ControlNet's answers change
# what the UNet sees so much that what is learned beside it does not hold without it.
_WITHOUT_LINES = 0.4


@dataclass(frozen=True, slots=True)
class Paths:
    """How the teacher drew N pictures of one size.

    latents: (STEPS + 1, N, 8, h, w) float32, from pure noise to the picture; words: (N, 32, 256);
    lines: (N, 1, 8h, 8w) bool, for hundreds of them are kept in memory; None where the teacher drew
    from the words alone.
    """

    latents: Tensor
    words: Tensor
    lines: Tensor | None


def train_draft(
    plan: Plan,
    folder: Path,
    *,
    weights: Path,
    shards: Path,
    start: Path | None = None,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Path:
    """Train on the captions and lines of every shard found, from an earlier file if there is one.

    Leaves the layers in `folder/FILE`.
    """
    teacher, student = (read_family(weights / "base", weights / "controlnet") for _ in range(2))
    add_lora(student, start=start, seed=seed)
    source = batches(read_shards(shards), _DRAWN_AT_ONCE, seed=seed + 1000 * group.rank, drop=0.0)
    session = learn_few_steps(teacher, student, source, plan, folder, seed=seed, group=group)
    lessons = session.step * plan.batch * group.size
    session.finish(lambda: write_draft(student, folder / FILE, lessons=lessons))
    return folder / FILE


def learn_few_steps(
    teacher: Family,
    student: Family,
    source: Iterator[Batch],
    plan: Plan,
    folder: Path,
    *,
    seed: int = 0,
    group: ProcessGroup = ALONE,
) -> Session:
    """Train the student's low-rank layers until the plan is over; drawings are kept and reused."""
    session = Session({"unet": student.unet}, plan, folder, group)
    rng = random.Random(seed + 1000 * group.rank + session.step)
    chance = torch.Generator().manual_seed(rng.getrandbits(32))
    drawn: list[Paths] = []

    def next_loss() -> Tensor:
        if not drawn or session.step % _STEPS_PER_DRAWING == 0:
            with_lines = rng.random() >= _WITHOUT_LINES
            drawn.append(teacher_paths(teacher, next(source), chance, with_lines=with_lines))
        return lesson_error(student, rng.choice(drawn), plan.batch, chance)

    return session.run(next_loss)


@torch.no_grad()
def teacher_paths(
    teacher: Family,
    batch: Batch,
    chance: torch.Generator,
    *,
    with_lines: bool = True,
    steps: int = _TEACHER_STEPS,
    guidance: float = GUIDANCE,
) -> Paths:
    """Draw the batch's captions and lines as finals are drawn, keeping where each quarter ends."""
    sampler = scheduler()
    sampler.set_timesteps(steps)
    words = teacher.words(["" for _ in batch.captions] + batch.captions)
    lines = torch.cat([batch.lines] * 2) if with_lines else None
    latents = torch.randn(batch.latents.shape, generator=chance)
    kept = [latents]
    for index, time in enumerate(sampler.timesteps):
        with torch.autocast("cpu", torch.bfloat16):
            pair = teacher.v(torch.cat([latents] * 2), time.expand(len(words)), words, lines)
        without, with_words = pair.float().chunk(2)
        guided = without + guidance * (with_words - without)
        latents = sampler.step(guided, time, latents).prev_sample
        if (index + 1) % (steps // STEPS) == 0:
            kept.append(latents)
    kept_lines = batch.lines[:, :1] > 0.5 if with_lines else None
    return Paths(torch.stack(kept), words[len(batch.captions) :], kept_lines)


def lesson_error(student: Family, paths: Paths, number: int, chance: torch.Generator) -> Tensor:
    """The scalar loss of `number` single steps, drawn by chance from the paths.

    It is the mean squared distance, in latents, of where a step lands from where the teacher was.
    The plain error of v would be nearly all about the first quarter, which turns the least.
    """
    quarters, pictures = paths.latents.shape[0] - 1, paths.latents.shape[1]
    chosen = torch.randperm(quarters * pictures, generator=chance)[:number]
    quarter, picture = chosen // pictures, chosen % pictures
    start, end = paths.latents[quarter, picture], paths.latents[quarter + 1, picture]
    lines = None if paths.lines is None else paths.lines[picture].float().repeat(1, 3, 1, 1)
    with torch.autocast("cpu", torch.bfloat16):
        answer = student.v(start, draft_times()[quarter], paths.words[picture], lines)
    missed = answer.float() - step_target(start, end, quarter)
    return (_turns()[quarter].sin() * missed).square().mean()


def draft_times() -> Tensor:
    """(STEPS,) int64: the times that a draft visits, from 999 down."""
    sampler = draft_scheduler()
    sampler.set_timesteps(STEPS)
    return sampler.timesteps


def draft_scheduler() -> DDIMScheduler:
    """What the studio builds from the checkpoint's own schedule under the name `ddim`."""
    return DDIMScheduler(
        **SCHEDULE, timestep_spacing="trailing", clip_sample=False, set_alpha_to_one=False
    )


def step_target(start: Tensor, end: Tensor, quarter: Tensor) -> Tensor:
    """The v with which one step of DDIM leads from start to end, both (N, 8, h, w).

    With signal cos a and noise sin a at the start, and cos b and sin b at the end, such a step is a
    turn, end = cos(a - b) start - sin(a - b) v. It holds for a = 90 degrees too, where no signal is
    left and noise alone could not be divided by it.
    """
    turn = _turns()[quarter]
    return (turn.cos() * start - end) / turn.sin()


def _turns() -> Tensor:
    """How far each step turns, (STEPS, 1, 1, 1) float32 in radians: .24, .32, .42 and .56.

    The last one ends where DDIM does, at the schedule's first time.
    """
    times = torch.cat([draft_times(), torch.zeros(1, dtype=torch.int64)])
    angles = signal_at(times).sqrt().clamp(max=1).acos()
    return (angles[:-1] - angles[1:]).view(-1, 1, 1, 1)


def write_draft(student: Family, path: Path, *, lessons: int) -> None:
    """Write the layers, with what a reader must know in the file's own metadata."""
    method = "progressive distillation with guidance, for 4 trailing steps of DDIM at guidance 1"
    training_set = f"{lessons} lessons from pictures that the base drew of scenes' captions"
    write_layers(student.unet, path, {"method": method, "training_set": training_set})
