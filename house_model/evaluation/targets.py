"""What every figure must reach, as one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Target:
    """One row: `path` leads through the parts' figures; a yes-or-no figure counts as 1 or 0."""

    name: str
    path: str
    sense: Literal["at least", "at most"]
    required: float

    def row(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """The row with what was reached; None where the part was never measured."""
        reached = _at(self.path, parts)
        return {
            "name": self.name,
            "sense": self.sense,
            "required": self.required,
            "reached": reached,
            "met": None if reached is None else self._is_met(reached),
        }

    def _is_met(self, reached: float) -> bool:
        return reached >= self.required if self.sense == "at least" else reached <= self.required


TARGETS = (
    Target("text alone: product", "text.product", "at least", 0.90),
    Target("text alone: colour", "text.colour", "at least", 0.92),
    Target("text alone: setting", "text.setting", "at least", 0.95),
    Target("text alone: position", "text.position", "at least", 0.90),
    Target("with layouts: mean IoU", "layouts.mean_iou", "at least", 0.75),
    Target("with layouts: share of IoU above .5", "layouts.share_iou_above_half", "at least", 0.95),
    Target("copy space quiet", "copy_space.share_quiet", "at least", 0.95),
    Target("brand LoRA: distance left, worst", "brands.worst_distance_left", "at most", 0.5),
    Target("brand LoRA leaves no trace", "brands.no_trace", "at least", 1),
    Target("autoencoder, natural: dB", "autoencoder.natural", "at least", 32.0),
    Target("CLIP: right caption among 64", "rankers.right_caption_among_64", "at least", 0.9),
    Target("aesthetic head: rank order", "rankers.aesthetic_rank_correlation", "at least", 0.9),
    Target("upscaler over Lanczos, clean: dB", "upscaler.clean.gain_db", "at least", 3.0),
    Target("draft loses against the final, most", "drafts.lost", "at most", 0.10),
    Target("final takes times a draft", "speed.final_to_draft", "at least", 4.0),
    Target("seconds per final picture", "speed.seconds_each.final", "at most", 3.0),
    Target("seconds to load", "speed.load_s", "at most", 5.0),
)  # fmt: skip


def _at(path: str, parts: Mapping[str, Any]) -> float | None:
    value: Any = parts
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]  # pyright: ignore[reportUnknownVariableType]
    return float(value)  # pyright: ignore[reportUnknownArgumentType]
