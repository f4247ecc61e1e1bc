"""presets/ and lora_weights/ become the catalogue; a file off its locked hash is refused."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from brandstudio.checksums import file_sha256
from brandstudio.domain.base_model import (
    BaseModelProfile,
    FewStepLora,
    UpscalerProfile,
)
from brandstudio.domain.brand import Brand, LockedFile, LockedLora
from brandstudio.domain.brief import problems_of
from brandstudio.domain.catalogue import Catalogue, Outline
from brandstudio.domain.layout import Layout
from brandstudio.domain.lookalikes import mixed_alphabets, outline
from brandstudio.domain.pattern import PatternError, names_in, typed_stands_last
from brandstudio.domain.placement import Placement
from brandstudio.domain.template import FieldKind, FieldUse, Template
from brandstudio.domain.values import Frozen
from brandstudio.errors import (
    LockError,
    PresetError,
    PresetFileChangedError,
    Problem,
    StudioError,
)
from brandstudio.presets import reading, shipped
from brandstudio.presets.strict_yaml import parse, with_line
from brandstudio.weights import WEIGHTS

V = TypeVar("V", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Presets:
    """The catalogue, and where the files behind it lie."""

    catalogue: Catalogue
    folder: Path
    lora_folder: Path
    lora_files: Mapping[str, Path]
    sources: Mapping[tuple[str, str], tuple[Path, str]]
    """Each preset's own file, with the hash that it had when it was read."""

    def brand_file(self, brand: str, file: str) -> Path:
        """The path of a file of a brand."""
        return self.folder / "brands" / brand / file

    def locked_bytes(self, brand: str, locked: LockedFile) -> bytes:
        """A locked file, read once and those very bytes compared with its hash.

        The hash of the brand as it is now counts too: a logo that its owner locked anew goes onto
        older runs as well. Raises LockError or PresetError.
        """
        name = f"{brand}/{locked.file}"
        try:
            content = self.brand_file(brand, locked.file).read_bytes()
        except OSError as error:
            raise PresetError(name, [Problem("file", "cannot be read; restore it")]) from error
        actual = hashlib.sha256(content).hexdigest()
        current = self.catalogue.brands.get(brand)
        now = current.locked_files if current else ()
        if actual not in {locked.sha256, *(f.sha256 for f in now if f.file == locked.file)}:
            raise LockError(name, locked=locked.sha256, actual=actual)
        return content

    def require_locked(self, brand: Brand) -> None:
        """Raises LockError or PresetError when a file of the brand is not the locked one any more.

        Files are read again only when their size or time changed.
        """
        check_lock(brand, self.folder / "brands" / brand.slug, self.lora_folder)

    def require_as_read(self, presets: Iterable[tuple[str, str]]) -> None:
        """Raises PresetFileChangedError when the file of one of them is not what was read of it.

        A preset that was made in memory has no file.
        """
        for kind, slug in presets:
            path, sha256 = self.sources.get((kind, slug), (None, ""))
            if path is not None and not (path.is_file() and file_sha256(path) == sha256):
                raise PresetFileChangedError(kind, slug)


def load_presets(folder: Path, lora_folder: Path) -> Presets:
    """Read everything. One bad preset never stops the others: it is kept in `catalogue.broken`.

    Raises PresetError when there is no presets folder at all.
    """
    if not folder.is_dir():
        raise PresetError(str(folder), [Problem("folder", "does not exist")])
    broken: dict[tuple[str, str], StudioError] = {}
    read = _Reader(folder, broken, {})
    base_models = read.all("base model", "base_models/*.yaml", BaseModelProfile, _check_base_model)
    broken |= shipped.broken_judges(base_models)
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
    _refuse_confusable(brands, broken)
    catalogue = Catalogue(
        brands=brands,
        templates=templates,
        layouts=layouts,
        placements=placements,
        base_models=base_models,
        outlines=_outlines(folder / "outlines", broken),
        broken=broken,
    )
    lora_files = {
        lora.sha256: lora_folder / brand.slug / lora.file
        for brand in brands.values()
        for lora in brand.loras
    } | {
        lora.sha256: WEIGHTS / lora.file
        for profile in base_models.values()
        if (lora := profile.draft.lora)
    }
    return Presets(catalogue, folder, lora_folder, lora_files, read.sources)


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    broken: dict[tuple[str, str], StudioError]
    sources: dict[tuple[str, str], tuple[Path, str]]

    def all(
        self,
        kind: str,
        glob: str,
        value: type[V],
        check: Callable[[V, Path], None] = lambda _value, _path: None,
    ) -> dict[str, V]:
        presets: dict[str, V] = {}
        for path in sorted(self.folder.glob(glob)):
            slug = path.parent.name if path.name == "brand.yaml" else path.stem
            try:
                # Hashed first: a change in between shows as one that came later.
                self.sources[kind, slug] = (path, file_sha256(path))
                preset = _read(path, self.folder, value, slug)
                check(preset, path)
                presets[slug] = preset
            except StudioError as error:
                self.broken[kind, slug] = error
        return presets


