"""What every stage shares: steps, averages of weights, checkpoints, progress."""

import io
import logging
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from house_model.training.folders import write_whole
from house_model.training.noise import cosine
from house_model.training.optimizers import Optimizers, same_pace
from house_model.training.process_group import ALONE, ProcessGroup

log = logging.getLogger(__name__)

_AVERAGE_EVERY = 8
_REPORT_EVERY = 25
_SAVE_EVERY_S = 300.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast a stage trains; `floor` is where its learning rate ends, as a share."""

    minutes: float
    learning_rate: float
    batch: int
    ema: float = 0.998
    floor: float = 0.03
    weight_decay: float = 0.01
    steps: int | None = None
    with_muon: bool = False


class Session:
    """One stage under way; time counts over restarts, so a resumed run keeps its schedule."""

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        plan: Plan,
        folder: Path,
        group: ProcessGroup = ALONE,
        *,
        pace: Callable[[str], float] = same_pace,
    ) -> None:
        self.modules, self.plan, self.folder = modules, plan, folder
        self.group = group
        self.parameters = [
            p for module in modules.values() for p in module.parameters() if p.requires_grad
        ]
        self.optimizers = Optimizers(
            modules, weight_decay=plan.weight_decay, with_muon=plan.with_muon, pace=pace
        )
        self.average = [parameter.detach().clone() for parameter in self.parameters]
        self.step, self.losses = 0, list[float]()
        self._earlier_s, self._started = 0.0, time.monotonic()
        self._saved = self._started
        self._resume()

    @property
    def elapsed_s(self) -> float:
        return self._earlier_s + time.monotonic() - self._started

    @property
    def progress(self) -> float:
        """Share of the stage that is done, 0..1."""
        if self.plan.steps:
            return min(1.0, self.step / self.plan.steps)
        return min(1.0, self.elapsed_s / (60 * self.plan.minutes))

    @property
    def is_over(self) -> bool:
        """Whether to stop; asked before every step, and answered alike in every process."""
        if self.step % _AVERAGE_EVERY and self.group.size > 1:
            return False
        return self.group.agree(self.progress) >= 1

    def learn(self, loss: Tensor) -> None:
        """One optimiser step from a scalar loss; averages, reports and saves when due."""
        warm = min(1.0, (self.step + 1) / 40)
        rate = self.plan.learning_rate * warm * cosine(self.progress, floor=self.plan.floor)
        for parameter in self.parameters:
            parameter.grad = None
        torch.autograd.backward(loss)
        touched = [parameter for parameter in self.parameters if parameter.grad is not None]
        nn.utils.clip_grad_norm_(touched, 1.0)
        self.optimizers.step(rate)
        self.step += 1
        self.losses.append(loss.item())
        if self.step % _AVERAGE_EVERY == 0:
            self.group.average(self.parameters)
        self._follow()
        if self.group.is_first and self.step % _REPORT_EVERY == 0:
            self._report(rate)
        if time.monotonic() - self._saved > _SAVE_EVERY_S:
            self.checkpoint()

    def run(self, next_loss: Callable[[], Tensor]) -> "Session":
        """Learn from one loss after the other until the plan is over."""
        while not self.is_over:
            self.learn(next_loss())
        return self

    def finish(self, write: Callable[[], object]) -> None:
        """Have the first of a group write the averaged weights, and save."""
        if self.group.is_first:
            with self.averaged():
                write()
        self.checkpoint()

    @contextmanager
    def averaged(self) -> Generator[None]:
        """Inside the block the modules hold the moving average of their weights."""
        current = [parameter.detach().clone() for parameter in self.parameters]
        _copy(self.average, self.parameters)
        try:
            yield
        finally:
            _copy(current, self.parameters)

    def checkpoint(self) -> None:
        """Save everything that a restart needs; the first of a group saves for all.

        Files of their own could lie some steps apart after a kill, and members that count
        differently wait for each other for ever.
        """
        self._saved = time.monotonic()
        if not self.group.is_first:
            return
        state = {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "parameters": [parameter.detach() for parameter in self.parameters],
            "average": self.average,
            "optimizers": self.optimizers.state(),
        }
        content = io.BytesIO()
        torch.save(state, content)
        write_whole(self._file, content.getvalue())

    @property
    def _file(self) -> Path:
        return self.folder / "checkpoint.pt"

    def _resume(self) -> None:
        if not self._file.exists():
            return
        state: dict[str, Any] = torch.load(self._file, weights_only=True)
        _copy(state["parameters"], self.parameters)
        self.average = state["average"]
        self.optimizers.restore(state["optimizers"])
        self.step, self._earlier_s = state["step"], state["elapsed_s"]
        log.info("resumed at step %d after %.0f s", self.step, self._earlier_s)

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.plan.ema, (1 + self.step) / (20 + self.step))
        current = [parameter.detach() for parameter in self.parameters]
        # Without a public name, but the one call that moves them all at once.
        torch._foreach_lerp_(self.average, current, 1 - decay)  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]

    def _report(self, rate: float) -> None:
        recent = self.losses[-_REPORT_EVERY:]
        images = self.plan.batch * self.step * self.group.size / max(self.elapsed_s, 1e-9)
        left = (1 - self.progress) / max(self.progress, 1e-9) * self.elapsed_s / 60
        log.info(
            "step %d: loss %.4f, rate %.1e, %.1f images/s, %.1f minutes left",
            self.step, sum(recent) / len(recent), rate, images, left,
        )  # fmt: skip


@torch.no_grad()
def _copy(source: Iterable[Tensor], target: Iterable[Tensor]) -> None:
    for old, new in zip(target, source, strict=True):
        old.copy_(new)


def seed_torch(seed: int) -> None:
    """Start torch's own generator anew, from which new weights are drawn."""
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
