"""Extremely randomised trees on descriptors (Geurts, Ernst and Wehenkel 2006), all 19 dimensions in one forest.

The valid role chooses, with small forests, the descriptor sets and the share of descriptors tried at a split; the
forest that predicts the test role is a large one. It is grown on the train role only.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from percepiano_core.perception.examples import Examples, Predicted
from percepiano_core.perception.preparation import prepare
from percepiano_core.perception.selection import best_setting


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """Settings: `feature_sets`, `max_features` (shares) and `min_samples_leaf` are lists to choose from.

    `trees_to_choose` and `trees` are the sizes of the forests.
    """
    prepared = {each: prepare(train, each) for each in settings["feature_sets"]}
    inputs = {each: preparation.filled(train) for each, preparation in prepared.items()}

    def grow(setting: tuple[str, float, int], trees: int) -> ExtraTreesRegressor:
        feature_set, share, leaf = setting
        forest = ExtraTreesRegressor(trees, max_features=share, min_samples_leaf=leaf, random_state=seed, n_jobs=1)
        return forest.fit(inputs[feature_set], train.labels)

    def on_valid(setting: tuple[str, float, int]) -> np.ndarray:
        return grow(setting, settings["trees_to_choose"]).predict(prepared[setting[0]].filled(valid))

    choices = list(product(prepared, settings["max_features"], settings["min_samples_leaf"]))
    chosen, score = best_setting(choices, on_valid, valid.labels) if len(choices) > 1 else (choices[0], float("nan"))
    predicted = grow(chosen, settings["trees"]).predict(prepared[chosen[0]].filled(test))
    names = ("feature_set", "max_features", "min_samples_leaf", "valid_r2")
    return Predicted(np.clip(predicted, 0, 1), dict(zip(names, (*chosen, score), strict=True)))
