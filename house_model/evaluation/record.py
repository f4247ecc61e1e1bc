"""The file of figures: parts measured now beside those kept, the table, and every earlier run."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from brandstudio.checksums import file_sha256, folder_sha256
from house_model.evaluation.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Run:
    """What holds for all parts of one run."""

    date: str
    command: str
    machine: Mapping[str, Any]
    weights: Mapping[str, str]


def this_run(now: datetime, command: str, weights: Mapping[str, str]) -> Run:
    return Run(now.isoformat(timespec="minutes"), command, _machine(), weights)


def read_record(path: Path) -> dict[str, Any]:
    """The file as it is, or an empty one."""
    return json.loads(path.read_text()) if path.exists() else {"parts": {}, "history": []}


def with_part(
    record: Mapping[str, Any], run: Run, name: str, figures: Mapping[str, Any], pictures: int
) -> dict[str, Any]:
    """The record with one part measured anew; the table follows, the history stays."""
    measured = {"measured": run.date, "weights": _short(run.weights), "pictures": pictures}
    parts = {**record["parts"], name: {**measured, **figures}}
    return {
        "date": run.date,
        "command": run.command,
        "machine": dict(run.machine),
        "weights": dict(run.weights),
        "table": [target.row(parts) for target in TARGETS],
        "parts": parts,
        "history": list(record["history"]),
    }


def with_history(record: Mapping[str, Any], run: Run, measured: list[str]) -> dict[str, Any]:
    """The record with this run's headline figures at the end of its history."""
    headline = {
        target.name: row["reached"]
        for target, row in zip(TARGETS, record["table"], strict=True)
        if target.path.split(".")[0] in measured
    }
    pictures = sum(record["parts"][name]["pictures"] for name in measured)
    entry = {
        "date": run.date,
        "weights": _short(run.weights),
        "pictures": pictures,
        "figures": headline,
    }
    return {**record, "history": [*record["history"], entry]}


def write_record(record: Mapping[str, Any], path: Path) -> None:
    """Write the file at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    draft.replace(path)


def checksums(weights: Path, loras: Path, judge: Path) -> dict[str, str]:
    """The sha256 of each network's files, and of the judge that measured them."""
    files = sorted(loras.glob("*/*.safetensors"))
    draft = sorted(weights.glob("draft/*.safetensors"))
    folders = ("base", "controlnet", "clip", "upscaler")
    return (
        {name: folder_sha256(weights / name) for name in folders}
        | {file.stem: file_sha256(file) for file in (*files, *draft)}
        | {"judge": file_sha256(judge)}
    )


def _short(weights: Mapping[str, str]) -> dict[str, str]:
    return {name: checksum[:12] for name, checksum in weights.items()}


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "diffusers")},
    }


def _cpu_name() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
