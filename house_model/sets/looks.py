"""Looks as data: which colours, pieces and light a brand's sets have, or those of no brand."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from brandstudio.domain.values import Frozen
from house_model.sets.solids import Material, Rgb, linear

NATURAL = "natural"
_FILE = "look.yaml"
_SECTION = "sets"
_BRANDS = Path(__file__).parents[2] / "presets" / "brands"

Odds = dict[str, float]
Roles = dict[str, str | list[str]]


class LabelLook(Frozen):
    """The colours of labels, the words on them, and the font's file if there is one."""

    words: tuple[str, ...]
    ground: str
    ink: str
    accent: str
    font: str = ""


class Pieces(Frozen):
    """How often each kind of piece stands behind and beside the product."""

    behind: Odds
    beside: Odds


class LightOdds(Frozen):
    softness: Odds
    tone: Odds


class Look(Frozen):
    """How one brand's sets are built."""

    name: str
    trigger: str
    label: LabelLook
    finish: str
    roles: Roles
    settings: dict[str, Roles]
    backdrops: dict[str, Roles] = Field(default_factory=dict)
    pieces: Pieces
    podiums: Odds
    light: LightOdds
    folder: Path

    def roles_in(self, setting: str, backdrop: str = "") -> Roles:
        """The colours of that setting; a studio's backdrop comes last."""
        own = self.backdrops.get(backdrop, {}) if setting == "studio" else {}
        return {**self.roles, **self.settings[setting], **own}


# Where each slot of a piece takes its colour from: a role, and which of its colours.
_SLOTS: Mapping[str, tuple[str, int]] = {
    "podium": ("podium", 0),
    "arch": ("accents", 0),
    "panel": ("accents", 0),
    "column": ("accents", 0),
    "ball3": ("accents", 0),
    "ring0": ("accents", 0),
    "disc": ("accents", 1),
    "ball": ("accents", 1),
    "block": ("accents", 1),
    "ring1": ("accents", 1),
    "bubble": ("accents", 1),
    "ball2": ("accents", 2),
    "step": ("accents", 2),
    "ring2": ("accents", 2),
    "petal": ("accents", 1),
    "plant": ("plant", 0),
    "plant2": ("plant", 1),
    "cactus": ("plant", 1),
    "tree": ("tree", 0),
    "tree2": ("tree", 1),
    "trunk": ("wood", 0),
    "wood": ("wood", 0),
    "stone0": ("stone", 0),
    "stone1": ("stone", 1),
    "peak": ("back", 0),
    "peak2": ("back", 1),
    "block0": ("back", 0),
    "block1": ("back", 1),
    "hill0": ("back", 0),
    "hill1": ("back", 1),
    "pane": ("back", 1),
    "wave0": ("water", 0),
    "wave1": ("water", 1),
    "wave2": ("water", 2),
    "dune0": ("sand", 0),
    "dune1": ("sand", 1),
    "snow": ("snow", 0),
    "sun": ("sun", 0),
    "heart": ("sun", 0),
    "window": ("window", 0),
    "star": ("window", 0),
}
_FIXED: Mapping[str, Material] = {
    "orange": Material(linear("#F08A24"), 0.45),
    "orange_flesh": Material(linear("#F7A440"), 0.35),
    "lemon": Material(linear("#F2CC3C"), 0.45),
    "lemon_flesh": Material(linear("#F7E27A"), 0.35),
    "pith": Material(linear("#FBF3DC"), 0.7),
    "sparkle": Material(linear("#F0CE7A"), 0.25, 0.9),
}
# Roughness of built pieces; what grows, flows or lies about has its own.
_FINISHES: Mapping[str, float] = {"gloss": 0.3, "matt": 0.7, "plaster": 0.95}
_BUILT = frozenset(
    {"podium", "arch", "panel", "column", "disc", "ball", "ball2", "ball3", "block", "step"}
    | {"ring0", "ring1", "ring2"}
)
_ROUGH: Mapping[str, float] = {"bubble": 0.12, "wave0": 0.4, "wave1": 0.4, "wave2": 0.4}
# Light of their own, per setting: by day a sun of paper is lit like everything else.
_GLOW: Mapping[tuple[str, str], float] = {
    ("sun", "night"): 0.85,
    ("sun", "sunset"): 0.75,
    ("sun", "desert"): 0.3,
    ("star", "night"): 1.1,
    ("window", "city"): 0.25,
    ("window", "night"): 0.9,
}


def material(look: Look, setting: str, slot: str, roles: Roles) -> Material:
    """What a slot is made of in that look and setting."""
    if slot in _FIXED:
        return _FIXED[slot]
    role, index = _SLOTS[slot]
    rough = _FINISHES[look.finish] if slot in _BUILT else _ROUGH.get(slot, 0.85)
    if slot == "podium" and setting in ("water", "mountains") and look.finish != "gloss":
        rough = 0.8
    return Material(colour(roles, role, index), rough, 0.0, _GLOW.get((slot, setting), 0.0))


def colour(roles: Roles, role: str, index: int = 0) -> Rgb:
    """One colour of a role, linear."""
    chosen = roles[role]
    return linear(chosen if isinstance(chosen, str) else chosen[index % len(chosen)])


@cache
def read_look(name: str) -> Look:
    """A brand's look, or the natural one."""
    file = Path(__file__).parent / f"{NATURAL}.yaml"
    if name != NATURAL:
        file = _BRANDS / name / _FILE
    return Look(name=name, folder=file.parent, **_section(file))


def look_names() -> list[str]:
    """The natural look, and every brand that has one."""
    files = sorted(_BRANDS.glob(f"*/{_FILE}"))
    return [NATURAL, *(file.parent.name for file in files if _section(file))]


def _section(file: Path) -> dict[str, Any]:
    """What the file says of sets; a brand's look.yaml says more than that."""
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content.get(_SECTION, {})
