"""Small summaries of a series of numbers, under readable names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def distribution(name: str, values: np.ndarray, percentiles: Sequence[int] = ()) -> dict[str, float]:
    """Mean, standard deviation (ddof 0) and percentiles of values [n]; NaN for each if there are none."""
    names = [f"{name}_mean", f"{name}_sd", *(f"{name}_p{percentile:02d}" for percentile in percentiles)]
    if not len(values):
        return dict.fromkeys(names, float("nan"))
    numbers = [values.mean(), values.std()]
    if len(percentiles):
        numbers.extend(np.percentile(values, percentiles))
    return dict(zip(names, map(float, numbers), strict=True))


def mean_of(values: np.ndarray) -> float:
    """Mean of values [n]; NaN if there are none."""
    return float(values.mean()) if len(values) else float("nan")


def rate(count: float, amount: float) -> float:
    """Count per unit of an amount (seconds, quarters); NaN if there is none of it."""
    return float(count / amount) if amount > 0 else float("nan")


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson correlation of two series [n]; NaN if shorter than 3 or one of them is constant."""
    if len(first) < 3:
        return float("nan")
    a, b = first - first.mean(), second - second.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 1e-12 else float("nan")


def curve_shape(values: np.ndarray) -> tuple[float, float]:
    """Linear slope and quadratic coefficient of values [n] over positions from -1 to 1.

    Each from the least-squares polynomial of that degree through the finite values; NaN if there are too few.
    """
    positions = np.linspace(-1, 1, len(values)) if len(values) > 1 else np.zeros(len(values))
    finite = np.isfinite(values)
    x, y = positions[finite], values[finite]
    slope = float(np.polyfit(x, y, 1)[0]) if len(x) >= 2 else float("nan")
    bend = float(np.polyfit(x, y, 2)[0]) if len(x) >= 3 else float("nan")
    return slope, bend
