"""The prediction file that every dynamics model hands over, and from which alone tables are made.

A run folder holds `predictions.h5`, with a value a true beat and a time a predicted beat or downbeat, for the valid and
the test role, beside what made them (training/run_folder.py). HDF5, for a fold has a quarter of a million beats, and
writing them as text takes longer than learning from them. What a model does not do is -1 or NaN. Equal predictions give
equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from percepiano_core.corpus.mazurkabl import LEVELS
from percepiano_core.errors import UserError
from percepiano_core.metrics.levels_and_beats import EVENT_TASKS
from percepiano_core.store.container import Tree, read_container, write_container
from percepiano_core.training.run_folder import RERUN, RunInfo, read_run_info, write_run_info

if TYPE_CHECKING:
    import pandas as pd

KIND, VERSION = "dynamics predictions", 1
SCORE_COLUMNS = [f"score_{level}" for level in LEVELS]
TRUTH = {"time": np.float64, "level": np.int8, "change_point": np.int8, "downbeat": np.int8}
SAID = {"predicted_level": np.int8, "evidence": np.float32, "predicted_change_point": np.int8}
RECORDING_COLUMNS = ["recording", "group", "frames"]
BEAT_COLUMNS = [*RECORDING_COLUMNS, *TRUTH, *SAID, *SCORE_COLUMNS]
EVENT_COLUMNS = ["recording", "task", "time"]
PREDICTIONS_FILE = "predictions.h5"
ROLES = ("valid", "test")


@dataclass(frozen=True, slots=True, eq=False)
class RunPredictions:
    """One role of a run as tables.

    Attributes
    ----------
    beats : a row a true beat, BEAT_COLUMNS; what the model does not do is -1 or NaN
    events : a row a predicted beat or downbeat, EVENT_COLUMNS
    tasks : which of EVENT_TASKS are predicted
    chosen : what the validation role chose
    """

    beats: pd.DataFrame
    events: pd.DataFrame
    tasks: tuple[str, ...]
    chosen: Mapping[str, Any]


def write_run_tables(folder: Path | str, valid: RunPredictions, test: RunPredictions, info: RunInfo) -> None:
    """Write a run's predictions and its run.json: `info` with the test role's `chosen` and `tasks`."""
    folder = Path(folder)
    tree = {role: _tree(found) for role, found in zip(ROLES, (valid, test), strict=True)}
    write_container(folder / PREDICTIONS_FILE, KIND, VERSION, tree)
    write_run_info(folder, replace(info, chosen=test.chosen, events=test.tasks))


def read_run(folder: Path | str, role: str) -> RunPredictions:
    """Read one role of a run's folder; UserError for a file that is missing or something else."""
    import pandas as pd  # here: a third of a second that whoever only reads settings need not wait

    folder = Path(folder)
    info = read_run_info(folder)
    try:
        tree = read_container(folder / PREDICTIONS_FILE, KIND, VERSION)[role]
    except OSError:
        raise UserError(folder / PREDICTIONS_FILE, "not a readable prediction file", RERUN) from None
    except KeyError:
        raise UserError(folder / PREDICTIONS_FILE, f"holds nothing of the {role} role", RERUN) from None
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
    return RunPredictions(beats, events, tuple(info.events), info.chosen)


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
