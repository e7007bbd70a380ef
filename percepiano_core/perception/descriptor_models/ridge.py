"""Linear regression on descriptors with a quadratic penalty; the validation role chooses it and the descriptor sets.

The solutions for all penalties come from one singular value decomposition, so the search costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from percepiano_core.perception.examples import JOINED_SETS, TABLES, Examples, Predicted
from percepiano_core.perception.preparation import prepare
from percepiano_core.perception.selection import r2_mean
from percepiano_core.training.settings import built, setting

INPUTS = TABLES


@dataclass(frozen=True)
class Settings:
    """What may be set; lists are what the validation role chooses among."""

    feature_sets: list[str] = setting(
        ["raw", "raw+aligned"], "descriptor sets to choose from; several are joined by +", pattern=JOINED_SETS
    )
    penalties: list[float] = setting([30, 100, 300, 1000, 3000], "weights of the quadratic penalty", least=0)


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """Ratings of the test role by the feature set and the penalty that the validation role chooses."""
    options = built(Settings, settings)
    candidates = [
        (r2_mean(valid.labels, on_valid), feature_set, penalty, on_test)
        for feature_set in options.feature_sets
        for penalty, on_valid, on_test in _candidates(train, valid, test, feature_set, options.penalties)
    ]
    score, feature_set, penalty, predicted = max(candidates, key=lambda candidate: candidate[0])
    return Predicted(predicted, {"feature_set": feature_set, "penalty": penalty, "valid_r2": score})


def _candidates(
    train: Examples, valid: Examples, test: Examples, feature_set: str, penalties: list[float]
) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """For each penalty the predictions [n, 19] of the valid and of the test role."""
    preparation = prepare(train, feature_set)
    inputs, on_valid, on_test = (preparation.standardised(each) for each in (train, valid, test))
    centre = train.labels.mean(axis=0)
    left, singular, right = np.linalg.svd(inputs, full_matrices=False)
    projected = left.T @ (train.labels - centre)
    for penalty in penalties:
        weights = right.T @ (projected * (singular / (singular**2 + penalty))[:, None])
        yield penalty, np.clip(centre + on_valid @ weights, 0, 1), np.clip(centre + on_test @ weights, 0, 1)
