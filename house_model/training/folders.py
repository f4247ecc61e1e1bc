"""Where training keeps what it makes: outside the repository, one folder per stage."""

import os
from pathlib import Path


def training_folder() -> Path:
    """The folder of all stages: $BRANDSTUDIO_HOUSE_MODEL_DIR, or one below the user's cache."""
    chosen = os.environ.get("BRANDSTUDIO_HOUSE_MODEL_DIR")
    return Path(chosen) if chosen else Path.home() / ".cache" / "brandstudio" / "house-model"


def stage_folder(stage: str) -> Path:
    """The folder of one stage, made if needed."""
    folder = training_folder() / stage
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_whole(path: Path, content: bytes) -> None:
    """Write the file at once or not at all, so that a killed run leaves the old one intact."""
    draft = path.with_suffix(path.suffix + ".draft")
    draft.write_bytes(content)
    draft.replace(path)
