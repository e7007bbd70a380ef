"""Learning from features of beats: logistic regression and boosted trees, for levels and for change points.

The beats are oracle beats: the annotated ones are given, and none are predicted. All recordings of a piece share their
labels and the corpus holds few pieces, so that models are kept simple: levels are learned without the place in the
piece (on which trees learn pieces by heart), change points with it, and every n-th recording of a piece is enough.
See docs/dynamics_results.md; gradient boosting on histograms as in LightGBM (Ke et al., NeurIPS 2017), by
scikit-learn; logit adjustment: Menon et al., "Long-tail learning via logit adjustment" (ICLR 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from percepiano_core.dynamics.beat_models.beat_table import BeatTable, Describer
from percepiano_core.dynamics.beat_models.levels import LevelModel
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import FitPredict, Fitted, Roles, every_nth_of_each_group
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction
from percepiano_core.metrics.levels_and_beats import best_threshold
from percepiano_core.training.settings import built, setting

LEAVES, RATE, TREES, PENALTY = "leaves of a tree", "share of each tree that counts", "trees", "L2 penalty of a leaf"


@dataclass(frozen=True, slots=True)
class LevelTrees:
    """Boosted trees that learn levels."""

    max_leaf_nodes: int = setting(6, LEAVES, least=2)
    learning_rate: float = setting(0.06, RATE, above=0, most=1)
    max_iter: int = setting(60, TREES, least=1)
    l2_regularization: float = setting(30.0, PENALTY, least=0)


@dataclass(frozen=True, slots=True)
class ChangePointTrees:
    """Boosted trees that learn change points."""

    max_leaf_nodes: int = setting(15, LEAVES, least=2)
    learning_rate: float = setting(0.06, RATE, above=0, most=1)
    max_iter: int = setting(150, TREES, least=1)
    l2_regularization: float = setting(10.0, PENALTY, least=0)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is learned from, and by which models."""

    recordings: int = setting(6, "every n-th recording of a piece is learned from", least=1)
    levels: list[str] = setting(
        ["trees"], "models of levels; of both the probabilities are multiplied", choices=["trees", "logistic"]
    )
    level_places: bool = setting(False, "whether the place in the piece is a feature of levels")
    level_trees: LevelTrees = setting(LevelTrees, "boosted trees that learn levels")
    level_beats: int = setting(500, "least beats of a leaf of these", unit="beats", least=1)
    penalty: float = setting(300.0, "L2 penalty of the logistic regression", above=0)
    logit_adjustment: float = setting(
        0.0, "power of the levels' shares by which probabilities are divided; 1 makes all levels alike", least=0
    )
    change_point_places: bool = setting(True, "whether the place in the piece is a feature of change points")
    change_point_trees: ChangePointTrees = setting(ChangePointTrees, "boosted trees that learn change points")
    change_point_beats: int = setting(200, "least beats of a leaf of these", unit="beats", least=1)
    features_a_split: float = setting(0.3, "share of the features that each split of a tree looks at", above=0, most=1)


LogOdds = Callable[[np.ndarray], np.ndarray]


def prepare(examples: Sequence[Example], kind: str | None, settings: Mapping[str, Any]) -> FitPredict:
    """What fits a fold; features are made once for all folds.

    kind : of the input whose first channel is the loudness; UserError without one
    """
    options, describer = built(Settings, settings), Describer(kind)
    return lambda roles, seed: fit_predict(roles, options, seed, describer)


def fit_predict(roles: Roles, options: Settings, seed: int, describer: Describer) -> Fitted:
    """Fit on the train role, choose the threshold of change points on the validation role, and predict both others."""
    train = describer.table(every_nth_of_each_group(roles.train, options.recordings))
    classifiers = [_classifier(name, options, seed) for name in options.levels]
    levels = LevelModel(train, train.columns(options.level_places), classifiers)
    log_odds = _fit_change_points(train, options, seed)
    tables = {name: describer.table(getattr(roles, name)) for name in ("valid", "test")}
    found = {name: (levels.scores(table.features), log_odds(table.features)) for name, table in tables.items()}
    known = tables["valid"].known
    threshold = best_threshold(found["valid"][1][known], tables["valid"].change_point[known])
    adjustment = options.logit_adjustment * np.log(levels.shares)
    valid, test = (_split(getattr(roles, name), *found[name], adjustment, threshold) for name in tables)
    shares = levels.shares.round(6).tolist()
    return Fitted(valid, test, {"threshold": threshold, "level_shares": shares, "train_beats": len(train.level)})


def _classifier(name: str, options: Settings, seed: int) -> Any:
    if name == "trees":
        return _trees(options.level_trees, options.level_beats, options.features_a_split, seed)
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=1 / options.penalty, max_iter=200))


def _fit_change_points(train: BeatTable, options: Settings, seed: int) -> LogOdds:
    """Log-odds [N] of a change point from features; the same everywhere if the train role holds none."""
    columns, target = train.columns(options.change_point_places), train.change_point[train.known]
    if not target.any():
        return lambda features: np.zeros(len(features))
    trees = _trees(options.change_point_trees, options.change_point_beats, options.features_a_split, seed)
    trees.fit(train.features[train.known][:, columns], target)
    return lambda features: trees.decision_function(features[:, columns])


def _trees(settings: LevelTrees | ChangePointTrees, beats: int, share: float, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        **asdict(settings), min_samples_leaf=beats, max_features=share, early_stopping=False, random_state=seed
    )


def _split(
    examples: Sequence[Example], scores: np.ndarray, log_odds: np.ndarray, adjustment: np.ndarray, threshold: float
) -> list[RecordingPrediction]:
    """Predictions recording by recording from those of all beats in a row."""
    ends = np.cumsum([len(example.beat_times) for example in examples])[:-1]
    return [
        RecordingPrediction(example, (part - adjustment).argmax(axis=1) + 1, part, evidence, evidence >= threshold)
        for example, part, evidence in zip(examples, np.split(scores, ends), np.split(log_odds, ends), strict=True)
    ]
