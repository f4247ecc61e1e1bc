"""Ranking: scores are standardised within a run and added by the brand's weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, pstdev

from brandstudio.domain.brand import ScoreWeights


@dataclass(frozen=True, slots=True)
class ScoreKind:
    """What one score measures, for people."""

    name: str
    title: str
    higher_is_better: bool
    unit: str
    meaning: str


SCORES = {
    kind.name: kind
    for kind in (
        ScoreKind(
            "clip", "Matches the brief", True, "cosine", "CLIP similarity of image and prompt"
        ),
        ScoreKind(
            "aesthetic", "Looks good", True, "points", "Aesthetic head on the CLIP embedding"
        ),
        ScoreKind(
            "palette", "On palette", False, "ΔE2000", "Colour distance to the nearest brand colour"
        ),
        ScoreKind(
            "copy_space",
            "Quiet copy space",
            True,
            "0 to 1",
            "How calm the picture is where text goes",
        ),
        ScoreKind("sharpness", "Sharp", True, "log variance", "Fine detail in the picture"),
    )
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A variant's place in its run: rank 1 is best; `total`, `parts` in standard deviations."""

    key: int
    rank: int
    total: float
    parts: Mapping[str, float]


def rank(scores: Mapping[int, Mapping[str, float]], weights: ScoreWeights) -> tuple[Ranked, ...]:
    """Rank the variants of one run, best first; ties keep the order of their keys.

    Standardised within the run: a cosine and an aesthetic score cannot be added as they are.
    Ranks of different runs cannot be compared.
    """
    parts = _standardised(scores)
    weight = weights.model_dump()
    totals = {
        key: sum(weight[name] * value for name, value in values.items())
        / (sum(weight.values()) or 1.0)
        for key, values in parts.items()
    }
    order = sorted(totals, key=lambda key: (-totals[key], key))
    return tuple(
        Ranked(key=key, rank=place, total=totals[key], parts=parts[key])
        for place, key in enumerate(order, start=1)
    )


def reason(parts: Mapping[str, float]) -> str:
    """Why a variant stands where it stands, in one sentence."""
    if not parts:
        return "Not scored yet."
    unread = "" if "clip" in parts else "Ranked without CLIP, whose model is missing. "
    return unread + _extremes(parts)


def _extremes(parts: Mapping[str, float]) -> str:
    strongest = max(parts, key=lambda name: parts[name])
    weakest = min(parts, key=lambda name: parts[name])
    if parts[strongest] - parts[weakest] < 0.1:
        return "Close to the average of this run in every score."
    return (
        f"Strongest in “{SCORES[strongest].title.lower()}” ({_deviation(parts[strongest])}), "
        f"weakest in “{SCORES[weakest].title.lower()}” ({_deviation(parts[weakest])})."
    )


def _deviation(value: float) -> str:
    return f"{abs(value):.1f} σ {'above' if value >= 0 else 'below'} this run's average"


def _standardised(scores: Mapping[int, Mapping[str, float]]) -> dict[int, dict[str, float]]:
    names = [
        name for name in SCORES if scores and all(name in values for values in scores.values())
    ]
    standardised: dict[int, dict[str, float]] = {key: {} for key in scores}
    for name in names:
        column = [values[name] for values in scores.values()]
        mean, spread = fmean(column), pstdev(column)
        sign = 1.0 if SCORES[name].higher_is_better else -1.0
        for key, values in scores.items():
            standardised[key][name] = (
                sign * (values[name] - mean) / spread if spread > 1e-9 else 0.0
            )
    return standardised
