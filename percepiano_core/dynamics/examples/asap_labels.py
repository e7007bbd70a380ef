"""Beat labels of an ASAP performance: the level marks of its score, when they are played, at the annotated beats.

A mark takes effect when the first note at or after it sounds, in every repeat. Beats before the first mark have no
label (blank): the score says nothing there. See docs/dynamics_data.md, "ASAP".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from percepiano_core.corpus.asap import NoteLine
from percepiano_core.corpus.asap_dynamics import LEVEL_OF_MARK, BeatAnnotations, MarkedScore
from percepiano_core.dynamics.examples.labels import BeatLabels
from percepiano_core.metrics.levels_and_beats import BLANK, CLASSES

REACH_QUARTERS = 4.0  # a mark belongs to a note at most so far behind it
BEAT_TOLERANCE = 0.05  # s by which a note may follow the annotated beat it is on


def asap_labels(score: MarkedScore, lines: Iterable[NoteLine], beats: BeatAnnotations) -> BeatLabels:
    """Labels of a performance's annotated beats from its score and note alignment.

    `level` is blank before the first mark; a beat after a blank one is no change point.
    """
    times, levels = mark_times(score, lines)
    last = np.searchsorted(times, beats.times + BEAT_TOLERANCE, side="right") - 1
    level = np.where(last >= 0, np.append(levels, BLANK)[last], BLANK)
    before = np.concatenate([[BLANK], level[:-1]])
    return BeatLabels(level, (level != before) & (before != BLANK), beats.downbeat, beats.downbeat)


def mark_times(score: MarkedScore, lines: Iterable[NoteLine]) -> tuple[np.ndarray, np.ndarray]:
    """When each mark is played (seconds, increasing) and its class, once for each time the passage is played.

    Of marks at one time the loudest comes last, and so counts.
    """
    events = []
    for quarters, onsets in _passes(score, lines):
        for mark in score.marks:
            at = np.searchsorted(quarters, mark.quarter, side="left")
            if at < len(quarters) and quarters[at] - mark.quarter <= REACH_QUARTERS:
                events.append((onsets[at], CLASSES[LEVEL_OF_MARK[mark.mark]]))
    table = np.array(sorted(events), dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1].astype(np.int64)


def _passes(score: MarkedScore, lines: Iterable[NoteLine]) -> list[tuple[np.ndarray, np.ndarray]]:
    """For the first, second ... time that passages are played: written quarters and when they sound (first note)."""
    onsets: dict[str, dict[float, float]] = defaultdict(dict)
    for line in lines:
        note, _, number = line.score_id.rpartition("-")
        if note in score.notes and np.isfinite(line.onset_sec):
            at = onsets[number]
            quarter = score.notes[note]
            at[quarter] = min(at.get(quarter, np.inf), line.onset_sec)
    tables = [np.array(sorted(at.items())).T for at in onsets.values()]
    return [(table[0], table[1]) for table in tables]
