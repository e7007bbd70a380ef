"""A performance laid beside its score: what every performance feature is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from percepiano_core.features.performance.tempo import TempoSegments
from percepiano_core.features.score_table import ScoreTable


@dataclass(frozen=True)
class AlignedPerformance:
    """Score notes [n], performed notes [k], and which belong together.

    Attributes
    ----------
    score : the score with its n notes
    notes : performed notes [k] (percepiano_core.corpus.midi.NOTE_DTYPE), ascending onsets
    pedal : their pedal values [k] (PEDAL_DTYPE)
    match : row of `notes` of each score note [n], -1 where it was not played
    segments : "beat", "measure", "section" -> local tempo
    """

    score: ScoreTable
    notes: np.ndarray
    pedal: np.ndarray
    match: np.ndarray
    segments: Mapping[str, TempoSegments]

    @property
    def matched(self) -> np.ndarray:
        """Whether each score note was played, bool [n]."""
        return self.match >= 0

    def played(self, values: np.ndarray) -> np.ndarray:
        """Values [k] of performed notes at the score notes [n], float, NaN where not played."""
        return at_matches(values, self.match)


def at_matches(values: np.ndarray, match: np.ndarray) -> np.ndarray:
    """Values [k] of performed notes at score notes matched to rows [n] (-1: to none), float, NaN where unmatched."""
    found = np.full(len(match), np.nan)
    matched = match >= 0
    found[matched] = values[match[matched]]
    return found
