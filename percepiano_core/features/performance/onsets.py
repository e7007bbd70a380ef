"""When each score onset was played: one time a score onset, from the matched notes of its chord.

Conventions: score positions in divisions (ticks), times in seconds. Source: percepiano-features.md, section 4, "Valid
positions".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHORD_SPREAD = 0.2  # s; a note further from its chord's mean onset is left out
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
    mismatched : rows of the score notes whose time contradicts their chord or their neighbours
    """

    div: np.ndarray
    sec: np.ndarray
    mismatched: np.ndarray


def onset_times(
    notes: np.ndarray, onset_sec: np.ndarray, divisions: int, *, times_last_onset: bool, rejects_both: bool
) -> OnsetTimes:
    """Times of the score onsets.

    notes : score notes [n] (SCORE_NOTE_DTYPE); onset_sec : performed onset of each, NaN where unmatched
    times_last_onset : the published code leaves the last chord out
    rejects_both : where a note contradicts the chord before it, the published code rejects that chord's first note too
    """
    rows = np.flatnonzero(~np.isnan(onset_sec) & ~notes["is_grace"])
    div, sec = notes["onset_div"][rows].tolist(), onset_sec[rows].tolist()
    chords, rejected = _chords(div, sec, divisions, rejects_both)
    accepted: list[tuple[float, float]] = []
    for chord in chords if times_last_onset else chords[:-1]:
        times = np.array([sec[i] for i in chord])
        kept, mean = _without_outliers(times, bool(notes["is_arpeggiated"][rows[chord]].any()))
        onset = div[chord[0]]
        if not accepted or mean > accepted[-1][1] + _shortest_interval(onset - accepted[-1][0], divisions):
            accepted.append((onset, mean))
            rejected += [i for i, keep in zip(chord, kept, strict=True) if not keep]
        else:
            rejected += chord
    table = np.array(accepted).reshape(-1, 2)
    return OnsetTimes(table[:, 0], table[:, 1], rows[np.unique(np.array(rejected, dtype="i8"))])


def _shortest_interval(gap_div: float, divisions: int) -> float:
    """Shortest plausible time of a score interval, seconds."""
    return gap_div / divisions / FASTEST_TEMPO * 60 + ONSET_GAP


def _chords(
    div: list[float], sec: list[float], divisions: int, rejects_both: bool
) -> tuple[list[list[int]], list[int]]:
    """Notes grouped by score onset, and the notes that come too early after the chord before them."""
    chords: list[list[int]] = []
    rejected: list[int] = []
    for i, onset in enumerate(div):
        if not chords:
            chords.append([i])
            continue
        first = chords[-1][0]
        if onset == div[first]:
            chords[-1].append(i)
        elif sec[i] > sec[first] + _shortest_interval(onset - div[first], divisions):
            chords.append([i])
        else:
            rejected += [first, i] if rejects_both else [i]
    return chords, rejected


def _without_outliers(sec: np.ndarray, arpeggiated: bool) -> tuple[np.ndarray, float]:
    """Which notes of a chord [c] count, and their mean onset; two that disagree both go, and their mean stays."""
    kept = np.ones(len(sec), dtype=bool)
    spread = ARPEGGIO_SPREAD if arpeggiated else CHORD_SPREAD
    while True:
        mean = float(sec[kept].mean())
        deviation = np.where(kept, np.abs(sec - mean), -1.0)
        if deviation.max() <= spread:
            return kept, mean
        if kept.sum() == 2:
            return np.zeros_like(kept), mean
        kept[deviation.argmax()] = False
