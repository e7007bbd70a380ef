"""Seconds and quarters a minute under the score's own tempo (docs/score_reading.md, "Score tempo")."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import nan

import numpy as np

from percepiano_core.score.corrections import Corrections
from percepiano_core.score.direction_elements import DEFAULT_QPM
from percepiano_core.score.events import ParsedScore, TempoMark


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
    """Tempo of a score.

    Where the first mark comes later, it holds from the start (published: the MIDI default does). Without any mark the
    seconds are those of the MIDI default, and the known tempo is NaN (published: the default too).
    """
    marks = sorted(score.tempos, key=lambda mark: mark.position)
    if not marks and corrections.unknown_tempo_is_missing:
        marks = sorted(score.metronome_marks, key=lambda mark: mark.position)
    is_unknown = corrections.unknown_tempo_is_missing and not marks
    if not marks or marks[0].position != 0:
        opening = marks[0].qpm if marks and corrections.unknown_tempo_is_missing else DEFAULT_QPM
        marks = [TempoMark(0.0, opening), *marks]
    known = [nan if is_unknown else mark.qpm for mark in marks]
    seconds = [0.0]
    for mark, following in pairwise(marks):
        seconds.append(seconds[-1] + (following.position - mark.position) / mark.qpm * 60 / score.divisions)
    return ScoreTempo([m.position for m in marks], [m.qpm for m in marks], known, seconds, score.divisions)
