"""Mean of the train role: what a model that knows nothing of the performance says (docs/models.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from percepiano_core.perception.examples import Examples, Predicted

INPUTS = ("none",)


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """The train role's mean rating for everyone; nothing is chosen."""
    return Predicted(np.repeat(train.labels.mean(axis=0, keepdims=True), len(test), axis=0))
