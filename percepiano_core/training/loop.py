"""The one training loop: epochs, validation, the best epoch, checkpoints, history, progress.

It knows no framework: a task does the epochs and hands over its arrays. Everything random in an epoch follows from the
seed and the epoch's number (`epoch_seed`), so that a training that was killed and resumed gives the same numbers as one
that was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.training.checkpoint import TrainingResult, read_checkpoint, write_checkpoint
from percepiano_core.training.history import write_history
from percepiano_core.training.named_arrays import below, prefixed
from percepiano_core.training.recipe import Recipe

EPOCHS_APART = 100_003  # more epochs than any run has, so that no two seeds share an epoch's
WEIGHTS = "weights/"
VALID = "valid_"
Report = Callable[[str], None]


class Task(Protocol):
    """What is trained.

    Names of numbers begin with "train_" or "valid_" where both roles have them; `arrays` names weights "weights/..."
    and all else that resuming needs otherwise.
    """

    def epoch(self, number: int) -> dict[str, float]:
        """Train for an epoch, counted from 0; numbers of it, "train_loss" among them."""

    def validate(self) -> dict[str, float]:
        """Numbers of the validation role, "valid_" and what the recipe selects on among them."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of the weights and of what else resuming needs."""

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put in place what `arrays` gave, or the weights among it alone."""


def epoch_seed(seed: int, epoch: int) -> int:
    """Seed of everything random in an epoch, so that one that was broken off is the same when it is run again."""
    return seed * EPOCHS_APART + epoch


def train(
    task: Task,
    recipe: Recipe,
    *,
    checkpoint: Path | None = None,
    history: Path | None = None,
    key: str = "",
    report: Report = print,
) -> TrainingResult:
    """Train to the end; the task then has the weights of the best epoch.

    checkpoint : file that keeps the training between epochs; None keeps nothing
    history : CSV of the numbers of each epoch (history.py), written anew after each
    key : of settings, data and code; a checkpoint of another key is not resumed

    UserError if no epoch has a validation score that is a number.
    """
    result, arrays = read_checkpoint(checkpoint, key, report)
    if arrays:
        task.load(arrays)
    while not _finished(result, recipe):
        begun = time.perf_counter()
        try:
            result, arrays = _next_epoch(task, recipe, result)
        except SystemExit:  # asked to end between two steps: what there is of the epoch is kept too
            write_checkpoint(checkpoint, key, result, task.arrays())
            raise
        write_checkpoint(checkpoint, key, result, arrays)
        if history is not None:
            write_history(history, result.history)
        report(_progress(result, recipe, time.perf_counter() - begun))
    if not result.best_epoch:
        problem = f"no epoch has a {VALID}{recipe.select_on} that is a number"
        raise UserError("training", problem, "lower the recipe's learning_rate, or look at the history")
    if history is not None:
        write_history(history, result.history)
    task.load(prefixed(result.best_weights, WEIGHTS))
    return result


def _next_epoch(task: Task, recipe: Recipe, result: TrainingResult) -> tuple[TrainingResult, dict[str, np.ndarray]]:
    """The result so far with another epoch, which is its best if its validation score is higher than any before."""
    done = len(result.history) + 1
    numbers = task.epoch(done - 1)
    score = None
    if recipe.validates(done):
        numbers = numbers | task.validate()
        score = _score(numbers, recipe.select_on)
    arrays, grown = task.arrays(), replace(result, history=[*result.history, numbers])
    if score is None or not score > result.best_score:
        return grown, arrays
    return replace(grown, best_epoch=done, best_score=score, best_weights=below(arrays, WEIGHTS)), arrays


def _score(numbers: Mapping[str, float], select_on: str) -> float:
    """What the epoch is chosen by, higher is better; UserError for a number that the task does not give."""
    name = VALID + select_on
    if name not in numbers:
        known = ", ".join(each.removeprefix(VALID) for each in numbers if each.startswith(VALID))
        raise UserError("recipe select_on", f"this training has no {select_on!r}", f"choose one of {known}")
    return -numbers[name] if select_on == "loss" else numbers[name]


def _finished(result: TrainingResult, recipe: Recipe) -> bool:
    done = len(result.history)
    return done >= recipe.epochs or bool(recipe.patience and done - result.best_epoch >= recipe.patience)


def _progress(result: TrainingResult, recipe: Recipe, seconds: float) -> str:
    """One line on the last epoch: its loss and score, and the time that is left at most."""
    numbers, done = result.history[-1], len(result.history)
    names = dict.fromkeys(("train_loss", f"{VALID}loss", VALID + recipe.select_on))
    told = "".join(f", {name.replace('_', ' ')} {numbers[name]:.5f}" for name in names if name in numbers)
    best = " (best)" if done == result.best_epoch else ""
    left = (recipe.epochs - done) * seconds / 60
    return f"epoch {done}/{recipe.epochs}{told}{best}, {seconds:.0f} s, at most {left:.1f} min left"
