"""The matched notes of a performance, and the course of its tempo: what all aligned descriptors are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.alignment.tempo_map import TempoMap, tempo_map
from percepiano_core.corpus.midi import PerformedMidi

SHORTEST_SEC = 0.005  # floor of durations and of gaps, so that logarithms stay finite
TOLERANCE = 1e-3  # quarters or beats: a position this near to a whole one is on it


@dataclass(frozen=True, eq=False)
class MatchedNotes:
    """Matched notes, sorted by (score onset, score pitch); grace notes left out.

    Attributes
    ----------
    score_onset, score_duration : quarters [m]
    score_beat : beats of the time signature [m]
    pitch, voice : of the score note [m]
    onset, offset, velocity : of the performed note, seconds and MIDI velocity [m]
    group : index of the score onset [m]
    first, last : rows [k] of the lowest and of the highest note at each score onset
    tempo : the time map with knots at the k score onsets
    seconds_per_quarter : mean over the performance, from its first to its last score onset
    """

    score_onset: np.ndarray
    score_duration: np.ndarray
    score_beat: np.ndarray
    pitch: np.ndarray
    voice: np.ndarray
    onset: np.ndarray
    offset: np.ndarray
    velocity: np.ndarray
    group: np.ndarray
    first: np.ndarray
    last: np.ndarray
    tempo: TempoMap
    seconds_per_quarter: float

    @property
    def group_sizes(self) -> np.ndarray:
        """Notes at each score onset [k]."""
        return self.last - self.first + 1

    def group_mean(self, values: np.ndarray) -> np.ndarray:
        """Mean [k] of note values [m] at each score onset."""
        return np.bincount(self.group, weights=values) / self.group_sizes


def matched_notes(score_notes: np.ndarray, performed: PerformedMidi, matches: np.ndarray) -> MatchedNotes:
    """Matched notes of a performance.

    Parameters
    ----------
    score_notes : ALIGNED_NOTE_DTYPE [s]
    matches : int [m, 2], rows of both, with at least two different score onsets besides grace notes
    """
    rows = matches[~score_notes["is_grace"][matches[:, 0]]]
    score = score_notes[rows[:, 0]]
    order = np.lexsort((score["pitch"], score["onset_quarter"]))
    score, played = score[order], performed.notes[rows[order, 1]]
    onsets, first, group, sizes = np.unique(
        score["onset_quarter"], return_index=True, return_inverse=True, return_counts=True
    )
    tempo = tempo_map(score_notes, performed, matches)
    elapsed = tempo.performed_onsets[-1] - tempo.performed_onsets[0]
    return MatchedNotes(
        score_onset=score["onset_quarter"],
        score_duration=score["duration_quarter"],
        score_beat=score["onset_beat"],
        pitch=score["pitch"].astype(float),
        voice=score["voice"],
        onset=played["onset_sec"],
        offset=played["offset_sec"],
        velocity=played["velocity"].astype(float),
        group=group,
        first=first,
        last=first + sizes - 1,
        tempo=tempo,
        seconds_per_quarter=float(max(elapsed, SHORTEST_SEC) / (onsets[-1] - onsets[0])),
    )


def whole_quarters(matched: MatchedNotes) -> np.ndarray:
    """Whole quarters [n] from the first to the last score onset, both inside."""
    start, end = matched.tempo.score_onsets[[0, -1]]
    return np.arange(np.ceil(start - TOLERANCE), np.floor(end + TOLERANCE) + 1)


def relative_tempo(matched: MatchedNotes) -> np.ndarray:
    """ln(seconds of a whole quarter / mean seconds a quarter) [n - 1], from whole quarter to whole quarter."""
    seconds = np.diff(matched.tempo(whole_quarters(matched)))
    return np.log(np.maximum(seconds, SHORTEST_SEC) / matched.seconds_per_quarter)
