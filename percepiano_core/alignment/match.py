"""Match performed notes to score notes: dual dynamic time warping, made one-to-one.

The matcher is parangonar's DualDTWNoteMatcher with its default settings: warping in both directions over pitch sets
gives a time map, and each pitch's notes are matched along it. It knows nothing of repeats or ornaments and needs no
tempo. Doubled strokes are merged before it, conflicts resolved after (docs/alignment.md, "Method"). No residual cut
and no filling-in: both were tried and gain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.deferred_import import UNUSED_BY_SCORES, deferring
from percepiano_core.alignment.pitch_dtw import PitchSetDtw
from percepiano_core.alignment.tempo_map import tempo_map
from percepiano_core.alignment.way import Run
from percepiano_core.corpus.midi import PerformedMidi

# parangonar imports these where they are installed, for other matchers than this one; torch alone takes seconds.
with deferring(*UNUSED_BY_SCORES, absent=("miditok", "numba", "symusic", "torch")):
    from parangonar.match.matchers import DualDTWNoteMatcher, OnsetMatcherDTW

DOUBLE_SECONDS = 0.015  # a second stroke of a pitch this soon is the same note, sent twice
FIRST_ONSET_SECONDS = 1.0  # the matcher takes an onset of 0 for a missing one
MORE_MATCHES = 1.1  # times the matcher's; so many more on the path are taken from there
WINDOWED_NOTES = 1000  # a run of more performed notes is matched in windows
WINDOW_NOTES = 600  # performed notes in a window,
WINDOW_MARGIN = 100  # and beyond each end of it
_NO_PAIRS = np.empty((0, 2), dtype=np.int64)
ONSET_DECIMALS = 6  # of a second; finer differences are rounding of the tempo map
_MATCHER_SCORE_DTYPE = np.dtype([("onset_beat", "f8"), ("pitch", "i4"), ("id", "i8"), ("is_grace", "?")])
_MATCHER_PERFORMANCE_DTYPE = np.dtype([("onset_sec", "f8"), ("pitch", "i4"), ("id", "i8")])


def align(score_notes: np.ndarray, performed: PerformedMidi) -> Alignment:
    """Align a performance with its score; the same input always gives the same matches.

    Parameters
    ----------
    score_notes : ALIGNED_NOTE_DTYPE [s], from `read_score_notes`; at least one note is not a grace note
    """
    kept = without_doubles(performed)
    candidates = _dual_dtw(score_notes, performed, np.flatnonzero(kept))
    return Alignment(score_notes, kept, one_to_one(score_notes, performed, candidates))


def match_stretches(score_notes: np.ndarray, performed: PerformedMidi, runs: Sequence[Run]) -> np.ndarray:
    """The matches of a performance whose way through the score is known; sorted int [m, 2].

    Each run of notes is matched by itself, a long one in windows that overlap; what is in no run stays unmatched.
    """
    found = [_or_along_the_path(score_notes, performed, run, _in_windows(score_notes, performed, run)) for run in runs]
    return one_to_one(score_notes, performed, np.concatenate([_NO_PAIRS, *found]))


def _or_along_the_path(score_notes: np.ndarray, performed: PerformedMidi, run: Run, pairs: np.ndarray) -> np.ndarray:
    """The matcher's candidates, or those of the path where they are clearly more.

    The matcher warps time without regard to how often a pitch is struck, and loses count in bars of one repeated note.
    """
    played = np.flatnonzero(run.path_rows >= 0)
    along = np.stack([run.path_rows[played], run.performed_rows[played]], axis=1)
    counts = [len(one_to_one(score_notes, performed, each)) for each in (pairs, along)]
    return along if counts[1] > MORE_MATCHES * counts[0] else pairs


def without_doubles(performed: PerformedMidi) -> np.ndarray:
    """Which performed notes stay, bool [p]: not the ones within 15 ms of the last kept note of their pitch.

    Notes are visited by onset, the louder first, so that the louder of two simultaneous strokes stays.
    """
    notes = performed.notes
    kept = np.ones(len(notes), dtype=bool)
    last_onset: dict[int, float] = {}
    for row in np.lexsort((-notes["velocity"], notes["onset_sec"])):
        pitch, onset = int(notes["pitch"][row]), float(notes["onset_sec"][row])
        if onset - last_onset.get(pitch, -np.inf) <= DOUBLE_SECONDS:
            kept[row] = False
        else:
            last_onset[pitch] = onset
    return kept


def one_to_one(score_notes: np.ndarray, performed: PerformedMidi, candidates: np.ndarray) -> np.ndarray:
    """Of the candidate matches [n, 2] keep those closest to the time map, each note once; sorted int [m, 2]."""
    if not len(candidates):
        return candidates
    expected = tempo_map(score_notes, performed, candidates)(score_notes["onset_quarter"][candidates[:, 0]])
    distance = np.round(np.abs(performed.notes["onset_sec"][candidates[:, 1]] - expected), ONSET_DECIMALS)
    used_score: set[int] = set()
    used_performed: set[int] = set()
    matches = []
    for score_row, performed_row in candidates[np.argsort(distance, kind="stable")].tolist():
        if score_row not in used_score and performed_row not in used_performed:
            matches.append((score_row, performed_row))
            used_score.add(score_row)
            used_performed.add(performed_row)
    return np.array(sorted(matches), dtype=np.int64)


def _in_windows(score_notes: np.ndarray, performed: PerformedMidi, run: Run) -> np.ndarray:
    """Candidate matches of one run, int [n, 2]."""
    if score_notes["is_grace"][run.score_rows].all() or not len(run.performed_rows):
        return _NO_PAIRS
    if len(run.performed_rows) <= WINDOWED_NOTES:
        return _between(score_notes, performed, run.score_rows, run.performed_rows)
    count = -(-len(run.performed_rows) // WINDOW_NOTES)
    cuts = np.linspace(0, len(run.performed_rows), count + 1).astype(int)
    edges = np.concatenate([[0], run.guide[cuts[1:-1]], [len(run.score_rows)]])
    found = []
    for first, stop, low, high in zip(cuts[:-1], cuts[1:], edges[:-1], edges[1:], strict=True):
        wide = slice(max(0, first - WINDOW_MARGIN), min(stop + WINDOW_MARGIN, len(run.performed_rows)))
        bottom = 0 if low == 0 else int(run.guide[wide.start])
        top = len(run.score_rows) if high == len(run.score_rows) else int(run.guide[wide.stop - 1])
        pairs = _between(score_notes, performed, run.score_rows[bottom:top], run.performed_rows[wide])
        core = run.score_rows[low:high]
        found.append(pairs[np.isin(pairs[:, 0], core)])
    return np.concatenate(found)


def _between(score_notes: np.ndarray, performed: PerformedMidi, score_rows: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The matcher's matches between some score rows and some performed rows, int [n, 2]."""
    if score_notes["is_grace"][score_rows].all() or not len(rows):
        return _NO_PAIRS
    pairs = _dual_dtw(score_notes[score_rows], performed, rows)
    return np.stack([score_rows[pairs[:, 0]], pairs[:, 1]], axis=1)


