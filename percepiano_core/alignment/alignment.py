"""Which performed note plays which score note, and how well a performance fits its score.

A match names a score note and the performed note that plays it; a score note without one is a deletion, a performed
note without one an insertion. This module needs numpy only: later stages read stored alignments through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

FEWEST_MATCHES = 24  # notes of a part that cannot fit by chance
LOWEST_SHARE = 0.5  # of the performed notes that must match, if only a part of the score was played

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


ExcursionKind = Literal["skipped", "doubled", "before", "extra", "after"]


@dataclass(frozen=True, slots=True)
class Excursion:
    """A passage in which the performance does not go on as the score and its repeat signs say.

    Attributes
    ----------
    kind : "skipped" (score notes that were left out in one go), "doubled" (bars played again), or notes that the score
        does not have: "before" its first bar, "after" the last, or "extra" in between
    first_bar, last_bar : printed numbers of the bars concerned; of the bar behind which extra notes stand
    score_rows : (first, stop) rows of `score_notes`; empty for notes that the score does not have
    performed_rows : (first, stop) rows of the performed notes; empty for skipped bars
    seconds : (first, last) onset of the performed notes; where bars were skipped, the onset of the next note, twice
    """

    kind: ExcursionKind
    first_bar: str
    last_bar: str
    score_rows: tuple[int, int]
    performed_rows: tuple[int, int]
    seconds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class RepeatTaken:
    """How often a repeat, da capo, dal segno or jump to the coda was obeyed.

    Attributes
    ----------
    sign : "repeat", "da capo", "dal segno" or "coda"
    bar, target_bar : printed numbers of the bar at whose end the sign stands and of the bar that it leads to
    taken, notated : times, as played and as written
    """

    sign: str
    bar: str
    target_bar: str
    taken: int
    notated: int


def _no_pairs() -> np.ndarray:
    return np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Alignment:
    """A one-to-one matching of score notes and performed notes.

    Attributes
    ----------
    score_notes : structured array of ALIGNED_NOTE_DTYPE [s], by onset and pitch, in the order of playing; tremolos
        expanded, unisons merged; bars that were left out are among them, optional notes only where they were played
    performed_kept : bool [p] over `PerformedMidi.notes`; False for the second stroke of a doubled note
    matches : int [m, 2], rows of `score_notes` and rows of `PerformedMidi.notes`, sorted; each row at most once
    thresholds : what its verdict is given by
    ornament_notes : int [o, 2], rows of ornamented score notes and of the performed notes that belong to their ornament
        besides the match, sorted; a performed row at most once
    order : written bars (indices) in the order of playing; () where the score was taken as it is written
    excursions : passages skipped, doubled or added, by score and performed rows
    repeats : each repeat sign of the score, how often it was obeyed
    transposition : semitones by which the performance sounds above the score
    """

    score_notes: np.ndarray
    performed_kept: np.ndarray
    matches: np.ndarray
    thresholds: Thresholds = field(default_factory=Thresholds)
    ornament_notes: np.ndarray = field(default_factory=_no_pairs)
    order: tuple[int, ...] = ()
    excursions: tuple[Excursion, ...] = ()
    repeats: tuple[RepeatTaken, ...] = ()
    transposition: int = 0

    @property
    def deletions(self) -> np.ndarray:
        """Rows of the score notes that nobody played, int [s - m]."""
        return np.setdiff1d(np.arange(len(self.score_notes)), self.matches[:, 0])

    @property
    def insertions(self) -> np.ndarray:
        """Rows of the performed notes that the score does not have, doubled strokes included, int [p - m - o]."""
        known = np.concatenate([self.matches[:, 1], self.ornament_notes[:, 1]])
        return np.setdiff1d(np.arange(len(self.performed_kept)), known)

    @property
    def left_out(self) -> np.ndarray:
        """Whether a score note lies in a passage that was skipped, bool [s]."""
        mask = np.zeros(len(self.score_notes), dtype=bool)
        for excursion in self.excursions:
            if excursion.kind == "skipped":
                mask[slice(*excursion.score_rows)] = True
        mask[self.matches[:, 0]] = False
        return mask

    @property
    def outside(self) -> np.ndarray:
        """Whether a performed note lies in a passage that the score does not have, bool [p]."""
        mask = np.zeros(len(self.performed_kept), dtype=bool)
        for excursion in self.excursions:
            if excursion.kind in ("before", "extra", "after"):
                mask[slice(*excursion.performed_rows)] = True
        mask[self.matches[:, 1]] = False
        return mask

    @property
    def score_coverage(self) -> float:
        """Share of score notes that were played, in [0, 1]; 0 for a score that could not be read."""
        return len(self.matches) / max(len(self.score_notes), 1)

    @property
    def performance_coverage(self) -> float:
        """Share of performed notes (doubles counted once, ornaments' notes not) that the score has, in [0, 1]."""
        return len(self.matches) / max(self._performed() - len(self.ornament_notes), 1)

    @property
    def c(self) -> float:
        """Quality of what was played, in [0, 1]: 2 matches / (score notes + performed notes), the Dice coefficient.

        Skipped passages, passages that the score does not have and the notes of ornaments do not count.
        """
        outside = int((self.outside & self.performed_kept).sum())
        score, performed = len(self.score_notes) - int(self.left_out.sum()), self._performed() - outside
        return 2 * len(self.matches) / max(score + performed - len(self.ornament_notes), 1)

    @property
    def enough(self) -> bool:
        """Whether so many notes match that it cannot be by chance."""
        played = len(self.score_notes) - int(self.left_out.sum())
        whole = 2 * played >= len(self.score_notes) and not self.transposition
        return whole or len(self.matches) >= max(FEWEST_MATCHES, LOWEST_SHARE * self._performed())

    @property
    def status(self) -> Status:
        """Verdict on the quality c; a part of the score that is too short to be told from chance has failed."""
        return self.thresholds.status(self.c) if self.enough else "failed"

    def _performed(self) -> int:
        return int(self.performed_kept.sum())
