"""The register of score features: published key -> function of a ScoreContext.

A feature is one small function; a new one is a function with the decorator, and an entry in features/feature_sets.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from percepiano_core.features.score.score_context import ScoreContext

ScoreFeature = Callable[[ScoreContext], np.ndarray]
SCORE_FEATURES: dict[str, tuple[int, ScoreFeature]] = {}
"""Published key -> (width, function)."""


def score_feature(key: str, width: int = 1) -> Callable[[ScoreFeature], ScoreFeature]:
    """Register a function that gives [n] (width 1) or [n, width] values; ValueError for a key in use."""

    def register(function: ScoreFeature) -> ScoreFeature:
        if key in SCORE_FEATURES:
            raise ValueError(f"score feature {key!r} is registered twice")
        SCORE_FEATURES[key] = (width, function)
        return function

    return register


def compute_score_features(context: ScoreContext) -> dict[str, np.ndarray]:
    """All registered features as float64 [n] or [n, width], one value a piece broadcast to the notes."""
    count = len(context.notes)
    features = {}
    for key, (width, function) in SCORE_FEATURES.items():
        shape = (count,) if width == 1 else (count, width)
        features[key] = np.broadcast_to(np.asarray(function(context), dtype=float), shape).copy()
    return features
