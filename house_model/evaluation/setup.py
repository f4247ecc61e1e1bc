"""What every part of the evaluation gets, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from brandstudio.domain.base_model import QualityProfile, ScorerProfile
from brandstudio.domain.layout import Layout
from house_model.evaluation.drawers import Drawers
from house_model.evaluation.drawing import Style
from house_model.training.judge import Judge


@dataclass(frozen=True, slots=True)
class Profile:
    """The shipped defaults of the base model's profile."""

    draft: QualityProfile
    final: QualityProfile
    scorer: ScorerProfile


@dataclass(frozen=True, slots=True)
class Setup:
    """The weights under test, the judge, and how much to draw: `prompts` scenes, `seeds` each."""

    weights: Path
    loras: Path
    judge: Judge
    drawers: Drawers
    profile: Profile
    layouts: tuple[Layout, ...]
    prompts: int
    seeds: int

    @property
    def final(self) -> Style:
        """As a final is drawn with a layout."""
        quality = self.profile.final
        return Style(self.weights, quality.steps, quality.guidance_scale)

    @property
    def draft(self) -> Style:
        """As a draft is drawn with a layout, with the profile's few-step LoRA if there is one."""
        quality = self.profile.draft
        draft_lora = self.weights / quality.lora.file if quality.lora else None
        return Style(self.weights, quality.steps, quality.guidance_scale, draft_lora=draft_lora)


@dataclass(frozen=True, slots=True)
class Findings:
    """Figures as they go into the file, how many pictures they rest on, and sheets by name."""

    figures: Mapping[str, Any]
    pictures: int
    sheets: Mapping[str, Image.Image] = field(default_factory=dict[str, Image.Image])


def read_profile(presets: Path) -> Profile:
    """The house profile's qualities, and what names its CLIP."""
    content = _yaml(presets / "base_models" / "house.yaml")
    return Profile(
        draft=QualityProfile.model_validate(content["draft"]),
        final=QualityProfile.model_validate(content["final"]),
        scorer=ScorerProfile.model_validate(content["scorer"]),
    )


def read_layouts(presets: Path) -> tuple[Layout, ...]:
    """Every shipped layout, by name."""
    files = sorted((presets / "layouts").glob("*.yaml"))
    return tuple(Layout.model_validate(_yaml(file)) for file in files)


def _yaml(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text())
