"""Local tempo: the course of score onsets over time, cut at beats, measures or sections.

Conventions: tempo in quarters a minute, features in log10 of it.
Rule: docs/performance_features.md, "Tempo".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.features.performance.onsets import OnsetTimes

PRIMO_SEGMENTS = 10  # beat segments whose mean is the performed first tempo


@dataclass(frozen=True)
class TempoSegments:
    """Stretches of constant tempo, ascending [s]; `div` and `sec` are where a stretch begins.

    `quarters_per_minute` is NaN where notes that the score does not have take time of their own.
    """

    div: np.ndarray
    sec: np.ndarray
    end_div: np.ndarray
    end_sec: np.ndarray
    quarters_per_minute: np.ndarray

    def __len__(self) -> int:
        return len(self.div)

    def crosses_unknown(self, onset_div: np.ndarray, duration_div: np.ndarray) -> np.ndarray:
        """Whether score notes [n] reach into a stretch of unknown tempo, bool [n]."""
        unknown = np.isnan(self.quarters_per_minute)
        begun = onset_div[:, None] < self.end_div[unknown]
        return (begun & (onset_div[:, None] + duration_div[:, None] > self.div[unknown])).any(axis=1)

    def of(self, onset_div: np.ndarray) -> np.ndarray:
        """Index [n] of the last segment that begins at or before each score position; the first where none does."""
        return np.maximum(np.searchsorted(self.div, onset_div, side="right") - 1, 0)


def tempo_segments(
    grid: np.ndarray, onsets: OnsetTimes, divisions: int, interrupted: np.ndarray | None = None
) -> TempoSegments:
    """Tempo between the timed onsets at or before neighbouring points of `grid` (score positions in divisions).

    A grid point before all timed onsets takes the first one; points that share an onset make no segment.

    interrupted : whether added notes take time between neighbouring onsets, bool [m - 1]; there the tempo is unknown,
        and stretches end and begin
    """
    if not len(onsets.div):
        return TempoSegments(*(np.empty(0) for _ in range(5)))
    breaks = np.flatnonzero(interrupted) if interrupted is not None else np.empty(0, dtype=np.intp)
    on_grid = np.maximum(np.searchsorted(onsets.div, grid, side="right") - 1, 0)
    knots = np.unique(np.concatenate([on_grid, breaks, breaks + 1]))
    div, sec = onsets.div[knots], onsets.sec[knots]
    quarters_per_minute = np.diff(div) / divisions / np.diff(sec) * 60
    quarters_per_minute[np.isin(knots[:-1], breaks)] = np.nan
    return TempoSegments(div[:-1], sec[:-1], div[1:], sec[1:], quarters_per_minute)


def log_tempo(segments: TempoSegments, onset_div: np.ndarray) -> np.ndarray:
    """log10 of quarters a minute [n] at score positions [n]; NaN everywhere where nothing was timed."""
    if not len(segments):
        return np.full(len(onset_div), np.nan)
    return np.log10(segments.quarters_per_minute)[segments.of(onset_div)]


def first_tempo(segments: TempoSegments) -> float:
    """log10 of the mean tempo of the first beats; NaN where nothing was timed."""
    return float(np.log10(segments.quarters_per_minute[:PRIMO_SEGMENTS].mean())) if len(segments) else np.nan
