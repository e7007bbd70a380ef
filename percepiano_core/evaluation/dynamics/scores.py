"""Scores of a run from its prediction files, as sums over pieces, so that pieces can be drawn again for intervals.

`honest` scores each recording by itself, as `scoring.honest_scores` does from logits. `paper` strings the recordings
together, padded to the longest with evidence of 0, which counts as a change point, and forgives beats 80 ms, as
`scoring.paper_scores` does. Beats of unknown level are scored in neither. Source: spec dynamics.md, sections 0 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from percepiano_core.metrics.levels_and_beats import (
    CLASSES,
    EVALUATION_THRESHOLD,
    Counts,
    change_point_counts,
    event_counts,
    published_event_counts,
    trimmed,
)
from percepiano_core.sound.frame_grid import event_frames, nearest
from percepiano_core.store.dynamics_predictions import EVENT_TASKS, RunPredictions

LEVELS = len(CLASSES)
SCORES = {  # score -> what is summed for it
    **{"dynamic_weighted": "confusion", "dynamic_macro": "confusion"},
    **{"change_point": "change_point", "change_point_after_beat_1": "change_point_after_beat_1"},
    **{task: f"{task}_f1" for task in EVENT_TASKS},
    **{f"{task}_trimmed": f"{task}_trimmed_f1" for task in EVENT_TASKS},
    **{f"{task}_pooled": task for task in EVENT_TASKS},
    **{"paper_dynamic": "paper_confusion", "paper_change_point": "paper_change_point"},
    **{f"paper_{task}": f"paper_{task}" for task in EVENT_TASKS},
}


@dataclass(frozen=True, slots=True, eq=False)
class PieceSums:
    """Sums over the recordings of each of P pieces: `sums` name -> [P, ...]; a task not done is not there."""

    pieces: tuple[str, ...]
    sums: dict[str, np.ndarray]


def piece_sums(run: RunPredictions) -> PieceSums:
    """What the scores of a run are made of, piece by piece in order of name."""
    longest = int(run.beats["frames"].max())
    events = {
        (name, task): table["time"].to_numpy() for (name, task), table in run.events.groupby(["recording", "task"])
    }
    tasks = run.run["events"]
    rows: dict[str, list[dict[str, np.ndarray]]] = {}
    previous: _Tail | None = None
    for name, table in run.beats.groupby("recording", sort=False):
        found = {task: events.get((str(name), task), np.empty(0)) for task in EVENT_TASKS if task in tasks}
        recording = _Recording(table, found, longest, previous)
        previous = recording.tail
        rows.setdefault(str(table["group"].iloc[0]), []).append(dict(recording.sums()))
    pieces = tuple(sorted(rows))
    names = rows[pieces[0]][0]
    return PieceSums(
        pieces,
        {name: np.stack([np.sum([row[name] for row in rows[piece]], axis=0) for piece in pieces]) for name in names},
    )


def scores(piece_sums: PieceSums, weights: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Scores [B], 0 to 1, with each piece counted `weights` [B, P] times (default: once)."""
    if weights is None:
        weights = np.ones((1, len(piece_sums.pieces)))
    drawn = {name: np.tensordot(weights, values, axes=1) for name, values in piece_sums.sums.items()}
    return {name: _score(name, drawn[part]) for name, part in SCORES.items() if part in drawn}


def _score(name: str, sums: np.ndarray) -> np.ndarray:
    if "dynamic" in name:
        return _level_f1(sums, macro=name.endswith("macro"))
    if SCORES[name].endswith("_f1"):
        return sums[:, 0] / np.maximum(sums[:, 1], 1)
    hits, false, missed = sums.T
    return 2 * hits / np.maximum(2 * hits + false + missed, 1)


def _level_f1(confusion: np.ndarray, macro: bool) -> np.ndarray:
    """F1 [B] over five classes from confusion [B, true 5, predicted 6], the last for no class."""
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    support = confusion.sum(axis=2)
    total = support + confusion[:, :, :LEVELS].sum(axis=1)
    f1 = 2 * hits / np.maximum(total, 1)
    return f1.mean(axis=1) if macro else (f1 * support).sum(axis=1) / np.maximum(support.sum(axis=1), 1)


