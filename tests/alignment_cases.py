"""Scores and performances of a few notes, made by hand or drawn, for the tests of the alignment."""

from __future__ import annotations

import numpy as np

from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE

TICKS_PER_SECOND = 960


def score_of(*notes: tuple[float, float, int], grace: tuple[int, ...] = ()) -> np.ndarray:
    """A score of (onset, duration, pitch) in quarters, one quarter a beat."""
    table = np.zeros(len(notes), dtype=ALIGNED_NOTE_DTYPE)
    for row, (onset, duration, pitch) in enumerate(notes):
        table[row] = (f"p0n{row}", onset, duration, onset, pitch, 1, 1, int(onset) // 4, row in grace, False, False)
    return table


def performance_of(*notes: tuple[float, int] | tuple[float, int, int]) -> PerformedMidi:
    """A performance of (onset in seconds, pitch, velocity), in time order."""
    table = np.zeros(len(notes), dtype=NOTE_DTYPE)
    for row, (onset, pitch, *velocity) in enumerate(notes):
        ticks = round(onset * TICKS_PER_SECOND), round((onset + 0.2) * TICKS_PER_SECOND)
        table[row] = (*ticks, onset, onset + 0.2, pitch, *(velocity or [64]))
    controls = np.array([(0, 0.0, 64, 127)], dtype=CONTROL_DTYPE)
    return PerformedMidi(table, controls, TICKS_PER_SECOND // 2, 9.0)


SCALE = score_of(*[(float(i), 1.0, 60 + i) for i in range(8)])


def scale_performance(seconds_per_quarter: float = 0.5, start: float = 0.0) -> PerformedMidi:
    return performance_of(*[(start + seconds_per_quarter * i, 60 + i) for i in range(8)])


def random_score(seed: int, onsets: int = 24) -> np.ndarray:
    generator = np.random.default_rng(seed)
    notes = [
        (onset * 0.5, 0.5, int(pitch))
        for onset in range(onsets)
        for pitch in np.sort(generator.choice(np.arange(48, 80), generator.integers(1, 4), replace=False))
    ]
    return score_of(*notes)
