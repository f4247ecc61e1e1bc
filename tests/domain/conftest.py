"""The shipped catalogue, read once."""

import pytest

from brandstudio.domain.catalogue import Catalogue
from brandstudio.presets import load_presets
from brandstudio.settings import Settings


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    settings = Settings()
    return load_presets(settings.presets_dir, settings.lora_dir).catalogue
