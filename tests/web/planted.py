"""Presets in which every text that is shown anywhere is one of ours: to be found again."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from brandstudio.domain.brief import BriefForm, read_form
from brandstudio.settings import Settings

MODEL_BRAND = "voltra"
OUTLINES = ("can", "bottle")


_LONGEST_TRIGGER = 20


def planted_settings(home: Path, texts: Sequence[str], *, slug: str, **settings: Any) -> Settings:
    """A studio's settings whose brands, templates, layouts and placements say `texts`.

    There is one of each for every text, called `slug-0`, `slug-1` …
    """
    shipped = Settings(data_dir=home / "data")
    presets, loras = home / "presets", home / "loras"
    shutil.copytree(shipped.presets_dir / "base_models", presets / "base_models")
    shutil.copytree(shipped.presets_dir / "outlines", presets / "outlines")
    slugs = [f"{slug}-{number}" for number in range(len(texts))]
    for number, text in enumerate(texts):
        own = slugs[number]
        _write(presets / "templates" / f"{own}.yaml", _template(own, text, texts))
        _plant(shipped, presets, "layouts", "product-left", own, title=text, summary=text)
        _plant(shipped, presets, "placements", "display-200x200", own, title=text, channel=text)
        _plant_brand(shipped, presets, loras, own, text, slugs)
    return Settings(data_dir=home / "data", presets_dir=presets, lora_dir=loras, **settings)


def planted_brief(
    slug: str, number: int, text: str, texts: Sequence[str], references: Sequence[int] = ()
) -> BriefForm:
    """A brief for the brand, the template, the layout and the placement of that number."""
    own = f"{slug}-{number}"
    return read_form(
        {
            "brand": own,
            "template": own,
            "layout": own,
            "answers": {"product": "can", **{f"typed_{i}": t for i, t in enumerate(texts)}},
            "axes": {f"chosen_{number}": ["one", "two"]},
            "seeds_per_arm": 1,
            "placements": [own],
            "name": text,
            "references": list(references),
        }
    )


def _fitting(text: str) -> str:
    """A trigger must fit the shipped model's window, or the brand does not load."""
    return text[:_LONGEST_TRIGGER]


def _template(own: str, text: str, texts: Sequence[str]) -> dict[str, Any]:
    outlines = [{"value": o, "label": o, "prompt": text} for o in OUTLINES]
    product = {"name": "product", "kind": "choice", "label": "Product", "outline": True}
    chosen = [
        {
            "name": f"chosen_{i}",
            "kind": "choice",
            "label": t,
            "help": t,
            "required": False,
            "choices": [{"value": "one", "label": t}, {"value": "two", "label": f"{t} 2"}],
        }
        for i, t in enumerate(texts)
    ]
    typed = [
        {"name": f"typed_{i}", "kind": "text", "label": t, "help": t, "max_length": 200}
        for i, t in enumerate(texts)
    ]
    return {
        "slug": own,
        "title": text,
        "summary": text,
        "axes": [field["name"] for field in chosen],
        "pattern": " ".join(
            ["{{ product }}", *(f"{{{{ typed_{i} }}}}" for i in range(len(texts)))]
        ),
        "fields": [product | {"default": "can", "choices": outlines}, *chosen, *typed],
    }


def _plant(
    shipped: Settings, presets: Path, kind: str, model: str, own: str, **changes: str
) -> None:
    values = yaml.safe_load((shipped.presets_dir / kind / f"{model}.yaml").read_text())
    family = {"family": own} if kind == "layouts" else {}
    _write(presets / kind / f"{own}.yaml", values | {"slug": own} | changes | family)


def _plant_brand(
    shipped: Settings, presets: Path, loras: Path, own: str, text: str, slugs: Sequence[str]
) -> None:
    shutil.copytree(shipped.presets_dir / "brands" / MODEL_BRAND, presets / "brands" / own)
    values = yaml.safe_load((presets / "brands" / own / "brand.yaml").read_text())
    [lora] = values["loras"]
    (loras / own).mkdir(parents=True)
    shutil.copy(shipped.lora_dir / MODEL_BRAND / lora["file"], loras / own / f"{own}.safetensors")
    lora |= {"name": own, "file": f"{own}.safetensors", "trigger": _fitting(text)}
    values["typography"] |= {"family": text, "licence": text}
    values["palette"] = [swatch | {"name": text} for swatch in values["palette"]]
    same = dict.fromkeys(("name", "tagline", "about", "negative_prompt"), text)
    lists = {name: list(slugs) for name in ("templates", "layouts", "placements")}
    said = {"slug": own, "forbidden_words": [f"{text} never"]}
    _write(presets / "brands" / own / "brand.yaml", values | same | lists | said)


def _write(file: Path, values: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False))
