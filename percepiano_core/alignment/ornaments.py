"""Performed notes that belong to the trill, turn or mordent of a score note, and when such a note begins and ends.

The score shows one note; the player strikes it and its neighbours several times. One stroke is the match; the others
have no score note of their own and would count as insertions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.tempo_map import tempo_map
from percepiano_core.corpus.midi import PerformedMidi

NEIGHBOUR_SEMITONES = 2  # of the main note
LEAD_SECONDS = 0.25  # before the main note: trills begin with the upper neighbour, slides from below
TAIL_SECONDS = 0.05  # beyond the written end: the closing turn
SHORTEST_SECONDS = 0.4  # an ornament over a very short note takes its own time
ON_BEAT_SECONDS = 0.05  # by which a stroke on the beat may come before the other notes of its score onset
ALONE_SECONDS = 0.1  # the same against the time map, where nothing else is played at the score onset
SAME_ONSET = 1e-4  # quarters, to which score onsets are rounded


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


def with_whole_ornaments(performed: PerformedMidi, alignment: Alignment) -> PerformedMidi:
    """The performance in which the matched stroke of each ornament stands for the whole of it.

    It ends with the last release of all strokes, and begins with the first stroke on the beat:

    - with other notes at the score onset, the first that is not ON_BEAT_SECONDS before the earliest of them (what comes
      before leads to the beat);
    - alone, the first stroke of all, unless that is ALONE_SECONDS before the time map of the notes around it: then
      it may lead to the beat or be on it.

    Where the beginning cannot be told, `onset_sec` is NaN and `onset_tick` is the matched stroke's.
    """
    ornamented = np.unique(alignment.ornament_notes[:, 0])
    if not len(ornamented):
        return performed
    plain = alignment.matches[~np.isin(alignment.matches[:, 0], ornamented)]
    main_of = dict(alignment.matches.tolist())
    notes = performed.notes.copy()
    for row in ornamented.tolist():
        others = alignment.ornament_notes[alignment.ornament_notes[:, 0] == row, 1]
        strokes = np.sort(performed.notes[np.append(others, main_of[row])], order="onset_sec")
        first = _first_on_the_beat(strokes, *_beat(row, alignment.score_notes, performed, plain))
        last = strokes[strokes["offset_sec"].argmax()]
        note = notes[main_of[row]]
        note["offset_sec"], note["offset_tick"] = last["offset_sec"], last["offset_tick"]
        if first is None:
            note["onset_sec"] = np.nan
        else:
            note["onset_sec"], note["onset_tick"] = strokes["onset_sec"][first], strokes["onset_tick"][first]
    return replace(performed, notes=notes)


def _beat(row: int, score_notes: np.ndarray, performed: PerformedMidi, plain: np.ndarray) -> tuple[float, bool]:
    """Earliest second at which an ornament of a score row is on the beat, and whether other notes tell it.

    plain : matches [m, 2] of the notes without an ornament's strokes; NaN if there are none to tell by
    """
    principal = plain[~score_notes["is_grace"][plain[:, 0]]]
    onset = score_notes["onset_quarter"][row]
    together = np.abs(score_notes["onset_quarter"][principal[:, 0]] - onset) < SAME_ONSET
    if together.any():
        return float(performed.notes["onset_sec"][principal[together, 1]].min()) - ON_BEAT_SECONDS, True
    if not len(principal):
        return np.nan, False
    return float(tempo_map(score_notes, performed, principal)(onset)) - ALONE_SECONDS, False


def _first_on_the_beat(strokes: np.ndarray, earliest: float, is_told: bool) -> int | None:
    """Index of the stroke [o] with which an ornament begins, None where it cannot be told; `strokes` by onset."""
    on_beat = np.flatnonzero(strokes["onset_sec"] >= earliest)
    if not len(on_beat) or (on_beat[0] > 0 and not is_told):
        return None
    return int(on_beat[0])
