"""What a score needs to know of a performance beside its prediction: segment, performer, human or not, noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.ratings.ceiling import read_noise

REMEDY = "make corpus, ratings and predictions from the same configuration"


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Performances in rows: keys as text [N], `human` bool [N], `noise` [N, 19] variance of the mean rating, 0 to 1."""

    row: Mapping[str, int]  # performance -> row
    segments: np.ndarray
    performers: np.ndarray
    human: np.ndarray
    noise: np.ndarray

    def rows(self, performances: Sequence[str]) -> np.ndarray:
        """Row numbers of the performances; UserError for one that the manifest lacks."""
        unknown = next((name for name in performances if name not in self.row), None)
        if unknown is not None:
            raise UserError(unknown, "has predictions but is not in the manifest", REMEDY)
        return np.array([self.row[name] for name in performances], dtype=int)


def read_cohort(manifest: Path | str, noise: Path | str) -> Cohort:
    """Join the manifest with the noise table (`performance`, then the 19 dimensions; NaN where it has no row)."""
    performances = read_manifest(manifest)
    known = read_noise(noise)
    variances = dict(zip(known.performances, known.variance, strict=True))
    unknown = np.full(len(DIMENSION_KEYS), np.nan)
    return Cohort(
        row={each.performance: i for i, each in enumerate(performances)},
        segments=np.array([each.segment for each in performances], dtype=str),
        performers=np.array([each.performer for each in performances], dtype=str),
        human=np.array([not each.deadpan for each in performances], dtype=bool),
        noise=np.array([variances.get(each.performance, unknown) for each in performances]),
    )
