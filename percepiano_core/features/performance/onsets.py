"""When each score onset was played: one time a score onset, from the matched notes of its chord.

Conventions: score positions in divisions (ticks), times in seconds. See docs/performance_features.md,
"Timed onsets". The published rule decides note by note, so that one late note can make all that follow look too early,
and leaves the last chord out; `onset_times` keeps the largest set of notes that contradict nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CHORD_SPREAD = 0.2  # s; a note further from its chord's mean onset does not count for it
ARPEGGIO_SPREAD = 1.0  # s; the same where a note of the chord is arpeggiated
FASTEST_TEMPO = 600.0  # quarters a minute; a faster passage is taken for a wrong match
ONSET_GAP = 0.01  # s; added to the shortest plausible interval between two onsets


@dataclass(frozen=True)
class OnsetTimes:
    """Score onsets with a time, both ascending.

    Attributes
    ----------
    div : score position in divisions [m]
    sec : mean onset of the chord's matched notes, outliers left out [m]
    mismatched : rows of the score notes whose time contradicts their chord or other onsets
    """

    div: np.ndarray
    sec: np.ndarray
    mismatched: np.ndarray


def onset_times(notes: np.ndarray, onset_sec: np.ndarray, divisions: int) -> OnsetTimes:
    """Times of the score onsets: of all chords in an order that can be played, those with the most notes.

    notes : score notes [n] (SCORE_NOTE_DTYPE); onset_sec : performed onset of each, NaN where unmatched
    """
    rows = _timed_rows(notes, onset_sec)
    chords = np.split(rows, np.flatnonzero(np.diff(notes["onset_div"][rows])) + 1) if len(rows) else []
    div = np.array([notes["onset_div"][chord[0]] for chord in chords])
    sec = np.array([_chord_time(notes, onset_sec, chord)[1] for chord in chords])
    kept = _heaviest_chain(sec - _shortest_interval(div, divisions), np.array([len(chord) for chord in chords]))
    mismatched = [
        chord if not keep else chord[np.abs(onset_sec[chord] - time) > ARPEGGIO_SPREAD]
        for chord, time, keep in zip(chords, sec, kept, strict=True)
    ]
    return OnsetTimes(div[kept], sec[kept], np.concatenate([rows[:0], *mismatched]))


def published_onset_times(notes: np.ndarray, onset_sec: np.ndarray, divisions: int) -> OnsetTimes:
    """Times of the score onsets but the last, by the published rule; arguments as in `onset_times`."""
    rows = _timed_rows(notes, onset_sec)
    chords, rejected = _published_chords(notes["onset_div"][rows].tolist(), onset_sec[rows].tolist(), divisions)
    accepted: list[tuple[float, float]] = []
    for chord in (rows[members] for members in chords[:-1]):
        counts, mean = _chord_time(notes, onset_sec, chord)
        onset = float(notes["onset_div"][chord[0]])
        if not accepted or mean > accepted[-1][1] + _shortest_interval(onset - accepted[-1][0], divisions) + ONSET_GAP:
            accepted.append((onset, mean))
            chord = chord[~counts]
        rejected += np.searchsorted(rows, chord).tolist()
    table = np.array(accepted).reshape(-1, 2)
    return OnsetTimes(table[:, 0], table[:, 1], rows[np.unique(np.array(rejected, dtype="i8"))])


def _timed_rows(notes: np.ndarray, onset_sec: np.ndarray) -> np.ndarray:
    """Rows of the matched notes that are not grace notes."""
    return np.flatnonzero(~np.isnan(onset_sec) & ~notes["is_grace"])


def _shortest_interval(gap_div: float | np.ndarray, divisions: int) -> float | np.ndarray:
    """Seconds that a score interval takes at the fastest plausible tempo."""
    return gap_div / divisions / FASTEST_TEMPO * 60


def _heaviest_chain(slack_sec: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Which onsets belong to the heaviest subsequence that rises by more than ONSET_GAP at each step, bool [m]."""
    if (np.diff(slack_sec) > ONSET_GAP).all():
        return np.ones(len(slack_sec), dtype=bool)
    total, previous = weight.astype("f8"), np.full(len(weight), -1)
    for i in range(1, len(weight)):
        reachable = np.flatnonzero(slack_sec[:i] < slack_sec[i] - ONSET_GAP)
        if len(reachable):
            previous[i] = reachable[total[reachable].argmax()]
            total[i] += total[previous[i]]
    kept, last = np.zeros(len(weight), dtype=bool), int(total.argmax())
    while last >= 0:
        kept[last], last = True, int(previous[last])
    return kept


def _published_chords(div: Sequence[float], sec: Sequence[float], divisions: int) -> tuple[list[list[int]], list[int]]:
    """Notes grouped by score onset; and those that come too early after a chord, with the first note of that chord."""
    chords: list[list[int]] = []
    rejected: list[int] = []
    for i, onset in enumerate(div):
        first = chords[-1][0] if chords else None
        if first is None:
            chords.append([i])
        elif onset == div[first]:
            chords[-1].append(i)
        elif sec[i] > sec[first] + _shortest_interval(onset - div[first], divisions) + ONSET_GAP:
            chords.append([i])
        else:
            rejected += [first, i]
    return chords, rejected


def _chord_time(notes: np.ndarray, onset_sec: np.ndarray, chord: np.ndarray) -> tuple[np.ndarray, float]:
    """Which notes of a chord [c] count, and their mean onset; two that disagree both go, and their mean stays."""
    sec = onset_sec[chord]
    spread = ARPEGGIO_SPREAD if notes["is_arpeggiated"][chord].any() else CHORD_SPREAD
    counts = np.ones(len(sec), dtype=bool)
    while True:
        mean = float(sec[counts].mean())
        deviation = np.where(counts, np.abs(sec - mean), -1.0)
        if deviation.max() <= spread:
            return counts, mean
        if counts.sum() == 2:
            return np.zeros_like(counts), mean
        counts[deviation.argmax()] = False
