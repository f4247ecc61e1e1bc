"""The studio's scorer: every score of brandstudio.domain.ranking, for a list of exhibits."""

import logging
import threading
from collections.abc import Sequence

import torch

from brandstudio.domain.catalogue import Catalogue
from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging.compute import choose_compute
from brandstudio.imaging.scorers.clip import ClipScorer
from brandstudio.imaging.scorers.pixels import copy_space_quiet, palette_distance, sharpness
from brandstudio.services.ports import Exhibit

log = logging.getLogger(__name__)


def build_scorer(catalogue: Catalogue, *, device: str = "auto") -> "StudioScorer":
    """A scorer for the catalogue's base models; a CLIP model is loaded when first asked for."""
    return StudioScorer(catalogue, choose_compute(device).device)


class StudioScorer:
    """A Scorer; each base model names the CLIP model that scores its images."""

    def __init__(self, catalogue: Catalogue, device: torch.device) -> None:
        self._catalogue = catalogue
        self._device = device
        self._clip_scorers: dict[str, ClipScorer] = {}
        self._lock = threading.Lock()

    def score(self, base_model: str, exhibits: Sequence[Exhibit]) -> list[dict[str, float]]:
        """One score per name of SCORES for each image; see brandstudio.services.ports.Scorer.

        Prompts are scored as given. `aesthetic` is missing where the base model names no head, and
        `clip` too where that model cannot be loaded or is not the locked one: drawn images are not
        lost to a missing model.
        """
        if not exhibits:
            return []
        with self._lock:
            by_clip = self._clip_scores(base_model, exhibits)
        return [clip | _measured(exhibit) for clip, exhibit in zip(by_clip, exhibits, strict=True)]

    def _clip_scores(
        self, base_model: str, exhibits: Sequence[Exhibit]
    ) -> Sequence[dict[str, float]]:
        try:
            clip = self.clip_scorer(base_model)
        except (WeightsError, LockError) as error:
            log.warning("ranked by what the pixels show alone: %s. %s", error, error.hint)
            return [{} for _ in exhibits]
        return clip.score([e.image for e in exhibits], [e.prompt for e in exhibits])

    def clip_scorer(self, base_model: str) -> ClipScorer:
        """The CLIP scorer of that base model, loaded once per CLIP model and head."""
        profile = self._catalogue.base_model(base_model).scorer
        if profile.digest not in self._clip_scorers:
            self._clip_scorers[profile.digest] = ClipScorer(profile, self._device)
        return self._clip_scorers[profile.digest]


def _measured(exhibit: Exhibit) -> dict[str, float]:
    return {
        "palette": palette_distance(exhibit.image, exhibit.palette),
        "copy_space": copy_space_quiet(exhibit.image, exhibit.copy_space),
        "sharpness": sharpness(exhibit.image),
    }
