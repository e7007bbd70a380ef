"""Extremely randomised trees on descriptors (Geurts, Ernst and Wehenkel 2006), all 19 dimensions in one forest.

The validation role chooses, with small forests, the descriptor sets and the share of descriptors tried at a split; the
forest that predicts the test role is a large one. It is grown on the train role only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from percepiano_core.perception.examples import JOINED_SETS, TABLES, Examples, Predicted
from percepiano_core.perception.preparation import prepare
from percepiano_core.perception.selection import best_setting
from percepiano_core.training.settings import built, setting

INPUTS = TABLES


@dataclass(frozen=True)
class Settings:
    """What may be set; lists are what the validation role chooses among."""

    feature_sets: list[str] = setting(
        ["raw", "raw+aligned"], "descriptor sets to choose from; several are joined by +", pattern=JOINED_SETS
    )
    max_features: list[float] = setting([0.35], "share of the descriptors that each cut looks at", above=0, most=1)
    min_samples_leaf: list[int] = setting([2], "performances of a leaf, at least", least=1)
    trees_to_choose: int = setting(50, "trees of the forests that choose", least=1)
    trees: int = setting(300, "trees of the forest that predicts", least=1)


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """Ratings of the test role by a large forest of the setting that small forests choose on the validation role."""
    from sklearn.ensemble import ExtraTreesRegressor  # a second, which whoever only reads the settings need not wait

    options = built(Settings, settings)
    prepared = {each: prepare(train, each) for each in options.feature_sets}
    inputs = {each: preparation.filled(train) for each, preparation in prepared.items()}

    def grow(setting: tuple[str, float, int], trees: int) -> ExtraTreesRegressor:
        feature_set, share, leaf = setting
        forest = ExtraTreesRegressor(trees, max_features=share, min_samples_leaf=leaf, random_state=seed, n_jobs=1)
        return forest.fit(inputs[feature_set], train.labels)

    def on_valid(setting: tuple[str, float, int]) -> np.ndarray:
        return grow(setting, options.trees_to_choose).predict(prepared[setting[0]].filled(valid))

    choices = list(product(prepared, options.max_features, options.min_samples_leaf))
    chosen, score = best_setting(choices, on_valid, valid.labels) if len(choices) > 1 else (choices[0], float("nan"))
    predicted = grow(chosen, options.trees).predict(prepared[chosen[0]].filled(test))
    names = ("feature_set", "max_features", "min_samples_leaf", "valid_r2")
    return Predicted(np.clip(predicted, 0, 1), dict(zip(names, (*chosen, score), strict=True)))
