"""The section `illustration` of a look.yaml: what the drawn scenes of a brand look like."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self, cast

from pydantic import Field, ValidationError, model_validator

from brandstudio.domain.brief import problems_of
from brandstudio.domain.values import Frozen
from brandstudio.errors import PresetError
from brandstudio.presets.strict_yaml import read_yaml
from house_model.scenes.motifs import MOTIFS
from house_model.scenes.settings import SLOTS

SECTION = "illustration"

Hex = Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")]


class MotifFile(Frozen):
    """A motif by its name, with as many colours as it takes."""

    motif: str
    colours: tuple[Hex, ...]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.motif not in MOTIFS:
            raise ValueError(f"there is no motif '{self.motif}', only {', '.join(MOTIFS)}")
        wanted = MOTIFS[self.motif].colours
        if len(self.colours) != wanted:
            raise ValueError(f"the motif '{self.motif}' takes {wanted} colours")
        return self


class LookFile(Frozen):
    """A look as it is written down; `number` counts the looks in the order they were added."""

    number: int = Field(ge=0)
    trigger: str
    palette: tuple[Hex, ...]
    podium: Hex | None = None
    table: Hex
    behind: MotifFile | None = None
    before: MotifFile | None = None
    settings: Mapping[str, Mapping[str, Hex]]

    @model_validator(mode="after")
    def _has_every_colour(self) -> Self:
        if problems := [*self._problems()]:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        """A studio may be left out: its backdrop says its colours."""
        if unknown := sorted(self.settings.keys() - SLOTS.keys()):
            yield f"there are no settings {', '.join(unknown)}"
        if missing := sorted(SLOTS.keys() - self.settings.keys() - {"studio"}):
            yield f"the settings {', '.join(missing)} are missing"
        motifs = (MOTIFS[m.motif] for m in (self.behind, self.before) if m)
        optional = {slot for motif in motifs for slot in motif.slots}
        for setting in sorted(self.settings.keys() & SLOTS.keys()):
            slots, needed = self.settings[setting].keys(), set(SLOTS[setting])
            for slot in sorted(needed - slots):
                yield f"{setting} has no {slot}"
            for slot in sorted(slots - needed - optional):
                yield f"{setting} has no use for {slot}"


def read_look_file(path: Path) -> LookFile | None:
    """The section, or None for a file without it. Raises PresetError."""
    content = cast(Mapping[str, object], read_yaml(path))
    if SECTION not in content:
        return None
    try:
        return LookFile.model_validate(content[SECTION])
    except ValidationError as error:
        raise PresetError(str(path), problems_of(error)) from error
