"""Gaussian process on descriptors, segments and players (Rasmussen and Williams 2006, chapters 2 and 5).

Linear and nonlinear effects of the descriptors, common to all and particular to a movement, stand beside offsets of
segments and players (kernels.py). How much each of them counts is fitted to the train role by marginal likelihood, so
that nothing is left to tune but the descriptor sets, which the validation role chooses. A rating's noise variance goes
with one over its number of raters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from percepiano_core.perception.descriptor_models.kernels import covariances, standard_components
from percepiano_core.perception.descriptor_models.marginal_likelihood import likeliest_weights
from percepiano_core.perception.examples import JOINED_SETS, TABLES, Examples, Predicted
from percepiano_core.perception.selection import r2_mean
from percepiano_core.training.settings import built, setting

INPUTS = TABLES


@dataclass(frozen=True)
class Settings:
    """What may be set; the list is what the validation role chooses among."""

    feature_sets: list[str] = setting(
        ["raw+tonal", "raw+aligned+tonal"],
        "descriptor sets to choose from; several are joined by +",
        pattern=JOINED_SETS,
    )
    relevance: float = setting(
        0.5, "power by which a descriptor counts less the less it tells of the ratings; 0: all alike", least=0
    )
    fitting_rows: int = setting(800, "train performances that the kernel's weights are fitted on; all predict", least=2)
    iterations: int = setting(30, "steps of the search for weights", least=1)


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """Ratings of the test role with the feature set that the validation role chooses."""
    options = built(Settings, settings)
    candidates = []
    for feature_set in options.feature_sets:
        on_valid, on_test = predict_roles(train, (valid, test), feature_set, options, seed)
        candidates.append((r2_mean(valid.labels, on_valid), feature_set, on_test))
    score, feature_set, predicted = max(candidates, key=lambda candidate: candidate[0])
    return Predicted(predicted, {"feature_set": feature_set, "valid_r2": score})


def predict_roles(
    train: Examples, others: tuple[Examples, ...], feature_set: str, settings: Settings, seed: int
) -> list[np.ndarray]:
    """Fit to the train role with one feature set; ratings [n, 19] for each of the others.

    The weights are fitted on at most `fitting_rows` train rows drawn with `seed` (the likelihood costs the cube of
    their number); the prediction uses all train rows.
    """
    from scipy.linalg import cho_factor, cho_solve  # here and in marginal_likelihood.py: half a second to import

    components = standard_components(feature_set.split("+"))
    among_train, *to_train = covariances(components, train, others, settings.relevance)
    centre, scale = train.labels.mean(axis=0), np.maximum(train.labels.std(axis=0), 1e-9)
    targets = (train.labels - centre) / scale
    rows = _drawn_rows(len(train), settings.fitting_rows, seed)
    noise_shape = _noise_shape(train.n_raters)
    weights, noise = likeliest_weights(
        among_train[:, rows[:, None], rows], noise_shape[rows], targets[rows], settings.iterations
    )
    covariance = _weighted(weights, among_train)
    covariance[np.diag_indices(len(train))] += noise * noise_shape
    solved = cho_solve(cho_factor(covariance, lower=True), targets)
    return [np.clip(centre + scale * (_weighted(weights, each) @ solved), 0, 1) for each in to_train]


def _drawn_rows(count: int, most: int, seed: int) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


def _noise_shape(n_raters: np.ndarray) -> np.ndarray:
    """Noise variance [n] up to a factor, mean 1; an unknown number of raters counts as one."""
    shape = 1 / np.fmax(n_raters, 1)
    return shape / shape.mean()


def _weighted(weights: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """Sum of weighted covariances [n, m], term by term so that no double-precision copy of all of them is made."""
    total = np.zeros(covariances.shape[1:])
    for weight, term in zip(weights, covariances, strict=True):
        total += weight * term
    return total
