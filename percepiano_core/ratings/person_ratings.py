"""One vote a person and performance: the cleaned ratings behind reliability, noise and the `clean` labels.

Steps (docs/ratings.md, "Labels"): 0 and 8 become missing cell by cell, empty rows go, of repeated (user, dataID)
rows the first stays, then each person's ratings of one performance are averaged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from percepiano_core.ratings.table import DONT_KNOW, DONT_KNOW_REVERSED, SCALE, RatingTable, select_rows


@dataclass(frozen=True)
class PersonRatings:
    """One row for each person and performance.

    Attributes
    ----------
    performances : keys in the order of their first rating
    rows : [m] which performance a row rates, an index into `performances`
    users : [m] str
    values : [m, 19] in (0, 1], NaN where the person did not know
    """

    performances: tuple[str, ...]
    rows: np.ndarray
    users: np.ndarray
    values: np.ndarray


def person_ratings(table: RatingTable) -> PersonRatings:
    """Clean the table and average repeated ratings of a person."""
    values = np.where(np.isin(table.values, (DONT_KNOW, DONT_KNOW_REVERSED)), np.nan, table.values)
    answered = select_rows(RatingTable(table.users, table.data_ids, table.performances, values), _any_number(values))
    once = select_rows(answered, first_occurrences(answered.users, answered.data_ids))
    performances, row_performance = index_by_first(once.performances)
    users, row_user = index_by_first(once.users)
    pairs, row_pair = np.unique(row_performance * len(users) + row_user, return_inverse=True)
    votes = group_mean(once.values, row_pair, len(pairs)) / SCALE
    names = np.array(users, dtype=str)
    return PersonRatings(performances, pairs // max(len(users), 1), names[pairs % max(len(users), 1)], votes)


def select_performances(votes: PersonRatings, performances: Collection[str]) -> PersonRatings:
    """The ratings of these performances alone."""
    known = np.array([each in performances for each in votes.performances], dtype=bool)
    place = np.cumsum(known) - 1
    rows = known[votes.rows]
    kept = tuple(each for each, is_known in zip(votes.performances, known, strict=True) if is_known)
    return PersonRatings(kept, place[votes.rows[rows]], votes.users[rows], votes.values[rows])


def _any_number(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values).any(axis=1)


def first_occurrences(*columns: np.ndarray) -> np.ndarray:
    """Ascending indices [m] of the rows whose combination of columns has not occurred before."""
    seen = np.stack(columns, axis=1)
    return np.sort(np.unique(seen, axis=0, return_index=True)[1])


def index_by_first(names: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Distinct names in order of first appearance, and for each entry [n] the index of its name."""
    found, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(found), dtype=int)
    rank[order] = np.arange(len(found))
    return tuple(found[order].tolist()), rank[inverse]


def group_sum(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Column sums [count, columns] over the rows of each group."""
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, groups, values)
    return total


def group_mean(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Column means [count, columns] over the rows of each group, NaN cells left out; NaN where nothing is left."""
    present = np.isfinite(values)
    number = group_sum(present.astype(float), groups, count)
    total = group_sum(np.where(present, values, 0.0), groups, count)
    return np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)
