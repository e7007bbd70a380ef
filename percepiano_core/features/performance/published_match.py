"""The published way from score notes to performed notes: through the score MIDI and the aligner's text file.

See docs/performance_features.md, "The published matching". A corresp file lists pairs (performed note, score MIDI note)
by onset time and pitch; the notes themselves are found again by these, within a tolerance. The score MIDI's notes all
stand in the file too, so that the score MIDI itself is not needed.
"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from percepiano_core.errors import DataError

SCORE_TOLERANCE = 0.1  # s between a score note and a note of the score MIDI
ARPEGGIO_TOLERANCE = 0.5  # s, arpeggiated notes
GRACED_DELAY, GRACED_TOLERANCE = 0.5, 0.6  # s, notes preceded by a grace note
FILE_TOLERANCE = 0.05  # s between a note and its time in the corresp file
CORRESP_DTYPE = np.dtype([("perf_sec", "f8"), ("perf_pitch", "i4"), ("score_sec", "f8"), ("score_pitch", "i4")])
CORRESP_COLUMNS = (1, 3, 6, 8)  # alignOntime, alignPitch, refOntime, refPitch


def read_corresp(path: Path | str) -> np.ndarray:
    """Rows [r] of CORRESP_DTYPE of a corresp file, tab- or comma-separated, plain or gzipped; -1 for a missing side.

    Comment lines (//) and a header line are skipped.
    """
    opener = gzip.open if str(path).endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as file:
            lines = [line for line in file if line.strip() and not line.startswith("//")]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"not a readable alignment file ({error})", "give the aligner's corresp file") from None
    rows = csv.reader(lines, delimiter="\t" if lines and "\t" in lines[0] else ",")
    try:
        table = [tuple(float(row[i]) for i in CORRESP_COLUMNS) for row in rows if row[0] != "alignID"]
    except (ValueError, IndexError):
        raise DataError(path, "a line is not ten columns of an alignment", "give the aligner's corresp file") from None
    return np.array(table, dtype=CORRESP_DTYPE)


def corresp_score_notes(corresp: np.ndarray) -> np.ndarray:
    """The score MIDI's notes as the corresp file has them: its rows with a score note, by onset."""
    rows = corresp[corresp["score_pitch"] >= 0]
    return rows[np.argsort(rows["score_sec"], kind="stable")]


def match_published(score_notes: np.ndarray, performed: np.ndarray, corresp: np.ndarray) -> np.ndarray:
    """Row of the performed note of each score note [n], -1 where unmatched.

    score_notes : [n] SCORE_NOTE_DTYPE, published reading (`time_sec` under the score's own tempo)
    performed : performed notes [k] in published order
    """
    midi = corresp_score_notes(corresp)
    of_score = _match_score(score_notes, midi["score_sec"], midi["score_pitch"])
    match = np.full(len(score_notes), -1, dtype="i8")
    for note in np.flatnonzero(of_score >= 0):
        target = midi[of_score[note]]
        row = _first_near(corresp["score_sec"], corresp["score_pitch"], target["score_sec"], target["score_pitch"])
        pair = corresp[row]
        match[note] = _first_near(performed["onset_sec"], performed["pitch"], pair["perf_sec"], pair["perf_pitch"])
    return match


def _match_score(notes: np.ndarray, midi_sec: np.ndarray, midi_pitch: np.ndarray) -> np.ndarray:
    """Row of the score MIDI of each score note [n], -1 where none.

    Of several candidates the first that is still free; a single candidate is taken even if it is not (D15).
    """
    expected = notes["time_sec"] + np.where(notes["preceded_by_grace"], GRACED_DELAY, 0.0)
    tolerance = np.where(notes["is_arpeggiated"], ARPEGGIO_TOLERANCE, SCORE_TOLERANCE)
    tolerance = np.where(notes["preceded_by_grace"], GRACED_TOLERANCE, tolerance)
    near = np.abs(midi_sec[None, :] - expected[:, None]) < tolerance[:, None]
    near &= midi_pitch[None, :] == notes["pitch"][:, None]
    match = np.full(len(notes), -1, dtype="i8")
    used = np.zeros(len(midi_sec), dtype=bool)
    for note in range(len(notes)):
        candidates = np.flatnonzero(near[note])
        if len(candidates) > 1:
            candidates = candidates[~used[candidates]]
        if len(candidates):
            match[note] = candidates[0]
            used[candidates[0]] = True
    return match


def _first_near(sec: np.ndarray, pitch: np.ndarray, at: float, of_pitch: int) -> int:
    """First row of that pitch within the file's tolerance; -1 where none."""
    near = np.flatnonzero((pitch == of_pitch) & (np.abs(sec - at) < FILE_TOLERANCE))
    return int(near[0]) if len(near) else -1
