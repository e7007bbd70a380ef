"""How the validation role chooses: by the score that the tables report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import TypeVar

import numpy as np

from percepiano_core.metrics.ratings import r2_per_dimension

Setting = TypeVar("Setting")
LEAST_VARIANCE = 1e-6  # of a dimension: one that does not vary in the validation role must not decide


def r2_mean(target: np.ndarray, predicted: np.ndarray) -> float:
    """Mean R2 over dimensions (uniform average) of predictions [n, k], as the validation role chooses by it."""
    return float(r2_per_dimension(target, predicted, LEAST_VARIANCE).mean())


def best_setting(
    settings: Iterable[Setting], predict_valid: Callable[[Setting], np.ndarray], target: np.ndarray
) -> tuple[Setting, float]:
    """The setting whose predictions [n, k] of the validation role score best, and its score; the first of equals."""
    scored = [(setting, r2_mean(target, predict_valid(setting))) for setting in settings]
    return max(scored, key=lambda pair: pair[1])


def shares(members: int, steps: int) -> Iterator[tuple[float, ...]]:
    """Every way to divide a weight of 1 into multiples of 1 / steps."""
    for parts in product(range(steps + 1), repeat=members):
        if sum(parts) == steps:
            yield tuple(part / steps for part in parts)
