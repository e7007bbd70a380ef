"""Performed notes that belong to the trill, turn or mordent of a score note.

The score shows one note; the player strikes it and its neighbours several times. One stroke is the match; the others
have no score note of their own and would count as insertions.
"""

from __future__ import annotations

import numpy as np

from percepiano_core.alignment.tempo_map import tempo_map
from percepiano_core.corpus.midi import PerformedMidi

NEIGHBOUR_SEMITONES = 2  # of the main note
LEAD_SECONDS = 0.25  # before the main note: trills begin with the upper neighbour, slides from below
TAIL_SECONDS = 0.05  # beyond the written end: the closing turn
SHORTEST_SECONDS = 0.4  # an ornament over a very short note takes its own time


def ornament_notes(
    score_notes: np.ndarray, performed: PerformedMidi, matches: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """Performed notes of ornaments, int [o, 2]: rows of the ornamented score note and of the performed note.

    Parameters
    ----------
    score_notes : ALIGNED_NOTE_DTYPE [s], in the order of playing
    performed : sounding at the score's pitch
    matches : int [m, 2]
    free : int [f], rows of performed notes without a match that may belong to an ornament

    A performed note between several ornaments goes to the nearest in pitch, then in time. An ornamented note that is
    not matched itself has no ornament: where it was played is not known.
    """
    ornamented = matches[score_notes["is_ornamented"][matches[:, 0]]]
    if not len(ornamented) or not len(free):
        return np.empty((0, 2), dtype=np.int64)
    rows = ornamented[:, 0]
    pitches, onsets = score_notes["pitch"][rows], performed.notes["onset_sec"][ornamented[:, 1]]
    time_of = tempo_map(score_notes, performed, matches)
    length = time_of(score_notes["onset_quarter"][rows] + score_notes["duration_quarter"][rows]) - time_of(
        score_notes["onset_quarter"][rows]
    )
    expected = time_of(score_notes["onset_quarter"][rows])
    starts = np.minimum(onsets, expected) - LEAD_SECONDS
    ends = np.maximum(onsets, expected + np.maximum(length, SHORTEST_SECONDS)) + TAIL_SECONDS
    found = []
    for row in free.tolist():
        pitch, onset = int(performed.notes["pitch"][row]), float(performed.notes["onset_sec"][row])
        distance = np.abs(pitches - pitch)
        near = np.flatnonzero((distance <= NEIGHBOUR_SEMITONES) & (starts <= onset) & (onset <= ends))
        if len(near):
            best = near[np.lexsort((np.abs(onsets[near] - onset), distance[near]))[0]]
            found.append((int(rows[best]), row))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
