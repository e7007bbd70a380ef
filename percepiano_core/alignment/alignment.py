"""Which performed note plays which score note, and how well a performance fits its score.

A match names a score note and the performed note that plays it; a score note without one is a deletion, a performed
note without one an insertion. This module needs numpy only: later stages read stored alignments through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

ALIGNED_NOTE_DTYPE = np.dtype(
    [
        ("note_id", "U256"),  # partitura's id; repetitions of a tremolo add "~<number>"
        ("onset_quarter", "f8"),  # from the first barline; negative in a pickup
        ("duration_quarter", "f8"),  # tied notes are one note; 0 for grace notes
        ("onset_beat", "f8"),  # in beats of the time signature
        ("pitch", "i2"),
        ("voice", "i2"),
        ("staff", "i2"),
        ("measure", "i4"),  # 0-based index in the order of playing
        ("is_grace", "?"),
    ]
)

Status = Literal["good", "usable", "reported", "failed"]


@dataclass(frozen=True)
class Thresholds:
    """Lowest quality c of each status (docs/alignment.md, "Method")."""

    good: float = 0.95
    usable: float = 0.90
    reported: float = 0.80  # used, but listed for inspection; below it, aligned features mean nothing

    def status(self, quality: float) -> Status:
        """Status of an alignment of quality c in [0, 1]."""
        if quality >= self.good:
            return "good"
        if quality >= self.usable:
            return "usable"
        return "reported" if quality >= self.reported else "failed"


@dataclass(frozen=True, eq=False)
class Alignment:
    """A one-to-one matching of score notes and performed notes.

    Attributes
    ----------
    score_notes : structured array of ALIGNED_NOTE_DTYPE [s], by onset and pitch; tremolos expanded, unisons merged
    performed_kept : bool [p] over `PerformedMidi.notes`; False for the second stroke of a doubled note
    matches : int [m, 2], rows of `score_notes` and rows of `PerformedMidi.notes`, sorted; each row at most once
    thresholds : what its verdict is given by
    """

    score_notes: np.ndarray
    performed_kept: np.ndarray
    matches: np.ndarray
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def deletions(self) -> np.ndarray:
        """Rows of the score notes that nobody played, int [s - m]."""
        return np.setdiff1d(np.arange(len(self.score_notes)), self.matches[:, 0])

    @property
    def insertions(self) -> np.ndarray:
        """Rows of the performed notes that the score does not have, doubled strokes included, int [p - m]."""
        return np.setdiff1d(np.arange(len(self.performed_kept)), self.matches[:, 1])

    @property
    def score_coverage(self) -> float:
        """Share of score notes that were played, in [0, 1]; 0 for a score that could not be read."""
        return len(self.matches) / max(len(self.score_notes), 1)

    @property
    def performance_coverage(self) -> float:
        """Share of performed notes (doubles counted once) that the score has, in [0, 1]."""
        return len(self.matches) / int(self.performed_kept.sum())

    @property
    def c(self) -> float:
        """Quality in [0, 1]: 2 matches / (score notes + performed notes), the Dice coefficient of the two sides."""
        return 2 * len(self.matches) / (len(self.score_notes) + int(self.performed_kept.sum()))

    @property
    def status(self) -> Status:
        """Verdict on the quality c."""
        return self.thresholds.status(self.c)
