"""What a training run is at the end of an epoch, in a file that holds tensors and numbers alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from percepiano_core.files import replacing

EPOCHS_APART = 100_003  # more epochs than any run has, so that no two seeds share an epoch's


@dataclass(eq=False)
class TrainingState:
    """Epochs so far, and the best of them.

    Attributes
    ----------
    key : of the settings, data and code that the run belongs to
    history : numbers of each epoch
    best_epoch, best_score, best_weights : the first epoch (from 0) of the highest valid score; -1 before any
    """

    key: str
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = -1
    best_score: float = float("-inf")
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @property
    def chosen(self) -> dict[str, float]:
        """The best epoch, counted from 1, and its valid score."""
        return {"epoch": self.best_epoch + 1, "valid_score": self.best_score}

    def add(self, numbers: dict[str, float], score: float | None, weights: Mapping[str, Tensor]) -> None:
        """Another epoch; its valid score (higher is better), None where the valid role was not looked at."""
        self.history.append(numbers)
        if score is not None and score > self.best_score:
            self.best_epoch, self.best_score = len(self.history) - 1, score
            self.best_weights = {name: value.detach().clone() for name, value in weights.items()}


def epoch_seed(seed: int, epoch: int) -> int:
    """Seed of everything random in an epoch, so that one that was broken off is the same when it is run again."""
    return seed * EPOCHS_APART + epoch


def keep_state(path: Path | None, state: TrainingState, module: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Write the state with the weights and the optimiser's own, whole or not at all; without a path nothing."""
    if path is None:
        return
    content = {"state": vars(state), "module": module.state_dict(), "optimiser": optimiser.state_dict()}
    with replacing(path) as part:
        torch.save(content, part)


def take_up_state(
    path: Path | None, key: str, module: nn.Module, optimiser: torch.optim.Optimizer, report: Callable[[str], None]
) -> TrainingState:
    """The state that `keep_state` kept for this key, its weights put in place; a new one where there is none."""
    content = _kept(path)
    if content is None or content["state"]["key"] != key:
        return TrainingState(key=key)
    module.load_state_dict(content["module"])
    optimiser.load_state_dict(content["optimiser"])
    state = TrainingState(**content["state"])
    report(f"taken up after epoch {len(state.history)}")
    return state


def forget_states(folder: Path) -> None:
    """Remove the states in the folder of a run that has ended."""
    for path in folder.glob("*.state"):
        path.unlink()


def _kept(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, UnpicklingError, RuntimeError, EOFError):
        return None
