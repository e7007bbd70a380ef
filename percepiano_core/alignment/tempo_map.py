"""The time map from score to performance: at which second a score position is played.

Knots are the median performed onsets of the matched notes at each score onset, made monotone; linear in between, and
beyond the ends the slope of the outermost onsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.corpus.midi import PerformedMidi

END_ONSETS = 8  # outermost score onsets that give the slope beyond each end
DEFAULT_SECONDS_PER_QUARTER = 0.5  # 120 quarters a minute: the MIDI default, where one onset gives no tempo
CHORD_SECONDS = 0.035  # added notes no further apart are one chord
FEWEST_CHORDS = 3  # added chords between two score onsets that can take time of their own,
WIDEST_TRILL = 4  # semitones; what lies within is an ornament that is not written,
OWN_SECONDS = 0.5  # if the onsets are so much further apart than the tempo around says, and twice as far
STEPS_AROUND = 8  # steps from onset to onset, to either side, that give the tempo around


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


@dataclass(frozen=True, eq=False)
class AddedNotes:
    """Played notes that the score does not have, beside those that it has.

    Attributes
    ----------
    passages : seconds [b, 2] of the first and the last onset of each passage that the alignment names
    onsets : seconds [i] of all of them, ascending; notes of ornaments and doubled strokes are none
    pitches : their MIDI pitches [i]
    matched : onsets of the matched notes, seconds [m], ascending
    """

    passages: np.ndarray
    onsets: np.ndarray
    pitches: np.ndarray
    matched: np.ndarray


NONE_ADDED = AddedNotes(np.empty((0, 2)), np.empty(0), np.empty(0), np.empty(0))


def added_notes(alignment: Alignment, performed: PerformedMidi) -> AddedNotes:
    """What was played besides the score."""
    passages = [each.seconds for each in alignment.excursions if each.kind == "extra"]
    rows = alignment.insertions[alignment.performed_kept[alignment.insertions]]
    added = np.sort(performed.notes[rows], order="onset_sec")
    matched = np.sort(performed.notes["onset_sec"][alignment.matches[:, 1]])
    return AddedNotes(np.array(passages, dtype=float).reshape(-1, 2), added["onset_sec"], added["pitch"], matched)


def seconds_around(quarters: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Median seconds a quarter of the steps around each step [m - 1] between knots [m]; quarters rise strictly."""
    pace = np.diff(seconds) / np.diff(quarters)
    around = [pace[max(0, step - STEPS_AROUND) : step + STEPS_AROUND + 1] for step in range(len(pace))]
    return np.array([np.median(steps) for steps in around])


def is_interrupted(added: AddedNotes, quarters: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Whether added notes take time of their own between neighbouring knots [m], bool [m - 1].

    So do passages that the alignment names, and others (a bar played again) of a few chords, wider than a trill, that
    lie where two onsets are much further apart than the tempo around says.
    """
    start, end = seconds[:-1], seconds[1:]
    first, last = added.passages[:, :1], added.passages[:, 1:]
    named: np.ndarray = np.any((start < last) & (end > first), axis=0)
    if len(added.onsets) < FEWEST_CHORDS or len(seconds) < 2:
        return named
    expected = np.diff(quarters) * seconds_around(quarters, seconds)
    slow = end - start - expected > np.maximum(expected, OWN_SECONDS)
    for step in np.flatnonzero(slow & ~named).tolist():
        named[step] = _is_passage(added, start[step] + CHORD_SECONDS, end[step] - CHORD_SECONDS)
    return named


def _is_passage(added: AddedNotes, first: float, last: float) -> bool:
    """Whether mostly added notes were played in a span of seconds: several chords, wider than a trill."""
    within = (added.onsets >= first) & (added.onsets <= last)
    onsets, pitches = added.onsets[within], added.pitches[within]
    if not len(onsets):
        return False
    chords = np.count_nonzero(np.diff(onsets, prepend=-np.inf) > CHORD_SECONDS)
    matched = np.count_nonzero((added.matched >= first) & (added.matched <= last))
    return bool(chords >= FEWEST_CHORDS and np.ptp(pitches) > WIDEST_TRILL and len(onsets) > 2 * matched)


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
