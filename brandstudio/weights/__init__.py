"""The small model family that ships; trained by the sibling project `house_model/`."""

from pathlib import Path

WEIGHTS = Path(__file__).parent
