"""Mean and standard deviation of each feature, fitted on the train role alone, and standardising by them.

The published statistics cover all roles and count fillers as measurements (defects D3 and D5:
docs/performance_features.md, docs/features.md); here only measured values of the performances that are given count.
Features that are one value a piece count once a performance. Standard deviations are the population's, and 1 where they
would be 0, as published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from percepiano_core.features.feature_sets import GLOBAL_KEYS, NORMALISED_KEYS
from percepiano_core.files import write_text

NEGLIGIBLE = 1e-9  # share of the largest value; no feature is measured as finely


@dataclass(frozen=True)
class FeatureStatistics:
    """Published key -> mean, standard deviation, and how many values they rest on."""

    mean: Mapping[str, float]
    std: Mapping[str, float]
    count: Mapping[str, int]


def fit_statistics(
    performances: Iterable[tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]],
    keys: Iterable[str] = tuple(sorted(NORMALISED_KEYS)),
) -> FeatureStatistics:
    """Statistics of the measured values of `performances`, each (values, masks) with key -> [r].

    A key of which nothing was measured gets mean 0 and standard deviation 1.
    """
    measured: dict[str, list[np.ndarray]] = {key: [] for key in keys}
    for values, masks in performances:
        for key, parts in measured.items():
            known = values[key][masks[key]]
            parts.append(known[:1] if key in GLOBAL_KEYS else known)
    pooled = {key: np.concatenate(parts) if parts else np.empty(0) for key, parts in measured.items()}
    return FeatureStatistics(
        {key: float(value.mean()) if len(value) else 0.0 for key, value in pooled.items()},
        {key: _deviation(value) for key, value in pooled.items()},
        {key: len(value) for key, value in pooled.items()},
    )


def _deviation(values: np.ndarray) -> float:
    """Population standard deviation; 1 for a constant, whose computed deviation can be a rounding error."""
    if not len(values):
        return 1.0
    deviation = float(values.std())
    return deviation if deviation > NEGLIGIBLE * max(1.0, float(np.abs(values).max())) else 1.0


def normalise(values: Mapping[str, np.ndarray], statistics: FeatureStatistics) -> dict[str, np.ndarray]:
    """(x - mean) / std of the keys that have statistics; all others, and NaN, as they are."""
    return {
        key: (value - statistics.mean[key]) / statistics.std[key] if key in statistics.mean else value
        for key, value in values.items()
    }


def write_statistics(path: Path | str, statistics: FeatureStatistics) -> None:
    """Write as JSON, keys sorted."""
    write_text(path, json.dumps(asdict(statistics), indent=1, sort_keys=True) + "\n")


def read_statistics(path: Path | str) -> FeatureStatistics:
    """Read what `write_statistics` wrote."""
    return FeatureStatistics(**json.loads(Path(path).read_text(encoding="utf-8")))