@dataclass(frozen=True, slots=True)
class _Tail:
    """The end of a recording in the row of all: frames from its last beat to the row's next recording."""

    after_last_beat: int
    padded: int


class _Recording:
    """Sums of one recording."""

    def __init__(
        self, table: pd.DataFrame, events: dict[str, np.ndarray], longest: int, previous: _Tail | None
    ) -> None:
        columns = {name: table[name].to_numpy() for name in table}
        self.times = columns["time"]
        self.level, self.said = columns["level"], columns["predicted_level"]
        self.downbeat = columns["downbeat"].astype(bool)
        self.change, self.flag = columns["change_point"].astype(bool), columns["predicted_change_point"]
        self.evidence = columns["evidence"]
        self.events, self.previous = events, previous
        self.frames = event_frames(self.times)
        self.tail = _Tail(longest - 1 - int(self.frames[-1]), longest - int(columns["frames"][0]))

    def sums(self) -> Iterator[tuple[str, np.ndarray]]:
        """Name -> what is summed."""
        known = self.level > 0
        last = np.append(self.frames[1:] != self.frames[:-1], True)  # of beats in one frame, the one that counts
        if (self.said >= 0).all():
            yield "confusion", _confusion(self.level[known], self.said[known])
            yield "paper_confusion", _confusion(self.level[known & last], self.said[known & last])
        if (self.flag >= 0).all():
            yield from self._change_points(known)
        for task, found in self.events.items():
            yield from self._events(task, found)

    def _change_points(self, known: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Beats in one frame are one, which a network cannot tell apart."""
        _, first = np.unique(self.frames, return_index=True)
        scored = np.logical_or.reduceat(known, first)
        true = np.logical_or.reduceat(self.change, first)
        flag = np.maximum.reduceat(self.flag, first) > 0
        whole = change_point_counts(true[scored], flag[scored])
        yield "change_point", _counts(whole)
        begins = scored.copy()
        begins[0] = False
        yield "change_point_after_beat_1", _counts(change_point_counts(true[begins], flag[begins]))
        if np.isfinite(self.evidence).any():
            padded = np.maximum.reduceat(self.evidence, first) >= EVALUATION_THRESHOLD
            padded |= self._reached_by_padding(self.frames[first])
            yield "paper_change_point", _counts(change_point_counts(true[scored], padded[scored]))

    def _reached_by_padding(self, frames: np.ndarray) -> np.ndarray:
        """Beats to which a padded frame, of this recording or of the one before it in the row, is the nearest."""
        reached = np.zeros(len(frames), dtype=bool)
        reached[-1] = self.tail.padded > 0
        if self.previous is not None and self.previous.padded > 0:
            edges = np.array([-1 - self.previous.after_last_beat, frames[0]])
            reached[0] |= nearest(np.array([-1]), edges)[0] == 1
        return reached

    def _events(self, task: str, found: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        true = self.times if task == "beat" else self.times[self.downbeat]
        counts = event_counts(true, found)
        yield task, _counts(counts)
        yield f"{task}_f1", np.array([counts.f1, 1.0])
        yield f"{task}_trimmed_f1", np.array([event_counts(trimmed(true), trimmed(found)).f1, 1.0])
        yield f"paper_{task}", _counts(published_event_counts(true, found))


def _confusion(true: np.ndarray, said: np.ndarray) -> np.ndarray:
    """[true 5, predicted 6] counts; "no class" is the last column."""
    column = np.where(said > 0, said - 1, LEVELS)
    return np.bincount((true - 1) * (LEVELS + 1) + column, minlength=LEVELS * (LEVELS + 1)).reshape(LEVELS, LEVELS + 1)


def _counts(counts: Counts) -> np.ndarray:
    return np.array([counts.hits, counts.false, counts.missed])
