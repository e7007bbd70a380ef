"""What is played plus who plays: additive means of segment, (work, player) and work.

Ridge regression on their indicator columns ("additive" in docs/models.md, "Reference baselines"); a segment or player
that was never seen adds nothing. The penalty is chosen on the validation role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from percepiano_core.perception.examples import Examples, Predicted
from percepiano_core.perception.selection import best_setting
from percepiano_core.training.settings import built, setting

INPUTS = ("none",)


@dataclass(frozen=True)
class Settings:
    """What may be set; the list is what the validation role chooses among."""

    penalties: list[float] = setting([0.3, 1, 3, 10], "weights of the quadratic penalty", above=0)


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """Ratings of the test role with the penalty that the validation role chooses."""
    options = built(Settings, settings)
    known, on_valid, on_test = (_indicators(train, each) for each in (train, valid, test))
    origin, centre = known.mean(axis=0), train.labels.mean(axis=0)
    effects = {penalty: _effects(known - origin, train.labels - centre, penalty) for penalty in options.penalties}
    penalty, score = best_setting(effects, lambda p: centre + (on_valid - origin) @ effects[p], valid.labels)
    predicted = np.clip(centre + (on_test - origin) @ effects[penalty], 0, 1)
    return Predicted(predicted, {"penalty": penalty, "valid_r2": score})


def _effects(columns: np.ndarray, ratings: np.ndarray, penalty: float) -> np.ndarray:
    """Effects [columns, 19] of each segment, player and work; columns and ratings are centred, so the mean is free."""
    gram = columns.T @ columns + penalty * np.eye(columns.shape[1])
    return np.linalg.solve(gram, columns.T @ ratings)


def _indicators(train: Examples, examples: Examples) -> np.ndarray:
    """Indicator columns [n, segments + players + works of the train role]."""
    pairs = (
        (train.segments, examples.segments),
        (train.performers, examples.performers),
        (train.works, examples.works),
    )
    return np.hstack([(values[:, None] == np.unique(known)).astype(float) for known, values in pairs])
