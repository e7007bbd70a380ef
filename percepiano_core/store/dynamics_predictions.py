"""The prediction file that every dynamics model hands over, and from which alone tables are made.

A run's folder holds `predictions.h5`, with a value a true beat and a time a predicted beat or downbeat, for the valid
and the test role, and `run.json`, which says what made them. HDF5, for a fold has a quarter of a million beats, and
writing them as text takes longer than learning from them. What a model does not do is -1 or NaN. Equal predictions give
equal bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from percepiano_core.corpus.mazurkabl import LEVELS
from percepiano_core.errors import UserError
from percepiano_core.files import write_text
from percepiano_core.store.container import Tree, read_container, write_container

KIND, VERSION = "dynamics predictions", 1
SCORE_COLUMNS = [f"score_{level}" for level in LEVELS]
TRUTH = {"time": np.float64, "level": np.int8, "change_point": np.int8, "downbeat": np.int8}
SAID = {"predicted_level": np.int8, "evidence": np.float32, "predicted_change_point": np.int8}
RECORDING_COLUMNS = ["recording", "group", "frames"]
BEAT_COLUMNS = [*RECORDING_COLUMNS, *TRUTH, *SAID, *SCORE_COLUMNS]
EVENT_COLUMNS = ["recording", "task", "time"]
PREDICTIONS_FILE, RUN_FILE = "predictions.h5", "run.json"
ROLES, EVENT_TASKS = ("valid", "test"), ("beat", "downbeat")
RERUN = "run the model that wrote it again"


@dataclass(frozen=True, slots=True, eq=False)
class RunPredictions:
    """One role of a run as tables.

    Attributes
    ----------
    beats : a row a true beat, BEAT_COLUMNS; what the model does not do is -1 or NaN
    events : a row a predicted beat or downbeat, EVENT_COLUMNS
    run : what made it; "events" says which of EVENT_TASKS are predicted
    """

    beats: pd.DataFrame
    events: pd.DataFrame
    run: dict[str, Any]


def write_run_tables(folder: Path | str, valid: RunPredictions, test: RunPredictions) -> None:
    """Write a run's two files from its tables; `run` of the test role is run.json."""
    folder = Path(folder)
    tree = {role: _tree(found) for role, found in zip(ROLES, (valid, test), strict=True)}
    write_container(folder / PREDICTIONS_FILE, KIND, VERSION, tree)
    write_text(folder / RUN_FILE, json.dumps(test.run, indent=1, sort_keys=True) + "\n")


def read_run(folder: Path | str, role: str) -> RunPredictions:
    """Read one role of a run's folder; UserError for a file that is missing or something else."""
    folder = Path(folder)
    try:
        tree = read_container(folder / PREDICTIONS_FILE, KIND, VERSION)[role]
    except OSError:
        raise UserError(folder / PREDICTIONS_FILE, "not a readable prediction file", RERUN) from None
    except KeyError:
        raise UserError(folder / PREDICTIONS_FILE, f"holds nothing of the {role} role", RERUN) from None
    try:
        run = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        raise UserError(folder / RUN_FILE, "is missing or not JSON", RERUN) from None
    row = np.repeat(np.arange(len(tree["beats"])), tree["beats"])
    columns = {name: tree[name][row] for name in RECORDING_COLUMNS} | {name: tree[name] for name in {**TRUTH, **SAID}}
    beats = pd.DataFrame(columns | dict(zip(SCORE_COLUMNS, tree["scores"].T, strict=True)))[BEAT_COLUMNS]
    events = pd.DataFrame(
        {
            "recording": tree["recording"][tree["event_recording"]],
            "task": np.array(EVENT_TASKS)[tree["event_task"]],
            "time": tree["event_time"],
        }
    )
    return RunPredictions(beats, events, run)


def _tree(found: RunPredictions) -> Tree:
    """A role as arrays: of recordings in order, of their beats in a row, and of events, recordings by number."""
    beats, events = found.beats, found.events
    names, first, counts = np.unique(beats["recording"].to_numpy(dtype=str), return_index=True, return_counts=True)
    order = np.argsort(first)
    row = {name: i for i, name in enumerate(names[order])}
    own = beats.iloc[first[order]]
    return {
        **{name: own[name].to_numpy(dtype=np.int64 if name == "frames" else str) for name in RECORDING_COLUMNS},
        "beats": counts[order],
        **{name: beats[name].to_numpy(dtype=kind) for name, kind in {**TRUTH, **SAID}.items()},
        "scores": beats[SCORE_COLUMNS].to_numpy(dtype=np.float32),
        "event_recording": events["recording"].map(row).to_numpy(dtype=np.int64),
        "event_task": events["task"].map(EVENT_TASKS.index).to_numpy(dtype=np.int8),
        "event_time": events["time"].to_numpy(dtype=np.float64),
    }
