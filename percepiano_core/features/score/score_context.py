"""What a score feature may look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.features.score.directions_at_notes import NoteDirections
from percepiano_core.features.score.score_tempo import ScoreTempo
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.events import ParsedScore, ScoreNote, TimeSignature


@dataclass(frozen=True)
class ScoreContext:
    """A score with its notes in final order; all sequences over notes have length n.

    Attributes
    ----------
    notes : pitched notes by (onset, grace order, -pitch)
    onsets, durations : ticks [n]
    measure_indices : 0-based bar of each note [n]
    beat_fractions : position of each note in its bar, as a fraction of the bar [n]
    directions, time_signatures : what is in force at each note
    """

    notes: list[ScoreNote]
    score: ParsedScore
    tempo: ScoreTempo
    composer: str
    corrections: Corrections
    onsets: np.ndarray
    durations: np.ndarray
    measure_indices: np.ndarray
    measure_lengths: np.ndarray
    beat_fractions: np.ndarray
    directions: list[NoteDirections]
    time_signatures: list[TimeSignature]
