"""Learning from features of beats: logistic regression and boosted trees, for levels and for change points.

True beats are given, so that no beats are predicted. All recordings of a piece share their labels and the corpus holds
few pieces, so that models are kept simple: levels are learned without the place in the piece (on which trees learn
pieces by heart), change points with it, and every n-th recording of a piece is enough. Source: spec dynamics.md,
section 7; gradient boosting on histograms as in LightGBM (Ke et al., NeurIPS 2017), by scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from percepiano_core.dynamics.beat_models.beat_features import PLACES, beat_features
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import FitPredict, Fitted, Roles, every_nth_of_each_group, settings_of
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction
from percepiano_core.metrics.levels_and_beats import BLANK, CLASSES, best_threshold

LEAST_PROBABILITY = 1e-6  # of a level that the train role does not hold
SETTINGS: dict[str, Any] = {
    "input": "curves8",  # kind of input whose first channel is the loudness
    "recordings": 6,  # every n-th of each piece is learned from
    "levels": ["trees"],  # trees, logistic or both: their probabilities are multiplied
    "level_places": False,  # whether levels are told the place in the piece
    "level_trees": {"max_leaf_nodes": 6, "learning_rate": 0.06, "max_iter": 60, "l2_regularization": 30.0},
    "level_beats": 500,  # least beats of a leaf
    "penalty": 300.0,  # of the logistic regression
    "prior_exponent": 0.0,  # power of the classes' shares by which probabilities are divided; 1 makes all alike
    "change_point_places": True,
    "change_point_trees": {"max_leaf_nodes": 15, "learning_rate": 0.06, "max_iter": 150, "l2_regularization": 10.0},
    "change_point_beats": 200,
    "features_a_split": 0.3,  # share of the features that each split looks at
}
Scores = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class BeatTable:
    """Beats of many recordings: features [N, F] float32 by name, level [N] classes, change_point [N] bool."""

    names: tuple[str, ...]
    features: np.ndarray
    level: np.ndarray
    change_point: np.ndarray

    def columns(self, places: bool) -> np.ndarray:
        """Columns of the features, with or without those that tell the place in the piece."""
        return np.array([i for i, name in enumerate(self.names) if places or name not in PLACES])


class Describer:
    """Features of recordings, made once: several folds and roles ask for the same."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.known: dict[str, dict[str, np.ndarray]] = {}

    def table(self, examples: Sequence[Example]) -> BeatTable:
        """The beats of the recordings, in order."""
        rows = [self._features(example) for example in examples]
        return BeatTable(
            tuple(rows[0]),
            np.concatenate([np.stack(list(row.values()), axis=1) for row in rows]).astype(np.float32),
            np.concatenate([example.labels.level for example in examples]),
            np.concatenate([example.labels.change_point for example in examples]),
        )

    def _features(self, example: Example) -> dict[str, np.ndarray]:
        if example.name not in self.known:
            loudness = example.inputs[self.kind][0].astype(np.float32)
            self.known[example.name] = beat_features(loudness, example.beat_times, example.labels.downbeat)
        return self.known[example.name]


def prepare(examples: Sequence[Example], settings: Mapping[str, Any]) -> FitPredict:
    """What fits a fold; features are made once for all folds."""
    options = settings_of(settings, SETTINGS)
    describer = Describer(options["input"])
    return lambda roles, seed: fit_predict(roles, options, seed, describer)


def fit_predict(roles: Roles, options: Mapping[str, Any], seed: int, describer: Describer) -> Fitted:
    """Fit on the train role, choose the threshold of change points on the valid role, and predict both others."""
    train = describer.table(every_nth_of_each_group(roles.train, options["recordings"]))
    levels, prior = _fit_levels(train, options, seed)
    evidence = _fit_change_points(train, options, seed)
    tables = {name: describer.table(getattr(roles, name)) for name in ("valid", "test")}
    found = {name: (levels(table.features), evidence(table.features)) for name, table in tables.items()}
    known = tables["valid"].level != BLANK
    threshold = best_threshold(found["valid"][1][known], tables["valid"].change_point[known])
    balance = options["prior_exponent"] * np.log(prior)
    valid, test = (_split(getattr(roles, name), *found[name], balance, threshold) for name in tables)
    chosen = {"threshold": threshold, "level_shares": prior.round(6).tolist(), "train_beats": len(train.level)}
    return Fitted(valid, test, chosen)


def _fit_levels(train: BeatTable, options: Mapping[str, Any], seed: int) -> tuple[Scores, np.ndarray]:
    """Logarithms of probabilities [N, 5] from features, and the shares [5] of the levels."""
    known, columns = train.level != BLANK, train.columns(options["level_places"])
    features, target = train.features[known][:, columns], train.level[known]
    shares = np.bincount(target, minlength=len(CLASSES) + 1)[1:] / len(target)
    several = shares.max() < 1  # else there is nothing to be told apart
    models = [_level_model(name, options, seed).fit(features, target) for name in options["levels"] if several]
    always = np.log(np.maximum(shares, LEAST_PROBABILITY))

    def scores(features: np.ndarray) -> np.ndarray:
        said = np.tile(always, (len(models) or 1, len(features), 1))
        for model, scores in zip(models, said, strict=False):
            probability = model.predict_proba(features[:, columns])
            scores[:, model.classes_ - 1] = np.log(np.maximum(probability, LEAST_PROBABILITY))
        return said.mean(axis=0)

    return scores, np.maximum(shares, LEAST_PROBABILITY)


def _level_model(name: str, options: Mapping[str, Any], seed: int) -> Any:
    if name == "logistic":
        return make_pipeline(StandardScaler(), LogisticRegression(C=1 / options["penalty"], max_iter=200))
    return _trees(options["level_trees"], options["level_beats"], options["features_a_split"], seed)


def _fit_change_points(train: BeatTable, options: Mapping[str, Any], seed: int) -> Scores:
    """Log odds [N] of a change point from features; the same everywhere if the train role holds none."""
    known, columns = train.level != BLANK, train.columns(options["change_point_places"])
    target = train.change_point[known]
    if not target.any():
        return lambda features: np.zeros(len(features))
    trees = _trees(options["change_point_trees"], options["change_point_beats"], options["features_a_split"], seed)
    trees.fit(train.features[known][:, columns], target)
    return lambda features: trees.decision_function(features[:, columns])


def _trees(settings: Mapping[str, Any], beats: int, share: float, seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        **settings, min_samples_leaf=beats, max_features=share, early_stopping=False, random_state=seed
    )


def _split(
    examples: Sequence[Example], scores: np.ndarray, evidence: np.ndarray, balance: np.ndarray, threshold: float
) -> list[RecordingPrediction]:
    """Predictions recording by recording from those of all beats in a row."""
    ends = np.cumsum([len(example.beat_times) for example in examples])[:-1]
    return [
        RecordingPrediction(example, (part - balance).argmax(axis=1) + 1, part, log_odds, log_odds >= threshold)
        for example, part, log_odds in zip(examples, np.split(scores, ends), np.split(evidence, ends), strict=True)
    ]
