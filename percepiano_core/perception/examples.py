"""What a model of descriptors sees: one row of numbers a performance, who played what, and how it was rated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.ratings.labels import read_labels
from percepiano_core.table_io import header_of, read_numbers

JOINED_SETS = "^(raw|tonal|aligned|mel|embedding)([+](raw|tonal|aligned|mel|embedding))*$"  # as settings name them
TABLES = ("descriptors", "mel_statistics", "embedding", "descriptors+mel_statistics", "descriptors+embedding")
"""What a model of descriptors can be given: tables of a row a performance, which stand side by side."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Performances with descriptors and ratings, row by row.

    Attributes
    ----------
    performances : names [n]
    segments, pieces, movements, works, performers : keys [n]; a performer is a (work, player) pair
    deadpan : bool [n], deadpan performances of the notation
    features : float [n, d]; NaN where a descriptor is missing
    feature_names : names [d], the part before the first "_" is the descriptor set
    labels : float [n, 19], 0 to 1, columns in the order of DIMENSION_KEYS
    n_raters : float [n], distinct raters of each performance
    """

    performances: np.ndarray
    segments: np.ndarray
    pieces: np.ndarray
    movements: np.ndarray
    works: np.ndarray
    performers: np.ndarray
    deadpan: np.ndarray
    features: np.ndarray
    feature_names: tuple[str, ...]
    labels: np.ndarray
    n_raters: np.ndarray

    def __len__(self) -> int:
        return len(self.performances)

    def rows(self, which: np.ndarray) -> Examples:
        """The examples of the given rows (indices or a mask), in that order."""
        chosen = {each.name: getattr(self, each.name)[which] for each in fields(self) if each.name != "feature_names"}
        return Examples(feature_names=self.feature_names, **chosen)

    def named(self, performances: Iterable[str]) -> Examples:
        """The examples with these names, in the order given; UserError for a name that is not here."""
        place = {name: row for row, name in enumerate(self.performances.tolist())}
        wanted = list(performances)
        missing = sorted(set(wanted) - place.keys())
        if missing:
            raise UserError(missing[0], "a split names this performance, but it has no rating", "make the split again")
        return self.rows(np.array([place[name] for name in wanted], dtype=int))


@dataclass(frozen=True, eq=False)
class Predicted:
    """A model's answer: ratings [n, 19] for the test role, and what the validation role chose."""

    test: np.ndarray
    chosen: dict[str, Any] = field(default_factory=dict)


def joined(first: Examples, second: Examples) -> Examples:
    """The rows of two sets of examples with the same descriptors, the first's before the second's."""
    rows = {
        each.name: np.concatenate([getattr(first, each.name), getattr(second, each.name)])
        for each in fields(Examples)
        if each.name != "feature_names"
    }
    return Examples(feature_names=first.feature_names, **rows)


def load_examples(
    performances: Sequence[Performance], descriptors: Sequence[Path | str], labels: Path | str
) -> Examples:
    """Examples of every performance that has a rating, in the order of the manifest.

    `descriptors` are CSV tables with the columns performance and one a descriptor (empty: missing); their descriptors
    stand side by side. A performance without a row in one has none of its descriptors, and still is an example.
    `labels` is a CSV with the columns performance, n_raters and the 19 dimension keys (ratings/labels.py).
    """
    ratings = read_labels(labels)
    row_of = {name: row for row, name in enumerate(ratings.performances)}
    rated = [each for each in performances if each.performance in row_of]
    if not rated:
        raise UserError(labels, "rates no performance of the manifest", "make manifest and ratings from one corpus")
    tables = [_descriptor_table(path) for path in descriptors]
    rows = np.array([row_of[each.performance] for each in rated])
    return Examples(
        performances=np.array([each.performance for each in rated]),
        segments=np.array([each.segment for each in rated]),
        pieces=np.array([each.piece for each in rated]),
        movements=np.array([each.movement for each in rated]),
        works=np.array([each.work for each in rated]),
        performers=np.array([each.performer for each in rated]),
        deadpan=np.array([each.deadpan for each in rated]),
        features=np.hstack([np.empty((len(rated), 0)), *(_described(rated, *table) for table in tables)]),
        feature_names=tuple(name for names, _ in tables for name in names),
        labels=ratings.mean[rows],
        n_raters=ratings.n_raters[rows].astype(float),
    )


def _described(rated: Sequence[Performance], names: Sequence[str], rows: dict[str, np.ndarray]) -> np.ndarray:
    """Descriptors [n, d] of performances; NaN for one that has no row."""
    nothing = np.full(len(names), np.nan)
    return np.array([rows.get(each.performance, nothing) for each in rated]).reshape(len(rated), len(names))


def _descriptor_table(path: Path | str) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """Names of the descriptors, and performance -> their values."""
    names = tuple(name for name in header_of(path) if name != "performance")
    return names, read_numbers(path, names)
