"""What a brand locks, looked up in its preset and compared with what a plan would draw."""

from collections.abc import Iterator

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brand import Brand
from brandstudio.domain.brief import Brief
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.pattern import tidy
from brandstudio.domain.plan import GenerationParams, Plan


def plan_off_the_lock(plan: Plan, catalogue: Catalogue) -> list[str]:
    """Everything in which a plan differs from what brand, layout and base model lock."""
    return [
        f"variant {variant.index}: {fault}"
        for variant in plan.variants
        for fault in off_the_lock(variant.params, variant.layout, plan.brief, catalogue)
    ]


def off_the_lock(
    params: GenerationParams, layout: str, brief: Brief, catalogue: Catalogue
) -> list[str]:
    """Everything in which one variant differs from what brand, layout and base model lock."""
    brand, base_model = catalogue.brand(brief.brand), catalogue.base_model("house")
    pairs = _pairs(params, layout, brief.quality, brand, base_model, catalogue)
    return [
        f"{name} is {found!r}, locked is {locked!r}"
        for name, found, locked in pairs
        if found != locked
    ]


def locked_words(brand: Brand, base_model: BaseModelProfile) -> str:
    """The words that every prompt of the brand begins with."""
    lora = brand.lora_for(base_model.slug)
    assert lora is not None
    return tidy(lora.trigger)


def _pairs(
    params: GenerationParams,
    layout_slug: str,
    quality: str,
    brand: Brand,
    base_model: BaseModelProfile,
    catalogue: Catalogue,
) -> Iterator[tuple[str, object, object]]:
    sampled = base_model.draft if quality == "draft" else base_model.final
    own, layout = brand.lora_for(base_model.slug), catalogue.layout(layout_slug)
    loras = [lora for lora in (own, sampled.lora) if lora is not None]
    size = base_model.sizes[layout.aspect]
    unwanted = tidy(brand.negative_prompt) if base_model.takes_negative_prompt else ""
    locked = locked_words(brand, base_model)
    yield "base_model", params.base_model, base_model.slug
    yield "revision", params.revision, base_model.checkpoint.revision
    yield "loras", [(u.sha256, u.scale) for u in params.loras], [(x.sha256, x.scale) for x in loras]
    yield "negative_prompt", params.negative_prompt, unwanted
    yield "prompt", params.prompt[: len(locked) + 1], f"{locked},"
    yield "steps", params.steps, sampled.steps
    yield "guidance_scale", params.guidance_scale, sampled.guidance_scale
    yield "scheduler", params.scheduler, sampled.scheduler or base_model.scheduler
    yield "size", (params.width_px, params.height_px), (size.width_px, size.height_px)
    yield "layout", layout_slug in brand.layouts, True
    control = params.control
    assert control is not None
    yield "controlnet", control.controlnet, base_model.controlnet.id
    yield "controlnet revision", control.revision, base_model.controlnet.revision
    yield "controlnet scale", control.scale, layout.controlnet_scale
    drawing = control.drawing
    outline = catalogue.outline(drawing.outline)
    yield "drawing", drawing, layout.drawing(outline.slug, outline.sha256)
