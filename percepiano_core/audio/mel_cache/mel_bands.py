"""Mel bands as small dense matrices: each of a few neighbouring bands has a narrow range of bins of its own.

A mel matrix is nearly empty (1.5 % of 128 x 1025). Eight bands at a time over the bins that they share are faster than
the whole matrix, and than a sparse one (docs/mel_cache.md, "Speed").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BANDS_A_GROUP = 8


@dataclass(frozen=True, slots=True, eq=False)
class BandGroup:
    """Neighbouring bands: their columns in the result, the bins that they need, weights [bins, bands]."""

    bands: slice
    bins: slice
    weights: np.ndarray


def grouped(matrix: np.ndarray) -> tuple[BandGroup, ...]:
    """The groups of a mel matrix [bands, bins]."""
    groups = []
    for first in range(0, len(matrix), BANDS_A_GROUP):
        rows = matrix[first : first + BANDS_A_GROUP]
        used = np.flatnonzero(rows.any(axis=0))
        begin, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
        weights = np.ascontiguousarray(rows[:, begin:end].T)
        groups.append(BandGroup(slice(first, first + len(rows)), slice(begin, end), weights))
    return tuple(groups)


def band_powers(power: np.ndarray, groups: tuple[BandGroup, ...], out: np.ndarray) -> None:
    """Write the power [n, bands] of spectra [n, bins] in each band to `out`."""
    for group in groups:
        np.matmul(power[:, group.bins], group.weights, out=out[:, group.bands])
