"""The part of a score that was played: an alignment without the bars that were left out.

Bars that a player skips, or that an excerpt does not reach, say nothing about the playing, and the jump over them is no
tempo. What describes a performance is made of the played part.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from percepiano_core.alignment.alignment import Alignment


def bars_left_out(alignment: Alignment) -> tuple[int, ...]:
    """Places in the order of bars of which every note was left out; bars without notes go with those before them."""
    left_out = alignment.left_out
    if not left_out.any():
        return ()
    bars = alignment.score_notes["measure"]
    played = np.zeros(max(len(alignment.order), int(bars.max()) + 1), dtype=bool)
    played[bars[~left_out]] = True
    empty = np.setdiff1d(np.arange(len(played)), bars)
    for place in empty.tolist():
        played[place] = played[place - 1] if place else True
    return tuple(np.flatnonzero(~played).tolist())


def played_part(alignment: Alignment) -> Alignment:
    """The alignment without the notes left out; what follows a passage left out begins where that began."""
    left_out = alignment.left_out
    if not left_out.any():
        return alignment
    notes = alignment.score_notes.copy()
    for field in ("onset_quarter", "onset_beat"):
        notes[field] -= _time_left_out(alignment.score_notes[field], left_out)
    kept = np.flatnonzero(~left_out)
    row_of = np.cumsum(~left_out) - 1
    return replace(
        alignment,
        score_notes=notes[kept],
        matches=_renumbered(alignment.matches, row_of),
        ornament_notes=_renumbered(alignment.ornament_notes, row_of),
        excursions=tuple(each for each in alignment.excursions if each.kind not in ("skipped", "doubled")),
    )


def _time_left_out(onsets: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """How much of the score's time was left out before each note [s]; notes by onset."""
    steps = np.diff(onsets, append=onsets[-1:])
    return np.concatenate([[0.0], np.cumsum(np.where(left_out, steps, 0.0))[:-1]])


def _renumbered(pairs: np.ndarray, row_of: np.ndarray) -> np.ndarray:
    return np.stack([row_of[pairs[:, 0]], pairs[:, 1]], axis=1).astype(np.int64)
