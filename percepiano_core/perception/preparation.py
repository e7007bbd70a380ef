"""Descriptors made ready for a regression: chosen by set, gaps filled from the train role, brought to one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.perception.examples import Examples

LARGEST = 4.0  # standardised values are cut here: one broken file must not pull a linear model
CONSTANT = 1e-9


@dataclass(frozen=True, eq=False)
class Preparation:
    """What the train role says about a set of descriptors.

    Attributes
    ----------
    columns : indices [d] into the examples' features, those that vary in the train role
    gap_columns : indices into `columns` whose being missing is told by an indicator column of its own
    filling : train median [d], put where a value is missing
    centre, scale : mean and standard deviation [d + gap columns] of the filled train features
    """

    columns: np.ndarray
    gap_columns: np.ndarray
    filling: np.ndarray
    centre: np.ndarray
    scale: np.ndarray

    def filled(self, examples: Examples) -> np.ndarray:
        """Features [n, d + gap columns] without gaps, in the descriptors' units."""
        return _filled(examples.features[:, self.columns], self.filling, self.gap_columns)

    def standardised(self, examples: Examples) -> np.ndarray:
        """Features [n, d + gap columns] of zero mean and unit variance over the train role, cut at +-LARGEST."""
        return np.clip((self.filled(examples) - self.centre) / self.scale, -LARGEST, LARGEST)


def prepare(train: Examples, feature_set: str) -> Preparation:
    """Learn the preparation of a feature set ("raw", "aligned", "raw+aligned", ...) from the train role alone.

    A set's columns are those whose name starts with the set's name and "_". Descriptors that are constant or missing
    throughout the train role are left out; indicator columns are kept once where many gaps coincide.
    """
    columns = _columns(train.feature_names, feature_set)
    values = train.features[:, columns]
    known = np.isfinite(values)
    usable = known.any(axis=0)
    filling = np.zeros(len(columns))
    filling[usable] = np.nanmedian(np.where(known, values, np.nan)[:, usable], axis=0)
    usable &= np.where(known, values, filling).std(axis=0) > CONSTANT
    columns, filling, known = columns[usable], filling[usable], known[:, usable]
    gap_columns = _distinct_gaps(known)
    filled = _filled(train.features[:, columns], filling, gap_columns)
    return Preparation(columns, gap_columns, filling, filled.mean(axis=0), np.maximum(filled.std(axis=0), CONSTANT))


def _columns(names: tuple[str, ...], feature_set: str) -> np.ndarray:
    wanted = feature_set.split("+")
    for each in wanted:
        if not any(name.startswith(f"{each}_") for name in names):
            has = ", ".join(sorted({name.split("_")[0] for name in names})) or "none"
            raise UserError(f"feature set {feature_set}", f"no descriptor of the set {each}", f"use sets of: {has}")
    return np.array([i for i, name in enumerate(names) if name.split("_")[0] in wanted], dtype=int)


def _distinct_gaps(known: np.ndarray) -> np.ndarray:
    """One column [g] for each pattern of gaps that occurs."""
    first: dict[bytes, int] = {}
    for column in np.flatnonzero(~known.all(axis=0)).tolist():
        first.setdefault(known[:, column].tobytes(), column)
    return np.array(sorted(first.values()), dtype=int)


def _filled(values: np.ndarray, filling: np.ndarray, gap_columns: np.ndarray) -> np.ndarray:
    gaps = ~np.isfinite(values)
    return np.hstack([np.where(gaps, filling, values), gaps[:, gap_columns].astype(float)])
