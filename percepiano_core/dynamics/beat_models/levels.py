"""Dynamic levels from features of beats, by boosted trees, logistic regression or both."""

from __future__ import annotations

from typing import Any

import numpy as np

from percepiano_core.dynamics.beat_models.beat_table import BeatTable
from percepiano_core.metrics.levels_and_beats import CLASSES

LEAST_PROBABILITY = 1e-6  # of a level that the train role does not hold


class LevelModel:
    """Probabilities of the levels; of several classifiers the geometric mean.

    Attributes
    ----------
    shares : [5] of the levels among the beats learned from, at least LEAST_PROBABILITY
    """

    def __init__(self, train: BeatTable, columns: np.ndarray, classifiers: list[Any]) -> None:
        """Fit classifiers of scikit-learn to the columns of a table's features, at the beats whose level is known."""
        features, target = train.features[train.known][:, columns], train.level[train.known]
        shares = np.bincount(target, minlength=len(CLASSES) + 1)[1:] / len(target)
        several = shares.max() < 1  # else there is nothing to be told apart
        self.shares = np.maximum(shares, LEAST_PROBABILITY)
        self._columns = columns
        self._fitted = [each.fit(features, target) for each in classifiers if several]

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Logarithms of the probabilities [N, 5] of features [N, F], up to a constant a beat."""
        said = np.tile(np.log(self.shares), (len(self._fitted) or 1, len(features), 1))
        for model, scores in zip(self._fitted, said, strict=False):
            probability = model.predict_proba(features[:, self._columns])
            scores[:, model.classes_ - 1] = np.log(np.maximum(probability, LEAST_PROBABILITY))
        return said.mean(axis=0)
