"""The control map of a set: the lines between its parts as the camera sees them."""

import numpy as np

from house_model.sets.renderer import Picture
from house_model.sets.scene import SetScene
from house_model.sets.solids import NOTHING, SET


def control_map(scene: SetScene, picture: Picture) -> np.ndarray:
    """(height, width) bool: outlines of pieces and of the product's parts, and the horizon.

    The product's silhouette and lines are those of its solids seen by the camera; what stands
    before something hides its lines. An empty set has no product lines.
    """
    parts = np.where(picture.parts == NOTHING, SET, picture.parts)
    lines = np.zeros(parts.shape, bool)
    lines[:, 1:] |= parts[:, 1:] != parts[:, :-1]
    lines[1:] |= parts[1:] != parts[:-1]
    row = min(int(scene.horizon * len(parts)), len(parts) - 1)
    lines[row] |= parts[row] == SET
    return lines
