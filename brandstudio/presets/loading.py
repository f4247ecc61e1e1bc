"""presets/ and lora_weights/ become the catalogue; a file off its locked hash is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from brandstudio.checksums import file_sha256, folder_sha256
from brandstudio.domain.base_model import (
    BaseModelProfile,
    Checkpoint,
    FewStepLora,
    UpscalerProfile,
)
from brandstudio.domain.brand import Brand, LockedFile
from brandstudio.domain.brief import problems_of
from brandstudio.domain.catalogue import Catalogue, Outline
from brandstudio.domain.layout import Layout
from brandstudio.domain.pattern import PatternError, names_in
from brandstudio.domain.placement import Placement
from brandstudio.domain.template import FieldUse, Template
from brandstudio.domain.values import Frozen
from brandstudio.errors import LockError, PresetError, Problem, StudioError
from brandstudio.presets.strict_yaml import parse, with_line

SHIPPED_WEIGHTS = Path(__file__).parent.parent / "house_model" / "weights"
V = TypeVar("V", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Presets:
    """The catalogue, and where the files behind it lie."""

    catalogue: Catalogue
    folder: Path
    lora_files: Mapping[str, Path]

    def brand_file(self, brand: str, file: str) -> Path:
        """The path of a locked file of a brand."""
        return self.folder / "brands" / brand / file


def load_presets(folder: Path, lora_folder: Path) -> Presets:
    """Read everything. One bad preset never stops the others: it is kept in `catalogue.broken`.

    Raises PresetError when there is no presets folder at all.
    """
    if not folder.is_dir():
        raise PresetError(str(folder), [Problem("folder", "does not exist")])
    broken: dict[tuple[str, str], StudioError] = {}
    read = _Reader(folder, broken)
    base_models = read.all("base model", "base_models/*.yaml", BaseModelProfile, _check_base_model)
    placements = read.all("placement", "placements/*.yaml", Placement)
    layouts = read.all("layout", "layouts/*.yaml", Layout)
    templates = read.all("template", "templates/*.yaml", Template, _check_template)
    names = {"templates": templates, "layouts": layouts, "placements": placements}
    brands = read.all(
        "brand",
        "brands/*/brand.yaml",
        Brand,
        lambda brand, path: _check_brand(brand, path, lora_folder, {**names}, base_models),
    )
    catalogue = Catalogue(
        brands=brands,
        templates=templates,
        layouts=layouts,
        placements=placements,
        base_models=base_models,
        outlines=_outlines(folder / "outlines"),
        broken=broken,
    )
    lora_files = {
        lora.sha256: lora_folder / brand.slug / lora.file
        for brand in brands.values()
        for lora in brand.loras
    } | {
        lora.sha256: SHIPPED_WEIGHTS / lora.file
        for profile in base_models.values()
        if (lora := profile.draft.lora)
    }
    return Presets(catalogue=catalogue, folder=folder, lora_files=lora_files)


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    broken: dict[tuple[str, str], StudioError]

    def all(
        self,
        kind: str,
        glob: str,
        value: type[V],
        check: Callable[[V, Path], None] = lambda _value, _path: None,
    ) -> dict[str, V]:
        found: dict[str, V] = {}
        for path in sorted(self.folder.glob(glob)):
            slug = path.parent.name if path.name == "brand.yaml" else path.stem
            try:
                preset = _read(path, self.folder, value, slug)
                check(preset, path)
                found[slug] = preset
            except StudioError as error:
                self.broken[kind, slug] = error
        return found


def _read(path: Path, folder: Path, value: type[V], slug: str) -> V:
    name = str(path.relative_to(folder.parent))
    content, root = parse(path, path.stat().st_size, name)
    try:
        preset = value.model_validate(content)
    except ValidationError as error:
        faults = zip(problems_of(error), error.errors(), strict=True)
        raise PresetError(
            name, [with_line(p, fault["loc"], root) for p, fault in faults]
        ) from error
    if getattr(preset, "slug", slug) != slug:
        raise PresetError(name, [Problem("slug", f"must be '{slug}', as the file is called")])
    return preset


def _check_template(template: Template, path: Path) -> None:
    known = {f.name for f in template.fields if f.use is not FieldUse.OVERLAY} | {"layout"}
    for place, pattern in (
        ("pattern", template.pattern),
        ("negative_pattern", template.negative_pattern),
    ):
        try:
            unknown = names_in(pattern) - known
        except PatternError as error:
            raise PresetError(path.name, [Problem(place, str(error))]) from error
        if unknown:
            names = ", ".join(sorted(unknown))
            raise PresetError(path.name, [Problem(place, f"asks for unknown fields: {names}")])


def _check_base_model(profile: BaseModelProfile, path: Path) -> None:
    for place, checkpoint in (
        ("checkpoint", profile.checkpoint),
        ("controlnet", profile.controlnet),
    ):
        if checkpoint.source == "shipped":
            _check_shipped(checkpoint, place, path)
    for locked in (profile.upscaler, profile.draft.lora):
        if locked is not None:
            _check_locked(SHIPPED_WEIGHTS / locked.file, locked)


def _check_shipped(checkpoint: Checkpoint, place: str, path: Path) -> None:
    folder = SHIPPED_WEIGHTS / checkpoint.id
    if not folder.is_dir():
        raise PresetError(
            path.name, [Problem(place, f"there are no shipped weights '{checkpoint.id}'")]
        )
    found = folder_sha256(folder)
    if found != checkpoint.revision:
        raise LockError(
            f"shipped weights '{checkpoint.id}'", locked=checkpoint.revision, found=found
        )


def _check_brand(
    brand: Brand,
    path: Path,
    lora_folder: Path,
    names: Mapping[str, Mapping[str, object]],
    base_models: Mapping[str, BaseModelProfile],
) -> None:
    problems = [
        Problem(place, f"'{slug}' does not exist or is broken")
        for place, known in names.items()
        for slug in getattr(brand, place)
        if slug not in known
    ]
    problems += [
        Problem("loras", f"base model '{lora.base_model}' does not exist or is broken")
        for lora in brand.loras
        if lora.base_model not in base_models
    ]
    problems += [
        Problem("loras", f"'{lora.name}' at scale {lora.scale:g} is outside {allowed}")
        for lora in brand.loras
        if lora.base_model in base_models
        and lora.scale not in (allowed := base_models[lora.base_model].allowed.lora_scale)
    ]
    if problems:
        raise PresetError(f"brands/{brand.slug}/brand.yaml", problems)
    for locked in brand.locked_files:
        _check_locked(path.parent / locked.file, locked)
    for lora in brand.loras:
        _check_locked(lora_folder / brand.slug / lora.file, lora)


def _check_locked(path: Path, locked: LockedFile | UpscalerProfile | FewStepLora) -> None:
    name = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise PresetError(
            name, [Problem("file", "does not exist; restore it, or lock the brand anew")]
        )
    found = file_sha256(path)
    if found != locked.sha256:
        raise LockError(name, locked=locked.sha256, found=found)


def _outlines(folder: Path) -> dict[str, Outline]:
    return {
        path.stem: Outline(
            slug=path.stem, svg=path.read_text(encoding="utf-8"), sha256=file_sha256(path)
        )
        for path in sorted(folder.glob("*.svg"))
    }
