"""Fit and predict the folds of a split with one model of descriptors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.splits.folds import Split
from percepiano_core.store.predictions import FoldPredictions
from percepiano_core.symbolic.data import Examples, Predicted


class Model(Protocol):
    """A module of this package that is a model.

    It fits on the train role alone, lets the valid role alone choose, and never reads the test role's labels.
    """

    def fit_predict(
        self, train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int
    ) -> Predicted:
        """Ratings [n, 19] of the test role, 0 to 1."""


def load_model(module: str) -> Model:
    """The model in the module of this name in this package; only that module is imported."""
    try:
        found = import_module(f"percepiano_core.symbolic.{module}")
    except ModuleNotFoundError:
        raise UserError(
            f"model {module}", "there is no such module", "name a module of percepiano_core.symbolic"
        ) from None
    if not hasattr(found, "fit_predict"):
        raise UserError(f"model {module}", "the module is not a model", "name a module that has fit_predict")
    return found


def run_folds(
    examples: Examples,
    split: Split,
    folds: Iterable[str],
    name: str,
    model: Model,
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[list[FoldPredictions], dict[str, Any]]:
    """Predictions of the folds named, and fold -> what its valid role chose.

    `name` is the model's name in tables; the labels in the predictions are the targets as the examples hold them.
    """
    blocks, chosen = [], {}
    for fold in folds:
        roles = split.folds[fold]
        train, valid, test = (examples.named(role) for role in (roles.train, roles.valid, roles.test))
        predicted = model.fit_predict(train, valid, _unlabelled(test), settings, seed)
        blocks.append(
            FoldPredictions(
                split.label, fold, seed, name, tuple(test.performances.tolist()), test.labels, predicted.test
            )
        )
        chosen[fold] = predicted.chosen
    return blocks, chosen


def _unlabelled(test: Examples) -> Examples:
    """The test role as a model gets it: with no ratings to look at."""
    return replace(test, labels=np.full_like(test.labels, np.nan), n_raters=np.full_like(test.n_raters, np.nan))
