"""Seconds and quarters a minute under the score's own tempo (percepiano-features.md, section 3, score tempo)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from percepiano_core.features.score.corrections import Corrections
from percepiano_core.features.score.direction_elements import DEFAULT_QPM
from percepiano_core.features.score.events import ParsedScore, TempoMark


@dataclass(frozen=True)
class ScoreTempo:
    """Piecewise constant tempo.

    Attributes
    ----------
    positions : ticks where a tempo begins, increasing; the first is 0 or earlier
    qpm : quarters a minute that set the seconds
    known_qpm : the same, NaN where the score gives none
    seconds : time at each position
    divisions : ticks a quarter
    """

    positions: list[float]
    qpm: list[float]
    known_qpm: list[float]
    seconds: list[float]
    divisions: int

    def second_at(self, position: float) -> float:
        """Seconds from position 0."""
        piece = self._piece(position)
        return self.seconds[piece] + (position - self.positions[piece]) * self._second_per_tick(piece)

    def length_from(self, position: float, ticks: float) -> float:
        """Seconds that `ticks` last under the tempo at `position`."""
        return ticks * self._second_per_tick(self._piece(position))

    def qpm_at(self, positions: np.ndarray) -> np.ndarray:
        """Quarters a minute at positions [n], NaN where the score gives none."""
        return np.array([self.known_qpm[self._piece(p)] for p in positions.tolist()])

    def _piece(self, position: float) -> int:
        return max(bisect_right(self.positions, position) - 1, 0)

    def _second_per_tick(self, piece: int) -> float:
        return 60.0 / self.qpm[piece] / self.divisions


def score_tempo(score: ParsedScore, corrections: Corrections) -> ScoreTempo:
    """Tempo of a score; before its first mark the MIDI default counts for the seconds."""
    marks = score.tempos
    if not marks and corrections.unknown_tempo_is_missing:
        marks = score.metronome_marks
    marks = sorted(marks, key=lambda mark: mark.position)
    known = [mark.qpm for mark in marks]
    if not marks or marks[0].position != 0:
        marks = [TempoMark(0.0, DEFAULT_QPM), *marks]
        known.insert(0, float("nan") if corrections.unknown_tempo_is_missing else DEFAULT_QPM)
    seconds = [0.0]
    for mark, following in pairwise(marks):
        seconds.append(seconds[-1] + (following.position - mark.position) / mark.qpm * 60 / score.divisions)
    return ScoreTempo([m.position for m in marks], [m.qpm for m in marks], known, seconds, score.divisions)
