"""A training without a framework: a weight that walks toward a target, validated against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from percepiano_core.training.loop import epoch_seed


class Walk:
    """The weight [2] moves towards `target` with momentum and noise; validation numbers are given epoch by epoch.

    `valid` : validation loss of each epoch; where it is not given, the distance to `target`
    """

    def __init__(self, valid: Sequence[float] = (), train: Sequence[float] = (), seed: int = 0) -> None:
        self.valid, self.train_losses, self.seed = valid, train, seed
        self.weight, self.speed, self.steps = np.zeros(2), np.zeros(2), np.array(0)
        self.validated: list[int] = []

    def epoch(self, number: int) -> dict[str, float]:
        noise = np.random.default_rng(epoch_seed(self.seed, number)).normal(size=2)
        self.speed = 0.5 * self.speed + 0.1 * (1 - self.weight) + 0.01 * noise
        self.weight = self.weight + self.speed
        self.steps = self.steps + 1
        loss = self.train_losses[number] if self.train_losses else float(np.abs(1 - self.weight).mean())
        return {"train_loss": loss}

    def validate(self) -> dict[str, float]:
        done = int(self.steps)
        self.validated.append(done)
        loss = self.valid[done - 1] if self.valid else float(np.abs(1 - self.weight).mean())
        return {"valid_loss": loss, "valid_r2": 1 - loss}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"weights/w": self.weight.copy(), "momentum/w": self.speed.copy(), "momentum/steps": self.steps.copy()}

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.weight = arrays["weights/w"].copy()
        if "momentum/w" in arrays:
            self.speed, self.steps = arrays["momentum/w"].copy(), arrays["momentum/steps"].copy()
