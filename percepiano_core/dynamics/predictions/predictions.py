"""What a dynamics model says about recordings, as the tables of its prediction file (store/dynamics_predictions.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from percepiano_core.corpus.mazurkabl import LEVELS
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.sound.frame_grid import frame_count
from percepiano_core.store.dynamics_predictions import (
    BEAT_COLUMNS,
    EVENT_COLUMNS,
    EVENT_TASKS,
    SCORE_COLUMNS,
    RunPredictions,
    write_run_tables,
)
from percepiano_core.training.run_folder import RunInfo

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class RecordingPrediction:
    """What a model says about a recording; None for a task that it does not do.

    Attributes
    ----------
    example : the recording, its inputs not needed
    levels : class [n] at the n oracle beats, 0 for none
    scores : [n, 5] logarithms of the probabilities of pp to ff, up to a constant a beat
    evidence : [n] log-odds of a change point
    change_points : [n] bool
    events : "beat" and "downbeat" -> seconds, increasing
    """

    example: Example
    levels: np.ndarray | None = None
    scores: np.ndarray | None = None
    evidence: np.ndarray | None = None
    change_points: np.ndarray | None = None
    events: Mapping[str, np.ndarray] | None = None


def run_tables(predictions: Sequence[RecordingPrediction]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Beats and events of what a model says about recordings, in their order."""
    import pandas as pd  # here: a third of a second that whoever only reads settings need not wait

    examples = [each.example for each in predictions]
    beats = [len(each.beat_times) for each in examples]
    columns = {
        "recording": np.repeat([each.name for each in examples], beats),
        "group": np.repeat([each.group for each in examples], beats),
        "frames": np.repeat([frame_count(each.duration) for each in examples], beats),
        "time": np.concatenate([each.beat_times for each in examples]),
        "level": np.concatenate([each.labels.level for each in examples]),
        "change_point": np.concatenate([each.labels.change_point for each in examples]),
        "downbeat": np.concatenate([each.labels.downbeat for each in examples]),
        "predicted_level": _joined([each.levels for each in predictions], beats, -1),
        "evidence": _joined([each.evidence for each in predictions], beats, np.nan),
        "predicted_change_point": _joined([each.change_points for each in predictions], beats, -1),
    }
    none = np.full((1, len(LEVELS)), np.nan)
    scores = np.concatenate(
        [
            np.repeat(none, count, axis=0) if each.scores is None else each.scores
            for each, count in zip(predictions, beats, strict=True)
        ]
    )
    table = pd.DataFrame(columns | dict(zip(SCORE_COLUMNS, scores.T, strict=True)))
    rows = [
        (each.example.name, task, float(time))
        for each in predictions
        for task in EVENT_TASKS
        for time in (each.events or {}).get(task, ())
    ]
    return table[BEAT_COLUMNS], pd.DataFrame(rows, columns=EVENT_COLUMNS)


def write_run(
    folder: Path | str, valid: Sequence[RecordingPrediction], test: Sequence[RecordingPrediction], info: RunInfo
) -> None:
    """Write a run's predictions and its run.json, each whole or not at all; `info` says all but which events there are.

    `info.chosen` is what the validation role chose.
    """
    tasks = tuple(sorted(test[0].events or {}))
    of_valid, of_test = (RunPredictions(*run_tables(role), tasks, info.chosen) for role in (valid, test))
    write_run_tables(folder, of_valid, of_test, info)


def _joined(parts: Sequence[np.ndarray | None], beats: Sequence[int], nothing: float) -> np.ndarray:
    """What is said in a row; `nothing` at the beats of a recording of which nothing is said."""
    said = [np.full(count, nothing) if part is None else part for part, count in zip(parts, beats, strict=True)]
    return np.concatenate(said)
