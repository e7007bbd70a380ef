"""The time map from score to performance: at which second a score position is played.

Knots are the median performed onsets of the matched notes at each score onset, made monotone; linear in between, and
beyond the ends the slope of the outermost onsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi

END_ONSETS = 8  # outermost score onsets that give the slope beyond each end
DEFAULT_SECONDS_PER_QUARTER = 0.5  # 120 quarters a minute: the MIDI default, where one onset gives no tempo


@dataclass(frozen=True, eq=False)
class TempoMap:
    """A piecewise linear, non-decreasing map from quarters to seconds.

    Attributes
    ----------
    score_onsets : float [k] quarters, strictly increasing, k >= 1
    performed_onsets : float [k] seconds, non-decreasing
    """

    score_onsets: np.ndarray
    performed_onsets: np.ndarray

    def __call__(self, onset_quarter: np.ndarray) -> np.ndarray:
        """Seconds at which the score positions [n] (quarters) are reached."""
        position = np.asarray(onset_quarter, dtype=float)
        x, y = self.score_onsets, self.performed_onsets
        before = np.minimum(position - x[0], 0.0) * _slope(x[:END_ONSETS], y[:END_ONSETS])
        after = np.maximum(position - x[-1], 0.0) * _slope(x[-END_ONSETS:], y[-END_ONSETS:])
        return np.interp(position, x, y) + before + after


def tempo_map(score_notes: np.ndarray, performed: PerformedMidi, matches: np.ndarray) -> TempoMap:
    """The time map of matched notes, grace notes left out unless there is nothing else.

    Parameters
    ----------
    score_notes : ALIGNED_NOTE_DTYPE [s]
    matches : int [m, 2], m >= 1
    """
    principal = matches[~score_notes["is_grace"][matches[:, 0]]]
    used = principal if len(principal) else matches
    onsets, group = np.unique(score_notes["onset_quarter"][used[:, 0]], return_inverse=True)
    seconds = performed.notes["onset_sec"][used[:, 1]]
    by_onset = np.split(seconds[np.argsort(group, kind="stable")], np.cumsum(np.bincount(group))[:-1])
    medians = np.array([np.median(played) for played in by_onset])
    return TempoMap(onsets, np.maximum.accumulate(medians))


def bar_seconds(score_notes: np.ndarray, performed: PerformedMidi, matches: np.ndarray) -> list[tuple[int, float]]:
    """Place of each bar in the order of playing, from 1, and the second of its first note; none without a match."""
    if not len(matches):
        return []
    places, first = np.unique(score_notes["measure"], return_index=True)
    seconds = tempo_map(score_notes, performed, matches)(score_notes["onset_quarter"][first])
    return list(zip((places + 1).tolist(), seconds.tolist(), strict=True))


def _slope(quarters: np.ndarray, seconds: np.ndarray) -> float:
    """Mean seconds a quarter over the given knots."""
    if len(quarters) < 2:
        return DEFAULT_SECONDS_PER_QUARTER
    return float((seconds[-1] - seconds[0]) / (quarters[-1] - quarters[0]))
