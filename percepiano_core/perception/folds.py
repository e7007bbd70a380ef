"""Fit and predict the folds of a split with one model of descriptors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from percepiano_core.perception.examples import Examples, Predicted, joined
from percepiano_core.splits.folds import Split
from percepiano_core.store.predictions import FoldPredictions
from percepiano_core.training.chosen_module import chosen_module


class Model(Protocol):
    """A module of this package that is a model.

    It fits on the train role alone, lets the validation role alone choose, and never reads the test role's labels.
    """

    def fit_predict(
        self, train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int
    ) -> Predicted:
        """Ratings [n, 19] of the test role, 0 to 1."""


def load_model(module: str) -> Model:
    """The model in the module of this name; only that module is imported."""
    return chosen_module("percepiano_core", module, "fit_predict", "model")


@dataclass(frozen=True, eq=False)
class Roles:
    """The three roles of a fold, as examples."""

    train: Examples
    valid: Examples
    test: Examples


def fold_roles(examples: Examples, split: Split, fold: str, tested: Examples | None = None) -> Roles:
    """The examples of each role of a fold; the test role's ratings are there for the prediction file alone.

    tested : the same performances as the test role is heard, where that is otherwise than what is learned from
    """
    roles = split.folds[fold]
    heard = examples if tested is None else tested
    return Roles(examples.named(roles.train), examples.named(roles.valid), heard.named(roles.test))


def fold_predictions(
    split: str, fold: str, seed: int, model: str, examples: Examples, predicted: np.ndarray
) -> FoldPredictions:
    """Ratings [n, 19] predicted for `examples`, beside their labels."""
    return FoldPredictions(split, fold, seed, model, tuple(examples.performances.tolist()), examples.labels, predicted)


def run_folds(
    examples: Examples,
    split: Split,
    folds: Iterable[str],
    name: str,
    model: Model,
    settings: Mapping[str, Any],
    seed: int,
    tested: Examples | None = None,
) -> tuple[list[FoldPredictions], list[FoldPredictions], dict[str, Any]]:
    """Predictions of test and validation role of the folds named, and fold -> what its validation role chose.

    `name` is the model's name in tables; the labels in the predictions are the targets as the examples hold them.
    A model predicts the validation role as it does the test role: without seeing whom it predicts.
    """
    of_test, of_valid, chosen = [], [], {}
    for fold in folds:
        roles = fold_roles(examples, split, fold, tested)
        asked = _unlabelled(joined(roles.valid, roles.test))
        predicted = model.fit_predict(roles.train, roles.valid, asked, settings, seed)
        named, n = (split.label, fold, seed, name), len(roles.valid)
        of_valid.append(fold_predictions(*named, roles.valid, predicted.test[:n]))
        of_test.append(fold_predictions(*named, roles.test, predicted.test[n:]))
        chosen[fold] = predicted.chosen
    return of_test, of_valid, chosen


def _unlabelled(test: Examples) -> Examples:
    """The test role as a model gets it: with no ratings to look at."""
    return replace(test, labels=np.full_like(test.labels, np.nan), n_raters=np.full_like(test.n_raters, np.nan))