def _read(path: Path, folder: Path, value: type[V], slug: str) -> V:
    name = str(path.relative_to(folder.parent))
    content, root = parse(path, name)
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
    available = {f.name for f in template.fields if f.use is not FieldUse.OVERLAY} | {"layout"}
    for place, pattern in (
        ("pattern", template.pattern),
        ("negative_pattern", template.negative_pattern),
    ):
        try:
            unknown = names_in(pattern) - available
        except PatternError as error:
            raise PresetError(path.name, [Problem(place, str(error))]) from error
        if unknown:
            names = ", ".join(sorted(unknown))
            raise PresetError(path.name, [Problem(place, f"asks for unknown fields: {names}")])
    typed = {f.name for f in template.fields if f.kind is FieldKind.TEXT}
    if not typed_stands_last(template.pattern, typed):
        reason = "what is typed must stand last: a short window would drop the words after it"
        raise PresetError(path.name, [Problem("pattern", reason)])
    if names_in(template.negative_pattern) & typed:
        reason = "nothing that is typed may say what the model leaves out"
        raise PresetError(path.name, [Problem("negative_pattern", reason)])


def _check_base_model(profile: BaseModelProfile, path: Path) -> None:
    for place, checkpoint in (
        ("checkpoint", profile.checkpoint),
        ("controlnet", profile.controlnet),
    ):
        if checkpoint.source == "shipped":
            shipped.check_folder(checkpoint.id, checkpoint.revision, place, path.name)
    for locked in (profile.upscaler, profile.draft.lora):
        if locked is not None:
            _check_locked(WEIGHTS, locked)


def _check_brand(
    brand: Brand,
    path: Path,
    lora_folder: Path,
    names: Mapping[str, Mapping[str, object]],
    base_models: Mapping[str, BaseModelProfile],
) -> None:
    problems = [
        Problem(place, f"'{slug}' does not exist or is broken")
        for place, choices in names.items()
        for slug in getattr(brand, place)
        if slug not in choices
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
    for lora in brand.loras:
        if lora.base_model in base_models:
            problems += _unread(lora, brand, base_models[lora.base_model])
    if mixed_alphabets(brand.name):
        problems.append(Problem("name", "mixes letters of several alphabets within one word"))
    if problems:
        raise PresetError(f"brands/{brand.slug}/brand.yaml", problems)
    check_lock(brand, path.parent, lora_folder)


def _unread(lora: LockedLora, brand: Brand, base_model: BaseModelProfile) -> Iterator[Problem]:
    """What of the brand's own words the base model would cut off."""
    title, most, count = base_model.title, reading.room(base_model), reading.counter(base_model)
    if count(lora.trigger) > most:
        reason = f"the trigger '{lora.trigger}' is longer than {title} reads ({most} tokens)"
        yield Problem("loras", reason)
    if base_model.takes_negative_prompt and count(brand.negative_prompt) > most:
        yield Problem("negative_prompt", f"is longer than {title} reads ({most} tokens)")


def check_lock(brand: Brand, folder: Path, lora_folder: Path) -> None:
    """Compare every locked file of a brand with its hash. Raises LockError or PresetError."""
    for locked in brand.locked_files:
        _check_locked(folder, locked)
    for lora in brand.loras:
        _check_locked(lora_folder / brand.slug, lora)


def _check_locked(home: Path, locked: LockedFile | UpscalerProfile | FewStepLora) -> None:
    path = home / locked.file
    name = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        missing = Problem("file", "does not exist; restore it, or lock the brand anew")
        raise PresetError(name, [missing])
    if not path.resolve().is_relative_to(home.resolve()):
        raise PresetError(name, [Problem("file", "is a link to somewhere else; copy the file")])
    actual = file_sha256(path)
    if actual != locked.sha256:
        raise LockError(name, locked=locked.sha256, actual=actual)


def _refuse_confusable(
    brands: dict[str, Brand], broken: dict[tuple[str, str], StudioError]
) -> None:
    """Two brands whose names look the same: the one in plain letters stays."""
    names: dict[str, Brand] = {}
    for brand in sorted(brands.values(), key=lambda b: (not b.name.isascii(), b.slug)):
        other = names.setdefault(outline(brand.name), brand)
        if other is not brand:
            reason = f"'{brand.name}' looks like '{other.name}', which is another brand's name"
            error = PresetError(f"brands/{brand.slug}/brand.yaml", [Problem("name", reason)])
            broken["brand", brand.slug] = error
            del brands[brand.slug]


def _outlines(folder: Path, broken: dict[tuple[str, str], StudioError]) -> dict[str, Outline]:
    outlines: dict[str, Outline] = {}
    for path in sorted(folder.glob("*.svg")):
        try:
            content = path.read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            svg = content.decode("utf-8")
            outlines[path.stem] = Outline(slug=path.stem, svg=svg, sha256=sha256)
        except (OSError, UnicodeDecodeError):
            problem = Problem("file", "is not readable UTF-8 text")
            broken["product outline", path.stem] = PresetError(path.name, [problem])
    return outlines
