"""Locking: the hashes of files are written into the presets that pin them."""

# PyYAML's stubs leave nodes and events untyped; what is read is checked by pydantic right after.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Iterable
from pathlib import Path

import yaml

from brandstudio.checksums import file_sha256, folder_sha256
from brandstudio.errors import PresetError, Problem
from brandstudio.presets.loading import SHIPPED_WEIGHTS
from brandstudio.presets.strict_yaml import compose, mappings, top_level


def lock_brand(folder: Path, lora_folder: Path, slug: str) -> list[str]:
    """Write the hashes of a brand's files into its brand.yaml, and count its version up.

    Returns the names of the files whose hash changed; with none, nothing is written.
    """
    path = folder / "brands" / slug / "brand.yaml"
    if not path.is_file():
        raise PresetError(str(path), [Problem("file", "does not exist")])
    text = path.read_text(encoding="utf-8")
    edits, changed = [], []
    for keys in mappings(compose(text, path)):
        if not {"file", "sha256"} <= keys.keys():
            continue
        home = lora_folder / slug if "base_model" in keys else path.parent
        locked = home / keys["file"].value
        if not locked.is_file():
            raise PresetError(str(path), [Problem(keys["file"].value, f"{locked} does not exist")])
        found = file_sha256(locked)
        if keys["sha256"].value != found:
            edits.append((keys["sha256"], found))
            changed.append(keys["file"].value)
    if changed:
        version = top_level(text, path)["version"]
        edits.append((version, str(int(version.value) + 1)))
        _rewrite(path, text, edits)
    return changed


def lora_paths(folder: Path, lora_folder: Path, slug: str) -> list[Path]:
    """Where the LoRAs that a brand.yaml names lie, whether or not they are locked yet."""
    path = folder / "brands" / slug / "brand.yaml"
    if not path.is_file():
        return []
    return [
        lora_folder / slug / keys["file"].value
        for keys in mappings(compose(path.read_text(encoding="utf-8"), path))
        if {"file", "base_model"} <= keys.keys()
    ]


def lock_base_model(folder: Path, slug: str) -> list[str]:
    """Write the hashes of a shipped base model's folders into its profile; returns what changed."""
    path = folder / "base_models" / f"{slug}.yaml"
    if not path.is_file():
        raise PresetError(str(path), [Problem("file", "does not exist")])
    text = path.read_text(encoding="utf-8")
    edits = [
        (keys["revision"], folder_sha256(SHIPPED_WEIGHTS / keys["id"].value))
        for keys in mappings(compose(text, path))
        if {"source", "id", "revision"} <= keys.keys() and keys["source"].value == "shipped"
    ]
    edits = [(node, found) for node, found in edits if node.value != found]
    edits += [
        (keys["sha256"], found)
        for keys in mappings(compose(text, path))
        if {"file", "sha256"} <= keys.keys()
        and keys["sha256"].value != (found := file_sha256(SHIPPED_WEIGHTS / keys["file"].value))
    ]
    if edits:
        _rewrite(path, text, edits)
    return [f"line {node.start_mark.line + 1}" for node, _ in edits]


def _rewrite(path: Path, text: str, edits: Iterable[tuple[yaml.ScalarNode, str]]) -> None:
    for node, value in sorted(edits, key=lambda edit: edit[0].start_mark.index, reverse=True):
        quote = text[node.start_mark.index] if text[node.start_mark.index] in "'\"" else ""
        text = f"{text[: node.start_mark.index]}{quote}{value}{quote}{text[node.end_mark.index :]}"
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
