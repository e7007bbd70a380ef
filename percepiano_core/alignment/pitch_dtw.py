"""Dynamic time warping of performed pitches against the pitch sets of score onsets.

The matcher of parangonar computes this table cell by cell, two thirds of its time on a short piece and nearly all on
a long one. With costs 0 and 1 a whole row follows from a running minimum: reaching column j from column k along the row
costs the sum of the row's costs from k to j. All numbers are small integers, so the table, and with it the path, is
exactly the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

MIDI_PITCHES = 128
UNREACHED = 1 << 29


class PitchSetDtw:
    """Callable with the interface of parangonar's DTW objects."""

    def __call__(
        self, pitches: np.ndarray, pitch_sets: Sequence[Iterable[int]], return_path: bool = True
    ) -> tuple[float, np.ndarray]:
        """Distance and path of the cheapest warping.

        Parameters
        ----------
        pitches : int [n], performed notes in time order
        pitch_sets : k sets of pitches, one a score onset

        Returns
        -------
        distance : number of steps whose pitch is not in the set
        path : int [steps, 2], rows (performed note, score onset) from (0, 0) to (n - 1, k - 1)
        """
        table = accumulated_cost(mismatch_cost(pitches, pitch_sets))
        return float(table[-1, -1]), backtrack(table)


def mismatch_cost(pitches: np.ndarray, pitch_sets: Sequence[Iterable[int]]) -> np.ndarray:
    """0 where the performed pitch belongs to the onset's set, else 1; int8 [n, k]."""
    cost = np.ones((MIDI_PITCHES, len(pitch_sets)), dtype=np.int8)
    for column, pitch_set in enumerate(pitch_sets):
        cost[[int(pitch) for pitch in pitch_set], column] = 0
    return cost[np.asarray(pitches, dtype=int)]


def accumulated_cost(cost: np.ndarray) -> np.ndarray:
    """Cheapest cost of reaching each cell [n, k] by steps down, right and diagonal, from whole-number costs."""
    table = np.empty(cost.shape, dtype=np.int32)
    above = np.full(cost.shape[1], UNREACHED, dtype=np.int32)
    diagonal = np.concatenate([np.zeros(1, dtype=np.int32), above[:-1]])
    for row, row_cost in enumerate(cost):
        along = np.cumsum(row_cost, dtype=np.int32)
        entry = np.minimum(above, diagonal) - (along - row_cost)
        above = table[row] = along + np.minimum.accumulate(entry)
        diagonal[0], diagonal[1:] = UNREACHED, above[:-1]
    return table


def backtrack(table: np.ndarray) -> np.ndarray:
    """Path int [steps, 2] through an accumulated cost table; on ties diagonal, then down, then right."""
    row, column = table.shape[0] - 1, table.shape[1] - 1
    path = [(row, column)]
    while row or column:
        if row and column:
            diagonal, down, right = table[row - 1, column - 1], table[row - 1, column], table[row, column - 1]
            if diagonal <= down and diagonal <= right:
                row, column = row - 1, column - 1
            elif down <= right:
                row -= 1
            else:
                column -= 1
        elif row:
            row -= 1
        else:
            column -= 1
        path.append((row, column))
    return np.array(path[::-1], dtype=int)
