"""From a brief to variants. Nothing that changes a pixel is decided after this."""

from collections.abc import Mapping
from itertools import product

from pydantic import Field

from brandstudio.domain.base_model import BaseModelProfile, FewStepLora, Scheduler
from brandstudio.domain.brand import Brand, LockedLora
from brandstudio.domain.brief import BASELINE, Brief
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.layout import ControlDrawing, Layout
from brandstudio.domain.pattern import expand, tidy
from brandstudio.domain.template import FieldKind, FieldUse, Template, TemplateField
from brandstudio.domain.values import Frozen, Sha256, Slug
from brandstudio.errors import BriefError, Problem

_SEED_SPACE = 2**32


class LoraUse(Frozen):
    """One adapter at one scale, named by the hash of its file."""

    name: Slug
    sha256: Sha256
    scale: float


class ControlUse(Frozen):
    """What steers the composition: a ControlNet at one scale and what its control map shows."""

    controlnet: str
    revision: str
    scale: float
    drawing: ControlDrawing


class GenerationParams(Frozen):
    """Everything that changes a pixel, and nothing else."""

    base_model: Slug
    revision: str
    prompt: str
    negative_prompt: str = ""
    seed: int = Field(ge=0, lt=_SEED_SPACE)
    width_px: int = Field(gt=0, multiple_of=8)
    height_px: int = Field(gt=0, multiple_of=8)
    steps: int = Field(ge=1)
    guidance_scale: float
    scheduler: Scheduler
    clip_skip: int | None = None
    loras: tuple[LoraUse, ...] = ()
    control: ControlUse | None = None

    @property
    def fingerprint(self) -> str:
        """Names the image: equal for requests that ask for the same pixels."""
        return self.digest

    @property
    def batch_key(self) -> str:
        """Equal for images that one forward pass can make together."""
        alike = self.model_dump(
            exclude={"prompt": True, "negative_prompt": True, "seed": True, "control": {"drawing"}}
        )
        return repr(sorted(alike.items()))


class Variant(Frozen):
    """One image to make: its arm, its seed, and everything the generator needs."""

    index: int
    arm: str
    levels: dict[str, str]
    seed: int
    layout: Slug
    pattern: str
    params: GenerationParams


class Plan(Frozen):
    """All variants of a brief, and how long they will take on the profile's machine."""

    brief: Brief
    base_model: Slug
    variants: tuple[Variant, ...]
    estimated_s: float


def plan_brief(brief: Brief, catalogue: Catalogue, base_model: BaseModelProfile) -> Plan:
    """Cross every arm with every seed, so that arms differ by their treatment alone.

    Raises BriefError when the brand has no LoRA, or the model no size, for what is asked.
    """
    brand, template = catalogue.brand(brief.brand), catalogue.template(brief.template)
    seeds = [(brief.seed + offset) % _SEED_SPACE for offset in range(brief.seeds_per_arm)]
    arms = [
        _treat(brief, levels, template, brand, catalogue, base_model)
        for levels in arms_of(brief.axes)
    ]
    variants = tuple(
        arm.but(index=index, seed=seed, params=arm.params.but(seed=seed).model_dump())
        for index, (arm, seed) in enumerate(product(arms, seeds))
    )
    estimated_s = len(variants) * base_model.seconds_each(brief.quality)
    return Plan(brief=brief, base_model=base_model.slug, variants=variants, estimated_s=estimated_s)


def arms_of(axes: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Every combination of one level per axis, in the order the axes are declared."""
    return [dict(zip(axes, levels, strict=True)) for levels in product(*axes.values())]


def arm_name(levels: Mapping[str, str]) -> str:
    """What an arm is called: its levels, or 'baseline' when nothing is varied."""
    return " · ".join(levels.values()) or BASELINE


def _treat(
    brief: Brief,
    levels: dict[str, str],
    template: Template,
    brand: Brand,
    catalogue: Catalogue,
    base_model: BaseModelProfile,
) -> Variant:
    answers = brief.answers | levels
    layout = _layout_of(answers, template, catalogue.layout(brief.layout), catalogue)
    params = _params(brief, answers, layout, template, brand, catalogue, base_model)
    return Variant(
        index=0,
        arm=arm_name(levels),
        levels=levels,
        seed=brief.seed,
        layout=layout.slug,
        pattern=template.pattern,
        params=params,
    )


def _layout_of(
    answers: Mapping[str, str], template: Template, layout: Layout, catalogue: Catalogue
) -> Layout:
    field = template.position_field
    position = answers.get(field.name) if field else None
    return (catalogue.layout_at(layout, position) if position else None) or layout


def _params(
    brief: Brief,
    answers: Mapping[str, str],
    layout: Layout,
    template: Template,
    brand: Brand,
    catalogue: Catalogue,
    base_model: BaseModelProfile,
) -> GenerationParams:
    lora = brand.lora_for(base_model.slug)
    if lora is None:
        reason = f"{brand.name} has no LoRA locked for the base model '{base_model.slug}'"
        raise BriefError([Problem("brand", f"{reason}; lock one in its brand.yaml")])
    size = base_model.sizes.get(layout.aspect)
    if size is None:
        raise BriefError([Problem("layout", f"{base_model.title} cannot draw at {layout.aspect}")])
    if layout.controlnet_scale not in base_model.allowed.controlnet_scale:
        allowed = base_model.allowed.controlnet_scale
        reason = f"asks for ControlNet scale {layout.controlnet_scale:g}; {base_model.title}"
        raise BriefError([Problem("layout", f"{reason} allows {allowed}")])
    words = _words(answers, template, layout)
    quality = base_model.quality(brief.quality)
    outline = catalogue.outline(answers[template.product_field.name])
    return GenerationParams(
        base_model=base_model.slug,
        revision=base_model.checkpoint.revision,
        # The brand's own words come first: an encoder with a short window drops what comes last.
        prompt=tidy(f"{lora.trigger}, {expand(template.pattern, words)}"),
        negative_prompt=_unwanted(brand, template, words, base_model),
        seed=brief.seed,
        width_px=size.width_px,
        height_px=size.height_px,
        steps=quality.steps,
        guidance_scale=quality.guidance_scale,
        scheduler=base_model.scheduler_of(brief.quality),
        clip_skip=base_model.clip_skip,
        loras=(_use_of(lora), *([_use_of(quality.lora)] if quality.lora else [])),
        control=ControlUse(
            controlnet=base_model.controlnet.id,
            revision=base_model.controlnet.revision,
            scale=layout.controlnet_scale,
            drawing=layout.drawing(outline.slug, outline.sha256),
        ),
    )


def _unwanted(
    brand: Brand, template: Template, words: Mapping[str, str], base_model: BaseModelProfile
) -> str:
    if not base_model.takes_negative_prompt:
        return ""
    return tidy(f"{brand.negative_prompt}, {expand(template.negative_pattern, words)}")


def _use_of(lora: LockedLora | FewStepLora) -> LoraUse:
    return LoraUse(name=lora.name, sha256=lora.sha256, scale=lora.scale)


def _words(answers: Mapping[str, str], template: Template, layout: Layout) -> dict[str, str]:
    """What the pattern may use: the prompt words of each answer, empty for what was left out."""
    words = {
        field.name: _prompt_words(field, answers.get(field.name, ""))
        for field in template.fields
        if field.use is not FieldUse.OVERLAY
    }
    return words | {"layout": layout.prompt}


def _prompt_words(field: TemplateField, answer: str) -> str:
    if field.kind is FieldKind.TEXT:
        return answer
    choice = field.choice(answer)
    return choice.prompt if choice else ""
