"""The manifest: every rendition of a pack, its checksum, its origin and who approved it."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from brandstudio.domain.pack import RenditionPlan, RenditionProblem
from brandstudio.export.content import PackAsset, PackContent, PackFile
from brandstudio.export.release import Released

VERSION = 2
# Where a spreadsheet would take what follows for a formula: at the start of a cell, whatever space
# or quote stands before its sign, which may have Japanese width; and behind what the settings of
# another country make the start of a cell of: a semicolon, a tab, the end of a line.
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf'^(?=[\s"]*{_SIGNS}|[\t\r\n])|(?<=[;\t\r\n])(?=(?:"|[^\S\t\r\n])*{_SIGNS})')

ManifestEntry = dict[str, Any]


def entry(
    file: PackFile, plan: RenditionPlan, asset: PackAsset, content: PackContent, encoding: str
) -> ManifestEntry:
    """Everything there is to know about one rendition."""
    placement = plan.placement
    return {
        "path": file.path,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "placement": placement.slug,
        "channel": placement.channel,
        "placement_title": placement.title,
        "width_px": placement.width_px,
        "height_px": placement.height_px,
        "encoding": encoding,
        "mode": plan.mode,
        "enlargement": plan.upscale_factor,
        "enlargement_note": plan.upscale_note,
        "notes": list(plan.notes),
        "texts": {
            "headline": plan.overlay.headline,
            "subline": plan.overlay.subline,
            "cta": plan.overlay.cta,
        },
        "brand": content.brand.slug,
        "brand_version": content.brand.version,
        **source(asset),
    }


def original_entry(file: PackFile, asset: PackAsset, released: Released | None) -> ManifestEntry:
    """An approved image; `withheld` is what has to be put back for the approved file itself."""
    return {
        "path": file.path,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "withheld": released and released.record,
        **source(asset),
    }


def source(asset: PackAsset) -> ManifestEntry:
    """Where an asset's image came from, how it was scored, and who approved it."""
    params, decision = asset.params, asset.decision
    return {
        "variant_id": asset.variant_id,
        "run_id": asset.run_id,
        "template": asset.template,
        "layout": asset.layout.slug,
        "arm": asset.arm,
        "levels": dict(asset.levels),
        "seed": params.seed,
        "fingerprint": params.fingerprint,
        "enlarged_sha256": asset.upscaled.sha256 if asset.upscaled else None,
        "upscaler": asset.upscaled.upscaler if asset.upscaled else None,
        "upscaler_sha256": asset.upscaled.upscaler_sha256 if asset.upscaled else None,
        "upscaler_scale": asset.upscaled.scale if asset.upscaled else None,
        "prompt": params.prompt,
        "negative_prompt": params.negative_prompt,
        "base_model": params.base_model,
        "base_model_revision": params.revision,
        "loras": [lora.model_dump() for lora in params.loras],
        "controlnet": params.control.model_dump(mode="json") if params.control else None,
        "generator": dict(asset.described),
        "scores": dict(asset.scores),
        "rank": asset.rank,
        "decision": {
            "id": decision.id,
            "hash": decision.hash,
            "verdict": decision.verdict.value,
            "reviewer": decision.reviewer,
            "decided_at": decision.decided_at.isoformat(),
            "comment": decision.comment,
            "own_work": decision.own_work,
            "image_sha256": decision.sha256,
        },
    }


def manifest_json(
    content: PackContent,
    entries: Sequence[ManifestEntry],
    originals: Sequence[ManifestEntry],
    problems: Iterable[RenditionProblem],
) -> bytes:
    """The whole pack as one JSON document."""
    document = {
        "manifest_version": VERSION,
        "title": content.title,
        "as_of": content.as_of.isoformat(),
        "brand": {
            "slug": content.brand.slug,
            "name": content.brand.name,
            "version": content.brand.version,
        },
        "decision_chain_head": content.decision_chain_head,
        "renditions": list(entries),
        "originals": list(originals),
        "problems": [
            {"placement": p.placement, "variant_id": p.variant_id, "reason": p.reason}
            for p in problems
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def manifest_csv(entries: Sequence[ManifestEntry]) -> bytes:
    """One row for each rendition: UTF-8 with BOM and RFC 4180, as spreadsheets expect."""
    rows = [_flat(entry) for entry in entries]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({column: guarded(value) for column, value in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig")


def guarded(value: object) -> object:
    """Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str):
        return _FORMULA.sub("'", value)
    return "" if value is None else value


def _flat(entry: ManifestEntry) -> dict[str, object]:
    """Nested facts as columns: 'score_clip', 'decision_reviewer', 'lora_sha256'."""
    row: dict[str, object] = {}
    for name, value in entry.items():
        match name:
            case "scores" | "decision" | "texts":
                prefix = {"scores": "score", "decision": "decision", "texts": "text"}[name]
                row |= {f"{prefix}_{key}": part for key, part in value.items()}
            case "levels" | "generator":
                row[name] = "; ".join(f"{key}={part}" for key, part in value.items())
            case "notes":
                row[name] = "; ".join(value)
            case "loras":
                row |= _loras(value)
            case "controlnet":
                row |= _controlnet(value)
            case _:
                row[name] = value
    return row


def _loras(loras: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    return {
        f"lora_{part}": "; ".join(str(lora[part]) for lora in loras)
        for part in ("name", "sha256", "scale")
    }


def _controlnet(control: Mapping[str, Any] | None) -> dict[str, object]:
    if control is None:
        return {"controlnet": "", "controlnet_revision": "", "controlnet_scale": ""}
    return {
        "controlnet": control["controlnet"],
        "controlnet_revision": control["revision"],
        "controlnet_scale": control["scale"],
    }
