"""From an alignment's own score notes to the rows of the score table.

Two readings of one score differ a little: onsets by rounding, the padded pickup by its length, unisons by being one
note or two. Notes join by onset and pitch, and several of one onset and pitch in written order (grace notes before
their principal).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from percepiano_core.features.score_table import ScoreTable

SAME_ONSET = 0.02  # quarters; truncated durations move onsets by up to .0042, no two notes of a pitch are this close


def join_notes(score: ScoreTable, onset_quarter: np.ndarray, pitch: np.ndarray, note_id: np.ndarray) -> np.ndarray:
    """Row of the score table of each aligned score note [s], -1 where the table does not have it.

    onset_quarter, pitch, note_id [s] : the alignment's score notes, matched or not. Onsets count from the first note
    and, for what that leaves over, from the last one, so that a pickup may be shorter on one side.
    """
    joined = np.full(len(pitch), -1, dtype="i8")
    written = np.lexsort((np.array([_number(name) for name in note_id.tolist()]), onset_quarter))
    for edge in (np.min, np.max):
        table_onset = score.notes["onset_quarter"] - edge(score.notes["onset_quarter"])
        open_rows = np.setdiff1d(np.arange(len(score.notes)), joined)
        open_notes = written[joined[written] < 0]
        for note, row in _pairs(
            score.notes, table_onset, onset_quarter - edge(onset_quarter), pitch, open_rows, open_notes
        ):
            joined[note] = row
    return joined


def match_of(joined: np.ndarray, matches: np.ndarray, n_score_notes: int) -> np.ndarray:
    """Performed row of each note of the score table [n], -1 where unmatched.

    joined : `join_notes` of the alignment's score notes; matches : [m, 2] rows of those and of the performed notes
    """
    match = np.full(n_score_notes, -1, dtype="i8")
    rows = joined[matches[:, 0]]
    match[rows[rows >= 0]] = matches[rows >= 0, 1]
    return match


def _pairs(
    table: np.ndarray,
    table_onset: np.ndarray,
    onset: np.ndarray,
    pitch: np.ndarray,
    open_rows: np.ndarray,
    open_notes: np.ndarray,
) -> Iterator[tuple[int, int]]:
    """Pairs (aligned note, row of the table) among those still open; all onsets are relative to the same edge."""
    grid = np.unique(table_onset)
    nearest = _nearest(grid, onset)
    same = np.abs(grid[nearest] - onset) < SAME_ONSET
    rows_of: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in open_rows.tolist():
        rows_of[int(np.searchsorted(grid, table_onset[row])), int(table["pitch"][row])].append(row)
    notes_of: dict[tuple[int, int], list[int]] = defaultdict(list)
    for note in open_notes[same[open_notes]].tolist():
        notes_of[int(nearest[note]), int(pitch[note])].append(note)
    for key, notes in notes_of.items():
        rows = rows_of.get(key, [])
        if len(rows) > len(notes):  # the alignment merged unisons: the longest stands for them
            rows = [row for row in rows if not table["is_overlapped"][row]]
        yield from zip(notes, rows, strict=False)


def _nearest(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the grid point nearest to each value; `grid` ascending."""
    right = np.clip(np.searchsorted(grid, values), 1, max(len(grid) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(grid) - 1)
    return np.where(values - grid[left] <= grid[right] - values, left, right)


def _number(note_id: str) -> int:
    """Running number of a note id such as p0n12 or p0n12~3, so that notes sort as written; 0 without one."""
    found = re.search(r"n(\d+)", note_id)
    return int(found.group(1)) if found else 0
