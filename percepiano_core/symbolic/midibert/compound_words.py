"""Compound words: a performed note as four numbers, its bar, position, pitch and duration.

Bars are of four quarters whatever the metre, positions sixteenths, durations steps of a thirty-second; velocity and
tempo are not encoded. See docs/midibert.md, "Words and model".
"""

from __future__ import annotations

import numpy as np

VOCABULARY = {"bar": 4, "position": 18, "pitch": 88, "duration": 66}
"""Words of each kind; the last two are padding and mask."""
PADDING = np.array([size - 2 for size in VOCABULARY.values()])
MASK = np.array([size - 1 for size in VOCABULARY.values()])

NEW_BAR, SAME_BAR = 0, 1
TICKS_PER_QUARTER = 480
GRID = 120  # ticks between positions
BAR = 4 * TICKS_PER_QUARTER
DURATION_STEP = 60
DURATIONS = 64
LOWEST_PITCH, HIGHEST_PITCH = 22, 107


def compound_words(notes: np.ndarray, ticks_per_quarter: int, legacy_ticks: bool = False) -> np.ndarray:
    """Words [n, 4] of performed notes (corpus.midi.NOTE_DTYPE, sorted by onset): bar, position, pitch, duration.

    Ticks are brought to 480 a quarter; with `legacy_ticks` they are taken as they are, as published, which is wrong for
    files of another resolution. Onsets go to the nearest grid point before that of the last note, whose own may move
    back, as published. Pitches beyond the vocabulary get the nearest in it. No notes give no words.
    """
    if not len(notes):
        return np.empty((0, len(VOCABULARY)), dtype=np.int64)
    scale = 1.0 if legacy_ticks else TICKS_PER_QUARTER / ticks_per_quarter
    onset, offset = (notes[name] * scale for name in ("onset_tick", "offset_tick"))
    step = _nearest(onset / GRID, np.ceil(onset[-1] / GRID) - 1)
    bar = step // (BAR // GRID)
    starts_bar = np.diff(bar, prepend=-1) > 0
    return np.column_stack(
        [
            np.where(starts_bar, NEW_BAR, SAME_BAR),
            step % (BAR // GRID),
            notes["pitch"].astype(np.int64).clip(LOWEST_PITCH, HIGHEST_PITCH) - LOWEST_PITCH,
            _nearest((offset - onset) / DURATION_STEP - 1, DURATIONS - 1),
        ]
    )


def _nearest(value: np.ndarray, highest: float) -> np.ndarray:
    """Nearest whole number, the lower of two, within 0 and `highest` (at least 0)."""
    return np.ceil(value - 0.5).clip(0, max(highest, 0)).astype(np.int64)
