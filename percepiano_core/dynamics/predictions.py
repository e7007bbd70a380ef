"""The prediction files that every dynamics model hands over, and from which alone tables are made.

A run's folder holds `beats.csv.gz`, a row a true beat of the valid and test roles, `events.csv.gz`, a row a predicted
beat or downbeat, and `run.json` (what made them). A model that does not do a task leaves its columns empty. Equal
predictions give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from percepiano_core.corpus.mazurkabl import LEVELS
from percepiano_core.dynamics.examples import Example
from percepiano_core.dynamics.frame_grid import frame_count
from percepiano_core.errors import UserError
from percepiano_core.files import replacing, write_text

SCORE_COLUMNS = [f"score_{level}" for level in LEVELS]
BEAT_COLUMNS = [
    *("role", "recording", "group", "frames", "time", "level", "change_point", "downbeat"),  # what is true
    *("predicted_level", *SCORE_COLUMNS, "evidence", "predicted_change_point"),  # what the model says
]
EVENT_COLUMNS = ["role", "recording", "task", "time"]
ROLES = ("valid", "test")
BEATS_FILE, EVENTS_FILE, RUN_FILE = "beats.csv.gz", "events.csv.gz", "run.json"
EVENT_TASKS = ("beat", "downbeat")
RERUN = "run the model that wrote it again"


@dataclass(frozen=True, slots=True, eq=False)
class RecordingPrediction:
    """What a model says about a recording; None for a task that it does not do.

    Attributes
    ----------
    example : the recording, its inputs not needed
    levels : class [n] at the n true beats, 0 for none
    scores : [n, 5] logarithms of the probabilities of pp to ff, up to a constant a beat
    evidence : [n] log odds of a change point
    change_points : [n] bool
    events : "beat" and "downbeat" -> seconds, increasing
    """

    example: Example
    levels: np.ndarray | None = None
    scores: np.ndarray | None = None
    evidence: np.ndarray | None = None
    change_points: np.ndarray | None = None
    events: Mapping[str, np.ndarray] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RunPredictions:
    """One role of a run read back: `beats` has BEAT_COLUMNS (-1 and NaN where empty), `events` EVENT_COLUMNS."""

    beats: pd.DataFrame
    events: pd.DataFrame
    run: dict[str, Any]


def write_run(
    folder: Path | str,
    valid: Sequence[RecordingPrediction],
    test: Sequence[RecordingPrediction],
    run: Mapping[str, Any],
) -> None:
    """Write a run's three files, each whole or not at all, run.json last; it also says which events are predicted."""
    roles = dict(zip(ROLES, (valid, test), strict=True))
    beats = pd.concat([_beat_rows(role, each) for role, found in roles.items() for each in found], ignore_index=True)
    rows = [row for role, found in roles.items() for row in _event_rows(role, found)]
    events = pd.DataFrame(rows, columns=EVENT_COLUMNS)
    write_run_tables(folder, beats, events, {**run, "events": sorted(test[0].events or {})})


def write_run_tables(folder: Path | str, beats: pd.DataFrame, events: pd.DataFrame, run: Mapping[str, Any]) -> None:
    """Write a run's three files from tables with the columns of this module."""
    folder = Path(folder)
    _write(folder / BEATS_FILE, beats[BEAT_COLUMNS], "%.4f")
    _write(folder / EVENTS_FILE, events, "%.4f")
    write_text(folder / RUN_FILE, json.dumps(run, indent=1, sort_keys=True) + "\n")


def read_run(folder: Path | str, role: str) -> RunPredictions:
    """Read one role of a run's folder; UserError for a file that is missing or something else."""
    folder = Path(folder)
    beats, events = (
        table[table["role"] == role].reset_index(drop=True)
        for table in (_read(folder / BEATS_FILE, BEAT_COLUMNS), _read(folder / EVENTS_FILE, EVENT_COLUMNS))
    )
    if beats.empty:
        raise UserError(folder / BEATS_FILE, f"holds nothing of the {role} role", RERUN)
    for column in ("predicted_level", "predicted_change_point"):
        beats[column] = beats[column].fillna(-1).astype(np.int64)
    try:
        run = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        raise UserError(folder / RUN_FILE, "is missing or not JSON", RERUN) from None
    return RunPredictions(beats, events, run)


def _beat_rows(role: str, prediction: RecordingPrediction) -> pd.DataFrame:
    example, beats = prediction.example, len(prediction.example.beat_times)
    scores = np.full((beats, len(LEVELS)), np.nan) if prediction.scores is None else prediction.scores
    return pd.DataFrame(
        {
            "role": role,
            "recording": example.name,
            "group": example.group,
            "frames": frame_count(example.duration),
            "time": [f"{time:.6f}" for time in example.beat_times],  # to the frame of 20 ms, whatever the rounding
            "level": example.labels.level,
            "change_point": example.labels.change_point.astype(np.int64),
            "downbeat": example.labels.downbeat.astype(np.int64),
            "predicted_level": _column(prediction.levels, beats),
            **dict(zip(SCORE_COLUMNS, scores.T, strict=True)),
            "evidence": np.full(beats, np.nan) if prediction.evidence is None else prediction.evidence,
            "predicted_change_point": _column(prediction.change_points, beats),
        }
    )


def _column(values: np.ndarray | None, beats: int) -> pd.Series:
    """Whole numbers, or nothing at every beat."""
    return pd.Series([pd.NA] * beats if values is None else values.astype(np.int64), dtype="Int64")


def _event_rows(role: str, predictions: Iterable[RecordingPrediction]) -> list[tuple[str, str, str, float]]:
    return [
        (role, each.example.name, task, float(time))
        for each in predictions
        for task in EVENT_TASKS
        for time in (each.events or {}).get(task, ())
    ]


def _write(path: Path, table: pd.DataFrame, number: str) -> None:
    with replacing(path) as part:
        compression = {"method": "gzip", "mtime": 0, "compresslevel": 6}
        table.to_csv(part, index=False, float_format=number, lineterminator="\n", compression=compression)


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    names = dict.fromkeys(("role", "recording", "group", "task"), "str")
    try:
        table = pd.read_csv(path, compression="gzip", dtype={key: names[key] for key in columns if key in names})
    except (OSError, ValueError) as error:
        raise UserError(path, f"not a prediction file ({' '.join(str(error).split())[:80]})", RERUN) from None
    if list(table.columns) != columns:
        raise UserError(path, f"has the columns {', '.join(table.columns)}, not {', '.join(columns)}", RERUN)
    return table
