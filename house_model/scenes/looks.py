"""Looks: the colours every setting takes, and the motif a brand adds to each of them.

They are data: `natural.yaml` here, and `look.yaml` beside the brand.yaml of each brand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from house_model.scenes.look_file import LookFile, MotifFile, read_look_file
from house_model.scenes.motifs import Motif
from house_model.scenes.palette import BACKDROPS, Colour, from_hex, shade
from house_model.scenes.settings import Scenery

PRESETS = Path(__file__).parents[2] / "presets"


@dataclass(frozen=True, slots=True)
class Look:
    """How one brand, or nobody in particular, would colour the world.

    `behind` and `before` are the motif, painted behind the stand and on the ground before it.
    `podium` and `table` colour the stands; None takes them from the backdrop.
    """

    name: str
    trigger: str
    palette: tuple[Colour, ...]
    sceneries: Mapping[str, Scenery]
    behind: Motif | None = None
    before: Motif | None = None
    podium: Colour | None = None
    table: Colour = (204, 150, 102)


def studio_scenery(backdrop: str) -> Scenery:
    """The wall and floor that belong to a backdrop colour."""
    wall = BACKDROPS[backdrop]
    floor = shade(wall, -0.12 if sum(wall) > 300 else 0.18)
    return {
        "wall_top": shade(wall, -0.05),
        "wall_low": shade(wall, 0.3),
        "floor_top": floor,
        "floor_low": shade(floor, 0.22),
    }


def read_brand_looks(presets: Path) -> dict[str, Look]:
    """The look of each brand that has one, in the order in which they were added.

    Scenes draw a look by its place among them: a new one goes last, so that seeds drawn before
    still show what they showed. Raises PresetError.
    """
    files = {
        path.parent.name: content
        for path in sorted((presets / "brands").glob("*/look.yaml"))
        if (content := read_look_file(path)) is not None
    }
    in_order = sorted(files.items(), key=lambda entry: entry[1].number)
    return {brand: _look(brand, content) for brand, content in in_order}


def _read_natural() -> Look:
    content = read_look_file(Path(__file__).with_name("natural.yaml"))
    assert content is not None
    return _look("natural", content)


def _look(name: str, content: LookFile) -> Look:
    return Look(
        name=name,
        trigger=content.trigger,
        palette=tuple(map(from_hex, content.palette)),
        sceneries={
            setting: {slot: from_hex(text) for slot, text in slots.items()}
            for setting, slots in content.settings.items()
        },
        behind=_motif(content.behind),
        before=_motif(content.before),
        podium=from_hex(content.podium) if content.podium else None,
        table=from_hex(content.table),
    )


def _motif(content: MotifFile | None) -> Motif | None:
    if content is None:
        return None
    return Motif(content.motif, tuple(map(from_hex, content.colours)))


NATURAL = _read_natural()
BRAND_LOOKS: Mapping[str, Look] = read_brand_looks(PRESETS)
