"""Settings of the dynamics network."""

from __future__ import annotations

from dataclasses import dataclass

from percepiano_core.dynamics.network.architecture import TASKS
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import setting


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
