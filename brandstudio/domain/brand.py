"""A brand: an identity and its rules, everything of it locked."""

from typing import Self

from pydantic import Field, model_validator

from brandstudio.domain.values import Frozen, HexColour, Line, RelativeFile, Sha256, Slug


class Swatch(Frozen):
    """One colour of a brand's palette."""

    name: Line
    hex: HexColour


class LockedFile(Frozen):
    """A file the brand signed off, pinned by the hash of its bytes, below the brand's folder."""

    file: RelativeFile
    sha256: Sha256


class LockedLora(LockedFile):
    """An adapter the brand signed off for one base model, in lora_weights/<brand>/."""

    name: Slug
    base_model: Slug
    scale: float = Field(default=1.0, ge=0.0, le=2.0)
    trigger: Line = Field(description="Prompt words the LoRA was trained on; they come first")


class Typography(Frozen):
    """The brand's typefaces; the licence text lies beside the files."""

    family: Line
    headline: LockedFile
    body: LockedFile
    licence: Line
    licence_file: RelativeFile = "fonts/OFL.txt"


class OverlayColours(Frozen):
    """The colours of text, call to action and the scrim behind them on finished renditions."""

    text: HexColour
    scrim: HexColour
    cta_text: HexColour
    cta_fill: HexColour


class ScoreWeights(Frozen):
    """How much each score counts in this brand's ranking; they are compared after standardising."""

    clip: float = Field(default=1.0, ge=0)
    aesthetic: float = Field(default=1.0, ge=0)
    palette: float = Field(default=1.0, ge=0)
    copy_space: float = Field(default=1.0, ge=0)
    sharpness: float = Field(default=0.5, ge=0)


class Brand(Frozen):
    """An identity and its rules; no form, API call or prompt can change anything in here."""

    slug: Slug
    version: int = Field(ge=1)
    name: Line
    tagline: Line
    about: str = Field(default="", max_length=600)
    palette: tuple[Swatch, ...] = Field(min_length=2, max_length=12)
    logo: LockedFile
    logo_on_dark: LockedFile
    typography: Typography
    overlay: OverlayColours
    loras: tuple[LockedLora, ...] = Field(min_length=1)
    negative_prompt: str = Field(default="", max_length=600)
    templates: tuple[Slug, ...] = Field(min_length=1)
    layouts: tuple[Slug, ...] = Field(min_length=1)
    placements: tuple[Slug, ...] = Field(min_length=1)
    forbidden_words: tuple[Line, ...] = ()
    score_weights: ScoreWeights = ScoreWeights()
    allow_self_review: bool = False
    embed_recipe: bool = Field(
        default=False,
        description="Write prompt, LoRA and seed into the files of packs; everyone who gets one "
        "can read them there",
    )

    @model_validator(mode="after")
    def _one_lora_per_base_model(self) -> Self:
        bases = [lora.base_model for lora in self.loras]
        if len(bases) != len(set(bases)):
            raise ValueError("a brand locks one LoRA per base model; a base model is named twice")
        return self

    def lora_for(self, base_model: str) -> LockedLora | None:
        """The LoRA locked for that base model, or None when the brand has not signed one off."""
        return next((lora for lora in self.loras if lora.base_model == base_model), None)

    @property
    def locked_files(self) -> tuple[LockedFile, ...]:
        """Everything pinned in the brand's own folder (LoRAs lie elsewhere)."""
        return (self.logo, self.logo_on_dark, self.typography.headline, self.typography.body)
