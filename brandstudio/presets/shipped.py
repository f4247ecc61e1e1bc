"""Checks the shipped folders of weights, each locked by a checksum over its files."""

from collections.abc import Mapping

from brandstudio.checksums import astray, listing, listing_sha256
from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.errors import LockError, PresetError, Problem, StudioError
from brandstudio.weights import WEIGHTS


def check_folder(name: str, revision: str, place: str, file: str) -> None:
    """Compare a folder of weights with its revision. Raises LockError or PresetError."""
    folder = WEIGHTS / name
    try:
        lines = listing(folder)
    except FileNotFoundError as error:
        problem = Problem(place, f"there are no shipped weights '{name}'")
        raise PresetError(file, [problem]) from error
    actual = listing_sha256(lines)
    if actual != revision:
        which = astray(folder, lines, revision)
        raise LockError(f"weights/{name}", locked=revision, actual=actual, astray=which)


def broken_judges(
    base_models: Mapping[str, BaseModelProfile],
) -> dict[tuple[str, str], StudioError]:
    """Scorers that are not the locked ones, by base model.

    Without its scorer a base model draws on, and its images are ranked by their pixels.
    """
    broken: dict[tuple[str, str], StudioError] = {}
    for slug, profile in base_models.items():
        scorer = profile.scorer
        if scorer.folder is not None and scorer.revision is not None:
            try:
                check_folder(scorer.folder, scorer.revision, "scorer", f"{slug}.yaml")
            except StudioError as error:
                broken["judge", slug] = error
    return broken
