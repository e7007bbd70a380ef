"""One training run of a model: what it is given from outside, and what it hands back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from percepiano_core.training.checkpoint import FILE, TrainingResult
from percepiano_core.training.loop import Report, Task, train
from percepiano_core.training.named_arrays import write_arrays
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run_folder import HISTORY_FILE

Predictions = TypeVar("Predictions", bound=Sequence[Any] | np.ndarray)


@dataclass(frozen=True)
class TrainingRun:
    """Where a training keeps itself, and on what it runs.

    Attributes
    ----------
    checkpoint : file that the training resumes from when it was killed; None: it begins anew
    history : CSV of the numbers of each epoch; None: not written
    key : of settings, data and code; a checkpoint of another key is not resumed
    report : is called with each line of progress
    device : that the framework computes on, "cpu" or "gpu"
    threads : of the processor that it may use; None: as many as it takes by itself
    """

    checkpoint: Path | None = None
    history: Path | None = None
    key: str = ""
    report: Report = print
    device: str = "cpu"
    threads: int | None = None

    @staticmethod
    def within(folder: Path, key: str, device: str = "cpu", threads: int | None = None) -> TrainingRun:
        """The training of a run folder: checkpoint and history in it."""
        return TrainingRun(folder / FILE, folder / HISTORY_FILE, key, device=device, threads=threads)

    def train(self, task: Task, recipe: Recipe) -> TrainingResult:
        """Train the task; it then has the weights of the best epoch (loop.py)."""
        return train(task, recipe, checkpoint=self.checkpoint, history=self.history, key=self.key, report=self.report)

    def part(self, name: str) -> TrainingRun:
        """The run of a part that comes before, as a pre-training: its files lie beside, `name` before their names."""
        return replace(self, checkpoint=_beside(self.checkpoint, name), history=_beside(self.history, name))


@dataclass(frozen=True, eq=False)
class Trained(Generic[Predictions]):
    """What a training gives.

    Attributes
    ----------
    valid, test : predictions of the validation and the test role: ratings [n, 19], or a prediction a recording
    weights : of the best epoch, by name
    header : JSON values that the network is built from, so that its file alone is enough to use it
    chosen : what the validation role chose, the best epoch among it
    result : the numbers of all epochs
    """

    valid: Predictions
    test: Predictions
    weights: Mapping[str, np.ndarray]
    header: Mapping[str, Any]
    chosen: Mapping[str, Any]
    result: TrainingResult

    def write_weights(self, path: Path | str) -> None:
        """Write weights and header as one safetensors file, whole or not at all."""
        write_arrays(path, self.weights, self.header)


def _beside(path: Path | None, name: str) -> Path | None:
    return None if path is None else path.with_name(f"{name}_{path.name}")
