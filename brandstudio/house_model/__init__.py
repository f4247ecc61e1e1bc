"""The house illustration model: a small diffusion family that ships with the studio.

The studio itself loads `weights/` like any other checkpoint; nothing outside this package imports
the renderer or the training code.
"""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
