"""The one-line-per-part record of how an image was made that image tools read: A1111 infotext."""

import json
from collections.abc import Iterable, Mapping

from brandstudio.domain.plan import GenerationParams

_NEEDS_QUOTES = frozenset(',:\n"')
# What image tools call these schedulers, and the noise schedule that goes with them.
_SAMPLERS = {
    "dpmpp-2m": ("DPM++ 2M", ""),
    "dpmpp-2m-karras": ("DPM++ 2M", "Karras"),
    "euler": ("Euler", ""),
    "euler-a": ("Euler a", ""),
    "ddim": ("DDIM", ""),
    "unipc": ("UniPC", ""),
    "lcm": ("LCM", ""),
}


def infotext(params: GenerationParams, described: Mapping[str, str]) -> str:
    """Prompt, negative prompt and a line of settings.

    `described` is what the generator says about itself. Its keys become the settings' names
    ('model_hash' is written as 'Model hash'); what the parameters already say comes first.
    """
    loras = "".join(f" <lora:{lora.name}:{lora.scale:g}>" for lora in params.loras)
    lines = [_one_line(params.prompt) + loras]
    if params.negative_prompt:
        lines.append(f"Negative prompt: {_one_line(params.negative_prompt)}")
    pairs = _pairs(params, described)
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in pairs))
    return "\n".join(lines)


def _pairs(params: GenerationParams, described: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    sampler, schedule = _SAMPLERS.get(params.scheduler, (described.get("scheduler", ""), ""))
    fields = {
        "Steps": str(params.steps),
        "Sampler": described.get("sampler") or sampler or params.scheduler,
        "Schedule type": schedule,
        "CFG scale": f"{params.guidance_scale:g}",
        "Seed": str(params.seed),
        "Size": f"{params.width_px}x{params.height_px}",
        "Model hash": described.get("model_hash", ""),
        "Model": params.base_model,
        "Model revision": params.revision,
        "Clip skip": "" if params.clip_skip is None else str(params.clip_skip),
        "ControlNet 0": _controlnet(params),
        "Lora hashes": _lora_hashes(params, described),
        "Fingerprint": params.fingerprint,
    }
    others = {_title(key): value for key, value in described.items()}
    return [(name, value) for name, value in (fields | (others | fields)).items() if value]


def _controlnet(params: GenerationParams) -> str:
    control = params.control
    if control is None:
        return ""
    return (
        f"Model: {control.controlnet} [{control.revision[:10]}], "
        f"Weight: {control.scale:g}, Drawing: {control.drawing.outline}"
    )


def _lora_hashes(params: GenerationParams, described: Mapping[str, str]) -> str:
    """The short hashes the generator printed, else the start of each file's own hash."""
    own = ", ".join(f"{lora.name}: {lora.sha256[:12]}" for lora in params.loras)
    return described.get("lora_hashes") or own


def _title(key: str) -> str:
    """'model_hash' as 'Model hash'; names that are already written for people stay."""
    if not key.islower() or " " in key:
        return key
    words = key.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


def _quoted(value: str) -> str:
    """JSON quotes around what would otherwise end the value early."""
    if _NEEDS_QUOTES.isdisjoint(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
