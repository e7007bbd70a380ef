"""Scores of a run from its prediction files, as sums over pieces, so that pieces can be drawn again for intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from percepiano_core.metrics.recording_scores import JudgedRecording, Score, scores_of_sums, sums_of, totals
from percepiano_core.store.dynamics_predictions import EVENT_TASKS, RunPredictions


@dataclass(frozen=True, slots=True, eq=False)
class PieceSums:
    """Sums over the recordings of each of P pieces: `sums` name -> [P, ...]; a task not done is not there."""

    pieces: tuple[str, ...]
    sums: dict[str, np.ndarray]


def piece_sums(run: RunPredictions) -> PieceSums:
    """What the scores of a run are made of, piece by piece in order of name."""
    tables = list(run.beats.groupby("recording", sort=False))
    events = {key: table["time"].to_numpy() for key, table in run.events.groupby(["recording", "task"])}
    found = [{task: events.get((name, task), np.empty(0)) for task in _tasks(run)} for name, _ in tables]
    judged = [_judged(table, times) for (_, table), times in zip(tables, found, strict=True)]
    rows: dict[str, list[dict[str, np.ndarray]]] = {}
    for (_, table), sums in zip(tables, sums_of(judged), strict=True):
        rows.setdefault(str(table["group"].iloc[0]), []).append(sums)
    pieces = tuple(sorted(rows))
    by_piece = [totals(rows[piece]) for piece in pieces]
    return PieceSums(pieces, {name: np.stack([each[name] for each in by_piece]) for name in by_piece[0]})


def scores(piece_sums: PieceSums, weights: np.ndarray | None = None) -> dict[Score, np.ndarray]:
    """Scores [B], 0 to 1, with each piece counted `weights` [B, P] times (default: once)."""
    if weights is None:
        weights = np.ones((1, len(piece_sums.pieces)))
    return scores_of_sums({name: np.tensordot(weights, sums, axes=1) for name, sums in piece_sums.sums.items()})


def _tasks(run: RunPredictions) -> list[str]:
    return [task for task in EVENT_TASKS if task in run.tasks]


def _judged(table: pd.DataFrame, events: dict[str, np.ndarray]) -> JudgedRecording:
    """A recording from its rows; a column of -1 or NaN alone is a task that the model does not do."""
    column = {name: table[name].to_numpy() for name in table}
    levels, flags = column["predicted_level"], column["predicted_change_point"]
    return JudgedRecording(
        times=column["time"],
        level=column["level"],
        downbeat=column["downbeat"].astype(bool),
        change_point=column["change_point"].astype(bool),
        frames=int(column["frames"][0]),
        predicted_level=levels if (levels >= 0).all() else None,
        evidence=column["evidence"] if np.isfinite(column["evidence"]).any() else None,
        predicted_change_point=flags > 0 if (flags >= 0).all() else None,
        events=events,
    )
