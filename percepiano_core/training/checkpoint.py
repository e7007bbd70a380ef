"""What a training is at the end of an epoch, in one file of named arrays, so that one that was killed resumes there.

What the task needs to resume stands under its own names, the best weights under "best/"; the numbers of the epochs
are in the header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.training.named_arrays import below, expecting, prefixed, read_arrays, write_arrays

FILE = "checkpoint.safetensors"  # its name in a run folder; that of a training before the training ends so
BEST = "best/"
EXPECTED = ("a checkpoint", "the training begins anew")


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """The epochs of a training so far, and the best of them.

    Attributes
    ----------
    history : numbers of each epoch
    best_epoch, best_score, best_weights : the first epoch, from 1, of the highest validation score; 0 before any
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_score: float = float("-inf")
    best_weights: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def chosen(self) -> dict[str, float]:
        """The best epoch, counted from 1, and its validation score, as a run records them."""
        return {"epoch": self.best_epoch, "valid_score": self.best_score}


def write_checkpoint(path: Path | None, key: str, result: TrainingResult, arrays: dict[str, np.ndarray]) -> None:
    """Write the epochs so far with a task's arrays, whole or not at all; without a path nothing.

    key : of the settings, data and code that the training belongs to
    """
    if path is None:
        return
    header = {
        "key": key,
        "history": result.history,
        "best_epoch": result.best_epoch,
        "best_score": result.best_score,
    }
    write_arrays(path, arrays | prefixed(result.best_weights, BEST), header)


def read_checkpoint(
    path: Path | None, key: str, report: Callable[[str], None]
) -> tuple[TrainingResult, dict[str, np.ndarray]]:
    """Epochs so far and a task's arrays, of a checkpoint of this key; no epochs and no arrays where there is none.

    A checkpoint that is broken or of another key is reported in one line.
    """
    if path is None or not path.exists():
        return TrainingResult(), {}
    try:
        arrays, header = read_arrays(path, *EXPECTED)
        with expecting(path, *EXPECTED):
            return _resumed(arrays, header, key, path, report)
    except UserError as error:
        report(str(error))
        return TrainingResult(), {}


def forget_checkpoints(folder: Path) -> None:
    """Remove the checkpoints in the folder of a run that has ended."""
    for path in folder.glob(f"*{FILE}"):
        path.unlink()


def _resumed(
    arrays: dict[str, np.ndarray], header: dict[str, Any], key: str, path: Path, report: Callable[[str], None]
) -> tuple[TrainingResult, dict[str, np.ndarray]]:
    if header["key"] != key:
        report(f"{path}: of other settings, data or code; the training begins anew")
        return TrainingResult(), {}
    result = TrainingResult(header["history"], header["best_epoch"], header["best_score"], below(arrays, BEST))
    report(f"resumed after epoch {len(result.history)}")
    return result, {name: value for name, value in arrays.items() if not name.startswith(BEST)}
