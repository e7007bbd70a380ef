"""A (work, player) pair's mean rating whatever is played, else the work's (docs/models.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from percepiano_core.perception.examples import Examples, Predicted
from percepiano_core.symbolic.baselines.group_means import group_means, work_means

INPUTS = ("none",)


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """Look the player up; nothing is chosen."""
    fallback = work_means(train.works, train.labels, test.works)
    return Predicted(group_means(train.performers, train.labels, test.performers, fallback))
