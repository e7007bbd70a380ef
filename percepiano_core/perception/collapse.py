"""Whether a network says anything of anybody: how varied its predictions are beside the ratings."""

from __future__ import annotations

import numpy as np

from percepiano_core.training.history import COLLAPSED

LEAST_DEVIATION = 1e-6  # of labels, below which a dimension does not vary


def sd_ratios(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Standard-deviation ratio of predictions to labels [n, k], a dimension [k]; 1 is as varied as people."""
    return predicted.std(axis=0) / np.maximum(labels.std(axis=0), LEAST_DEVIATION)


def collapse_warning(ratios: np.ndarray, names: tuple[str, ...]) -> str | None:
    """One line that names the dimensions in which all performances get nearly the same value; None if there is none."""
    flat = [name for name, ratio in zip(names, ratios, strict=True) if ratio < COLLAPSED]
    return f"collapse: {len(flat)} of {len(names)} dimensions hardly vary ({', '.join(flat[:5])})" if flat else None
