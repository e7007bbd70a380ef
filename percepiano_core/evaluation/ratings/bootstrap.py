"""Intervals of R2 by resampling segments and performers: the two-way cluster ("pigeonhole") bootstrap.

Performances of one segment, and performances by one performer, are not independent, so neither are errors in them.
A replicate draws as many segments and as many performers as there are, with replacement; a performance counts as
often as its segment was drawn times as often as its performer was (A. B. Owen, "The pigeonhole bootstrap", Annals of
Applied Statistics 1(2), 2007). Draws of a split share the replicate's counts, since their test sets share segments.

Intervals are percentiles of the replicates, shifted so that the replicates' mean is the estimate. Without the shift
they miss the truth far too often: resampled clusters vary less than the clusters themselves, so that R2 of replicates
lies below the estimate, as the estimate lies below R2 on endless clusters (docs/evaluation.md has measured coverages).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.test_sets import TestSet
from percepiano_core.metrics.ratings import weighted_r2_per_dimension

LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class ClusterCounts:
    """How often each replicate drew each cluster: [B, segments] and [B, performers], columns as named (sorted)."""

    segments: np.ndarray
    performers: np.ndarray
    segment_counts: np.ndarray
    performer_counts: np.ndarray

    def weights(self, test_set: TestSet) -> np.ndarray:
        """Weight of each performance of the test set in each replicate, [B, N]."""
        segment = np.searchsorted(self.segments, test_set.segments)
        performer = np.searchsorted(self.performers, test_set.performers)
        return self.segment_counts[:, segment] * self.performer_counts[:, performer]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


def draw_clusters(test_sets: Sequence[TestSet], replicates: int, seed: int) -> ClusterCounts:
    """Draw segments and performers of all the test sets with replacement.

    The counts depend on the seed, the split and the sets of clusters alone, so that every model tested on the same
    performances sees the same replicates and models can be compared in pairs.
    """
    segments = np.unique(np.concatenate([test_set.segments for test_set in test_sets]))
    performers = np.unique(np.concatenate([test_set.performers for test_set in test_sets]))
    generator = np.random.default_rng(np.random.SeedSequence([seed, *test_sets[0].split.encode()]))

    def counts(clusters: int) -> np.ndarray:
        return generator.multinomial(clusters, np.full(clusters, 1 / clusters), size=replicates).astype(float)

    return ClusterCounts(segments, performers, counts(len(segments)), counts(len(performers)))


def bootstrap_r2(test_sets: Sequence[TestSet], counts: ClusterCounts) -> np.ndarray:
    """R2 by dimension in each replicate, [B, 19]: mean over test sets (draws) and over the fits of each.

    A dimension that does not vary among the drawn performances of a test set is NaN in that replicate.
    """
    return np.mean([_weighted_r2(test_set, counts.weights(test_set)) for test_set in test_sets], axis=0)


def interval(estimate: float, replicates: np.ndarray, level: float = LEVEL) -> Interval:
    """Interval of an R2 (or of a difference of two) from its replicates [B]; it always holds the estimate."""
    known = replicates[~np.isnan(replicates)]
    if not len(known) or np.isnan(estimate):
        return Interval(estimate, float("nan"), float("nan"))
    shift = estimate - known.mean()
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) + shift
    return Interval(estimate, min(float(low), estimate), min(max(float(high), estimate), 1.0))


def paired_difference(
    first: Sequence[TestSet], second: Sequence[TestSet], replicates: int, seed: int, level: float = LEVEL
) -> Interval:
    """R2 (mean of the dimensions) of the second model minus that of the first, with its interval.

    Both are scored on the same replicates, so what is hard for both cancels: the second beats the first by a margin if
    the interval lies above 0. UserError if they were not tested on the same performances.
    """
    if [(each.split, each.performances) for each in first] != [(each.split, each.performances) for each in second]:
        raise UserError(first[0].split, "two models were tested on different performances", "run both again")
    counts = draw_clusters(first, replicates, seed)
    difference = bootstrap_r2(second, counts).mean(axis=1) - bootstrap_r2(first, counts).mean(axis=1)
    estimate = float(np.mean(plain_r2(second)) - np.mean(plain_r2(first)))
    return interval(estimate, difference, level)


def plain_r2(test_sets: Sequence[TestSet]) -> np.ndarray:
    """R2 by dimension with every performance counted once, [19]."""
    return np.mean([_weighted_r2(each, np.ones((1, len(each.performances))))[0] for each in test_sets], axis=0)


def _weighted_r2(test_set: TestSet, weights: np.ndarray) -> np.ndarray:
    """R2 with weights [B, N], mean over fits, [B, 19]."""
    return weighted_r2_per_dimension(test_set.targets, test_set.predictions, weights)
