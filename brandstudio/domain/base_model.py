"""A base model: the diffusion checkpoint with its defaults, allowed ranges and licence."""

import re
from typing import Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from brandstudio.domain.values import Frozen, Line, RelativeFile, Sha256, Slug

Family = Literal["sd15", "sdxl", "sd3", "flux", "qwen-image", "z-image"]
Quality = Literal["draft", "final"]
MAX_BATCH_PIXELS = 64 * 1024 * 1024
SHIPPED_CLIP = "local-dir:"
Scheduler = Literal[
    "checkpoint", "dpmpp-2m", "dpmpp-2m-karras", "euler", "euler-a", "ddim", "unipc", "lcm"
]


class Checkpoint(Frozen):
    """Where weights come from: a folder shipped with the studio, or a hub id at a revision."""

    source: Literal["shipped", "hub"]
    id: Line = Field(description="Folder below the package's weights, or owner/name on the hub")
    revision: Line = Field(description="Commit on the hub; sha256 over the weight files if shipped")

    @model_validator(mode="after")
    def _shipped_lies_below_the_weights(self) -> Self:
        if self.source == "shipped":
            TypeAdapter(RelativeFile).validate_python(self.id)
        return self

    @property
    def is_pinned(self) -> bool:
        """Whether the revision names these weights for ever: a checksum, or a commit."""
        return self.source == "shipped" or re.fullmatch(r"[0-9a-f]{40}", self.revision) is not None


class UpscalerProfile(Frozen):
    """A learned upscaler for this base model's images, pinned by the hash of its file."""

    file: RelativeFile = Field(description="A safetensors file below the package's weights")
    sha256: Sha256
    scale: int = Field(ge=2, le=8)
    max_upscale: float = Field(ge=1, description="Enlargement that still looks good with it")
    licence: Line


class FewStepLora(Frozen):
    """A LoRA that teaches the base model to draw in few steps, pinned by the hash of its file."""

    name: Slug
    file: RelativeFile = Field(description="A safetensors file below the package's weights")
    sha256: Sha256
    scale: float = Field(default=1.0, gt=0, le=2)
    licence: Line


class QualityProfile(Frozen):
    """How an image of this quality is sampled."""

    steps: int = Field(ge=1, le=100)
    guidance_scale: float = Field(ge=0, le=30)
    scheduler: Scheduler | None = Field(default=None, description="Instead of the base model's")
    lora: FewStepLora | None = Field(default=None, description="Beside the brand's; drafts only")

    @property
    def is_guided(self) -> bool:
        """Whether every step asks the model twice, with the prompt and with the negative one."""
        return self.guidance_scale > 1


class Range(Frozen):
    """The least and the most that still draws well."""

    least: float
    most: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least > self.most:
            raise ValueError("least is more than most")
        return self

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most

    def __str__(self) -> str:
        return f"{self.least:g} to {self.most:g}"


class AllowedRanges(Frozen):
    """What brands, layouts and the profile itself may ask of this base model."""

    steps: Range
    guidance_scale: Range
    lora_scale: Range
    controlnet_scale: Range


class Size(Frozen):
    """The size the model draws at, in pixels."""

    width_px: int = Field(ge=64, le=4096, multiple_of=8)
    height_px: int = Field(ge=64, le=4096, multiple_of=8)

    @property
    def pixels(self) -> int:
        return self.width_px * self.height_px


class ScorerProfile(Frozen):
    """The CLIP model and the aesthetic head that score this base model's images."""

    clip: Line = Field(description="open_clip model name, or 'local-dir:' and a shipped folder")
    revision: Sha256 | None = Field(
        default=None, description="sha256 over the files of a shipped folder, its head included"
    )
    pretrained: str = Field(default="", description="open_clip's tag for the weights of a name")
    aesthetic_head: RelativeFile | Literal[""] = Field(
        default="",
        description="safetensors file beside a shipped CLIP model, or else below weights",
    )
    aesthetic_sha256: Sha256 | None = Field(
        default=None, description="Of a head that is not part of a shipped folder"
    )
    aesthetic_source: str = ""

    @model_validator(mode="after")
    def _shipped_is_locked(self) -> Self:
        if self.folder is None and ":" in self.clip:
            raise ValueError("clip: name a model that open_clip knows, or a shipped folder")
        if self.folder is not None:
            TypeAdapter(RelativeFile).validate_python(self.folder)
            if self.revision is None:
                raise ValueError("a shipped CLIP model needs its revision; lock the base model")
        return self

    @property
    def folder(self) -> str | None:
        """The folder below the package's weights, if the CLIP model ships with the studio."""
        return self.clip.removeprefix(SHIPPED_CLIP) if self.clip.startswith(SHIPPED_CLIP) else None


class BaseModelProfile(Frozen):
    """The diffusion checkpoint and its defaults, as one presets/base_models/*.yaml declares it."""

    slug: Slug
    title: Line
    about: str = Field(default="", max_length=600)
    family: Family
    licence: Line
    commercial_use: Literal["yes", "no", "ask"] = "ask"
    checkpoint: Checkpoint
    controlnet: Checkpoint
    scheduler: Scheduler = "checkpoint"
    draft: QualityProfile
    final: QualityProfile
    allowed: AllowedRanges
    sizes: dict[Literal["1:1", "4:5", "9:16", "16:9"], Size]
    max_upscale: float = Field(default=2.0, ge=1, description="Enlargement that still looks good")
    upscaler: UpscalerProfile | None = None
    clip_skip: int | None = None
    takes_negative_prompt: bool = Field(
        default=True, description="Whether it was trained to be told what not to draw"
    )
    batch_size: int = Field(default=4, ge=1, le=64)
    variant: str | None = Field(default=None, description="diffusers weight variant, such as fp16")
    scorer: ScorerProfile
    seconds_per_step: float = Field(
        gt=0, description="One image, one step, on the machine the profile was measured on"
    )

    @model_validator(mode="after")
    def _qualities_allowed(self) -> Self:
        for name, quality in (("draft", self.draft), ("final", self.final)):
            if quality.steps not in self.allowed.steps:
                raise ValueError(f"{name}.steps is outside {self.allowed.steps}")
            if quality.guidance_scale not in self.allowed.guidance_scale:
                raise ValueError(f"{name}.guidance_scale is outside {self.allowed.guidance_scale}")
        return self

    @model_validator(mode="after")
    def _batch_fits_a_card(self) -> Self:
        largest = max((size.pixels for size in self.sizes.values()), default=0)
        if self.batch_size * largest > MAX_BATCH_PIXELS:
            raise ValueError(
                f"batch_size: {self.batch_size} images of {largest:,} pixels are more than the "
                f"{MAX_BATCH_PIXELS:,} of one forward pass"
            )
        return self

    @model_validator(mode="after")
    def _finals_carry_the_brand_alone(self) -> Self:
        if self.final.lora is not None:
            raise ValueError("final.lora: only drafts may carry a LoRA that is not the brand's")
        return self

    def quality(self, quality: Quality) -> QualityProfile:
        """The sampling profile of that quality."""
        return self.draft if quality == "draft" else self.final

    def scheduler_of(self, quality: Quality) -> Scheduler:
        """The scheduler that images of that quality are sampled with."""
        return self.quality(quality).scheduler or self.scheduler

    def seconds_each(self, quality: Quality) -> float:
        """One image of that quality on the profile's machine; unguided steps take half the time."""
        sampled = self.quality(quality)
        asked_twice = sampled.is_guided or not self.final.is_guided
        return sampled.steps * self.seconds_per_step * (1 if asked_twice else 0.5)