def _dual_dtw(score_notes: np.ndarray, performed: PerformedMidi, kept_rows: np.ndarray) -> np.ndarray:
    """The matcher's matches as rows int [n, 2], sorted; it may name a note twice."""
    matcher = DualDTWNoteMatcher(onset_matcher=OnsetMatcherDTW(dtw=PitchSetDtw()))
    found = matcher(_matcher_score(score_notes), _matcher_performance(performed, kept_rows))
    pairs = [(int(line["score_id"]), int(line["performance_id"])) for line in found if line["label"] == "match"]
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _matcher_score(score_notes: np.ndarray) -> np.ndarray:
    """A fresh array (the matcher shifts grace onsets in place), with rows as ids."""
    array = np.empty(len(score_notes), dtype=_MATCHER_SCORE_DTYPE)
    for field in ("onset_beat", "pitch", "is_grace"):
        array[field] = score_notes[field]
    array["id"] = np.arange(len(score_notes))
    return array


def _matcher_performance(performed: PerformedMidi, rows: np.ndarray) -> np.ndarray:
    """The performed notes of the given rows, begun at a fixed time and rounded: a later start cannot tip a tie."""
    notes = performed.notes[rows]
    array = np.empty(len(rows), dtype=_MATCHER_PERFORMANCE_DTYPE)
    array["onset_sec"] = np.round(notes["onset_sec"] - notes["onset_sec"].min() + FIRST_ONSET_SECONDS, ONSET_DECIMALS)
    array["pitch"] = notes["pitch"]
    array["id"] = rows
    return array
