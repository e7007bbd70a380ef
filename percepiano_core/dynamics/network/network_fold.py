"""The multi-task multi-scale network as a model of dynamics: its settings, and how it is trained on one fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from percepiano_core.dynamics.network.architecture import TASKS
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import built, setting

if TYPE_CHECKING:
    from percepiano_core.dynamics.examples.roles import Roles
    from percepiano_core.training.run import Trained, TrainingRun

INPUTS = ("bssl", "logmel", "curves8")
NEEDS = ("torch",)


@dataclass(frozen=True)
class Settings:
    """Settings of a dynamics network."""

    recipe: Recipe = setting({"preset": "dynamics_published"}, "how it is trained")
    silence: float = setting(0.0, "value of its input where there is silence: 0 sone, -100 dB of log-mel")
    pad_short: bool = setting(
        False, "recordings shorter than a window are filled up with silence; the published training leaves them out"
    )
    tasks: list[str] = setting(list(TASKS), "what it predicts; one task alone needs no head", choices=tuple(TASKS))
    scales: list[int] = setting([5, 5], "frames of a level for one of the next coarser level, two", least=1)
    experts: bool = setting(True, "experts shared among the tasks (MMoE); else a projection for each")


def train_fold(roles: Roles, given: str, settings: Mapping[str, Any], seed: int, run: TrainingRun) -> Trained:
    """Train on one fold and predict it; `given` is the kind of input that the network hears."""
    from percepiano_core.dynamics.network.fold import train_network

    return train_network(roles, given, built(Settings, settings), seed, run)
