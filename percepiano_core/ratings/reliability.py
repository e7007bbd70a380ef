"""How well raters agree, for each dimension (docs/ratings.md, "Agreement of raters"), and how many of them there are.

Measures
--------
alpha : Krippendorff's alpha with the interval metric (Krippendorff 2011, "Computing Krippendorff's alpha-reliability")
icc1, icck : one-way random intraclass correlation of one rating and of the mean (Shrout and Fleiss 1979, cases 1,1 and
    1,k), with the usual mean number of raters for unequal groups
split_half : correlation of the means of two random halves of the raters, stepped up by Spearman and Brown
sd_points : pooled standard deviation between raters of one performance, in points of the scale 1-7
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from percepiano_core.ratings.person_ratings import PersonRatings, group_mean
from percepiano_core.ratings.table import SCALE
from percepiano_core.ratings.variance import Scatter, scatter

HALVES = 20  # random splits into halves


@dataclass(frozen=True)
class Reliability:
    """Each measure is [19], in the order of DIMENSION_KEYS; NaN where a dimension has too few ratings."""

    alpha: np.ndarray
    icc1: np.ndarray
    icck: np.ndarray
    split_half: np.ndarray
    sd_points: np.ndarray


@dataclass(frozen=True)
class RaterCount:
    """People behind the ratings of one movement; `least`, `median` and `most` are people a performance."""

    movement: str
    performances: int
    raters: int
    ratings: int
    least: int
    median: float
    most: int


def reliability(votes: PersonRatings, random: np.random.Generator, halves: int = HALVES) -> Reliability:
    """All measures; `random` deals the raters into halves."""
    sums = scatter(votes)
    with np.errstate(divide="ignore", invalid="ignore"):  # a dimension without variance has no reliability: NaN
        icc1, icck = _intraclass(votes, sums)
        sd_points = SCALE * np.sqrt(_mean_square_within(sums))
        alpha = _krippendorff_alpha(votes, sums)
        split_half = np.mean([_split_half(votes, random) for _ in range(halves)], axis=0)
    return Reliability(alpha, icc1, icck, split_half, sd_points)


def rater_counts(votes: PersonRatings, movement_of: Mapping[str, str]) -> list[RaterCount]:
    """One row a movement, sorted by name."""
    raters = np.bincount(votes.rows, minlength=len(votes.performances))
    members = defaultdict(list)
    for row, performance in enumerate(votes.performances):
        members[movement_of[performance]].append(row)
    return [_count(movement, np.array(rows), raters, votes) for movement, rows in sorted(members.items())]


def _count(movement: str, rows: np.ndarray, raters: np.ndarray, votes: PersonRatings) -> RaterCount:
    people = set(votes.users[np.isin(votes.rows, rows)].tolist())
    each = raters[rows]
    middle = float(np.median(each))
    return RaterCount(movement, len(rows), len(people), int(each.sum()), int(each.min()), middle, int(each.max()))


def _krippendorff_alpha(votes: PersonRatings, sums: Scatter) -> np.ndarray:
    """1 - observed / expected disagreement; pairs of ratings come from performances with at least two."""
    paired = sums.count >= 2
    count = np.where(paired, sums.count, 0.0)
    values = np.where(paired[votes.rows], votes.values, np.nan)
    total = count.sum(axis=0)
    observed = np.sum(2 * count * np.where(paired, sums.within, 0.0) / np.maximum(count - 1, 1), axis=0) / total
    centred = values - _column_mean(values)
    expected = 2 * np.nansum(centred**2, axis=0) / (total - 1)
    return 1 - observed / expected


def _column_mean(values: np.ndarray) -> np.ndarray:
    """Mean [19] of the rows, NaN cells left out; NaN, without a warning, where nothing is left."""
    return group_mean(values, np.zeros(len(values), dtype=int), 1)[0]


def _mean_square_within(sums: Scatter) -> np.ndarray:
    return sums.within.sum(axis=0) / np.maximum(sums.count - 1, 0).sum(axis=0)


def _intraclass(votes: PersonRatings, sums: Scatter) -> tuple[np.ndarray, np.ndarray]:
    """ICC(1,1) and ICC(1,k)."""
    total = sums.count.sum(axis=0)
    groups = (sums.count > 0).sum(axis=0)
    grand_mean = _column_mean(votes.values)
    between = np.nansum(sums.count * (sums.mean - grand_mean) ** 2, axis=0) / (groups - 1)
    within = _mean_square_within(sums)
    raters = (total - (sums.count**2).sum(axis=0) / total) / (groups - 1)
    return (between - within) / (between + (raters - 1) * within), (between - within) / between


def _split_half(votes: PersonRatings, random: np.random.Generator) -> np.ndarray:
    """Spearman-Brown [19] for one random deal; performances with ratings in one half only do not count."""
    number = len(votes.performances)
    order = np.lexsort((random.random(len(votes.rows)), votes.rows))
    starts = np.searchsorted(votes.rows[order], np.arange(number))
    second = np.empty(len(order), dtype=bool)
    second[order] = (np.arange(len(order)) - starts[votes.rows[order]]) % 2 == 1
    means = [group_mean(votes.values[half], votes.rows[half], number) for half in (~second, second)]
    both = np.isfinite(means[0]) & np.isfinite(means[1])
    first, other = (np.where(both, mean, np.nan) for mean in means)
    first, other = first - _column_mean(first), other - _column_mean(other)
    r = np.nansum(first * other, axis=0) / np.sqrt(np.nansum(first**2, axis=0) * np.nansum(other**2, axis=0))
    return 2 * r / (1 + r)
