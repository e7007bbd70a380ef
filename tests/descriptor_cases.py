"""Small performances whose descriptors can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE

TICKS_PER_SECOND = 960


def performed(
    notes: Sequence[tuple[float, float, int, int]], controls: Sequence[tuple[float, int, int]] = (), end: float = 60.0
) -> PerformedMidi:
    """Notes (onset s, offset s, pitch, velocity) and controls (s, number, value) as a performance."""
    rows = [
        (round(on * TICKS_PER_SECOND), round(off * TICKS_PER_SECOND), on, off, pitch, velocity)
        for on, off, pitch, velocity in notes
    ]
    events = [(round(sec * TICKS_PER_SECOND), sec, number, value) for sec, number, value in controls]
    array = np.array(rows, dtype=NOTE_DTYPE)
    array = array[np.lexsort((array["offset_tick"], array["pitch"], array["onset_tick"]))]
    return PerformedMidi(array, np.array(events, dtype=CONTROL_DTYPE), 480, end)


def moved(performance: PerformedMidi, seconds: float) -> PerformedMidi:
    """The same playing, begun later."""
    notes, controls = performance.notes.copy(), performance.controls.copy()
    for field in ("onset_sec", "offset_sec"):
        notes[field] += seconds
    controls["sec"] += seconds
    return PerformedMidi(notes, controls, performance.ticks_per_quarter, performance.end_sec + seconds)


def score(notes: Sequence[tuple[float, float, int]], voice: int = 1) -> np.ndarray:
    """Score notes (onset, duration in quarters, pitch), in one voice, sorted as an alignment wants them."""
    array = np.zeros(len(notes), dtype=ALIGNED_NOTE_DTYPE)
    for row, (onset, duration, pitch) in zip(array, sorted(notes, key=lambda note: (note[0], note[2])), strict=True):
        row["onset_quarter"], row["onset_beat"], row["duration_quarter"], row["pitch"] = onset, onset, duration, pitch
        row["voice"] = voice
    return array


def aligned(score_notes: np.ndarray, performance: PerformedMidi, pairs: Sequence[tuple[int, int]] = ()) -> Alignment:
    """Row i of the score to row i of the performance, or the pairs given."""
    matches = np.array(pairs or [(i, i) for i in range(len(score_notes))], dtype=np.int64)
    return Alignment(score_notes, np.ones(len(performance.notes), dtype=bool), matches)
