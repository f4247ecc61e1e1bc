"""Measures over numbers alone: boxes, decibels, ranks, distances of two sets of features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes given as left, top, right, bottom."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    return shared / (areas - shared) if areas > shared else 0.0


def psnr_db(picture: NDArray[Any], target: NDArray[Any]) -> float:
    """Likeness of two arrays of 0..255 in decibels; equal ones are as like as 8 bits can tell."""
    error = np.square(picture.astype(np.float64) - target.astype(np.float64)).mean()
    return float(-10 * np.log10(max(float(error), 1e-2) / 255**2))


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Rank correlation, -1..1; equal values share the mean of their ranks."""
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def frechet_distance(first: Array, second: Array) -> float:
    """How far apart two sets of features are, each taken for a Gaussian; 0 for equal sets.

    first, second: (N, channels) float64. Small sets lie further apart than large ones of the same
    kind, so only distances between equally many pictures compare (Heusel et al. 2017, FID).
    """
    apart = first.mean(0) - second.mean(0)
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = _square_root(one)
    # The trace of the root of one · other, from a symmetric matrix of the same eigenvalues.
    shared = np.sqrt(np.linalg.eigvalsh(root @ other @ root).clip(min=0)).sum()
    return max(0.0, float(apart @ apart + np.trace(one) + np.trace(other) - 2 * shared))


def _square_root(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def _ranks(values: Sequence[float]) -> Array:
    _, place, count = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]
