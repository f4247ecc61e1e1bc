"""Locking: the hashes of files are written into the presets that pin them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import yaml
from pydantic import TypeAdapter, ValidationError

from brandstudio.checksums import MANIFEST, file_sha256, folder_sha256, listing
from brandstudio.domain.base_model import SHIPPED_CLIP
from brandstudio.domain.values import RelativeFile
from brandstudio.errors import PresetError, Problem
from brandstudio.presets.strict_yaml import compose, mappings, top_level
from brandstudio.weights import WEIGHTS

Keys = dict[str, yaml.ScalarNode]
Pin = tuple[yaml.ScalarNode, str]
"""Where a hash stands in a preset, and what it should be."""


def lock_brand(folder: Path, lora_folder: Path, slug: str) -> list[str]:
    """Write the hashes of a brand's files into its brand.yaml, and count its version up.

    Returns the names of the files whose hash changed; with none, nothing is written.
    """
    path = folder / "brands" / slug / "brand.yaml"
    text = _text(path)
    edits: list[Pin] = []
    changed: list[str] = []
    for keys in _locked_files(text, path):
        home = lora_folder / slug if "base_model" in keys else path.parent
        actual = file_sha256(_below(home, keys["file"], path))
        if keys["sha256"].value != actual:
            edits.append((keys["sha256"], actual))
            changed.append(keys["file"].value)
    if changed:
        edits.append(_next_version(text, path))
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
    """Write the hashes of a shipped base model's folders into its profile; returns what changed.

    Each folder gets a list of what it holds, by which a later change is told by its file.
    """
    path = folder / "base_models" / f"{slug}.yaml"
    text = _text(path)
    edits = [(node, actual) for node, actual in _pins(text, path) if node.value != actual]
    if edits:
        _rewrite(path, text, edits)
    for _, shipped in _shipped_folders(text, path):
        (shipped / MANIFEST).write_text(listing(shipped), encoding="utf-8")
    return [f"line {node.start_mark.line + 1}" for node, _ in edits]


def _pins(text: str, path: Path) -> Iterator[Pin]:
    for node, shipped in _shipped_folders(text, path):
        try:
            yield node, folder_sha256(shipped)
        except FileNotFoundError as error:
            missing = f"there are no shipped weights '{shipped.name}'"
            raise PresetError(str(path), [Problem("revision", missing)]) from error
    for keys in _locked_files(text, path):
        yield keys["sha256"], file_sha256(_below(WEIGHTS, keys["file"], path))
    for keys in mappings(compose(text, path)):
        if {"aesthetic_head", "aesthetic_sha256"} <= keys.keys():
            head = WEIGHTS / keys["aesthetic_head"].value
            if head.is_file():  # an administrator may convert it later
                yield keys["aesthetic_sha256"], file_sha256(head)


def _shipped_folders(text: str, path: Path) -> Iterator[tuple[yaml.ScalarNode, Path]]:
    """Where the revision of each folder of shipped weights stands: checkpoints and CLIP models."""
    for keys in mappings(compose(text, path)):
        if "revision" not in keys:
            continue
        if {"source", "id"} <= keys.keys() and keys["source"].value == "shipped":
            yield keys["revision"], WEIGHTS / keys["id"].value
        elif "clip" in keys and keys["clip"].value.startswith(SHIPPED_CLIP):
            name = keys["clip"].value.removeprefix(SHIPPED_CLIP)
            yield keys["revision"], WEIGHTS / name


def _locked_files(text: str, path: Path) -> Iterator[Keys]:
    return (keys for keys in mappings(compose(text, path)) if {"file", "sha256"} <= keys.keys())


def _text(path: Path) -> str:
    if not path.is_file():
        raise PresetError(str(path), [Problem("file", "does not exist")])
    return path.read_text(encoding="utf-8")


def _below(home: Path, named: yaml.ScalarNode, path: Path) -> Path:
    """The file of that name, which nothing outside of its folder can be."""
    try:
        file = home / TypeAdapter(RelativeFile).validate_python(named.value)
    except ValidationError as error:
        reason = "names no file below its folder"
        raise PresetError(str(path), [Problem(named.value, reason)]) from error
    if not file.is_file():
        raise PresetError(str(path), [Problem(named.value, f"{file} does not exist")])
    return file


def _next_version(text: str, path: Path) -> Pin:
    node = top_level(text, path).get("version")
    if node is None or not node.value.isdecimal():
        raise PresetError(str(path), [Problem("version", "must be a whole number")])
    return node, str(int(node.value) + 1)


def _rewrite(path: Path, text: str, edits: Iterable[Pin]) -> None:
    """Put the hashes in, unless somebody else wrote the file since it was read."""
    new = text
    for node, value in sorted(edits, key=lambda edit: edit[0].start_mark.index, reverse=True):
        quote = new[node.start_mark.index] if new[node.start_mark.index] in "'\"" else ""
        new = f"{new[: node.start_mark.index]}{quote}{value}{quote}{new[node.end_mark.index :]}"
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as part:
        part.write(new)
        part.flush()
        os.fsync(part.fileno())
    written = Path(part.name)
    if path.read_text(encoding="utf-8") != text:
        written.unlink()
        raise PresetError(str(path), [Problem("file", "was changed meanwhile; lock it again")])
    written.chmod(path.stat().st_mode)
    written.replace(path)
