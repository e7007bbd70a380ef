"""All scores of one model on one split, by dimension, and the sizes they were measured on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.evaluation.ratings.cohort import Cohort
from percepiano_core.evaluation.ratings.test_sets import TestSet, fold_test_sets, scored_test_sets
from percepiano_core.metrics.ratings import (
    mse_per_dimension,
    noise_ceiling_per_dimension,
    pearson_per_dimension,
    r2_per_dimension,
    within_segment_r_per_dimension,
)
from percepiano_core.store.predictions import FoldPredictions


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of a test set by dimension, [19] each (see metrics.py); NaN where undefined."""

    r2: np.ndarray
    r2_humans: np.ndarray
    ceiling: np.ndarray
    mse: np.ndarray
    pearson: np.ndarray
    within_segment_r: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class SplitScores:
    """A model's scores on a split: as reported, and by draw and fold (mean over seeds) beside them."""

    reported: Scores
    by_fold: dict[tuple[str, str], Scores]  # (split with draw, fold)
    fold_sizes: dict[tuple[str, str], int]
    test_sets: tuple[TestSet, ...]  # what was scored together, one a draw
    n_seeds: int

    @property
    def n_folds(self) -> int:
        """Fold models that were tested, draws multiplied by folds."""
        return len(self.by_fold)

    @property
    def n_test(self) -> int:
        """Performances in the test set; the mean over draws, rounded, where there are several."""
        return round(float(np.mean([len(test_set.performances) for test_set in self.test_sets])))

    @property
    def r2_sd(self) -> float:
        """Standard deviation (ddof 0) of R2 over draws where there are several, else over folds; NaN for one value.

        Over folds of a fixed test set it is training noise, no error of sampling: that is the interval.
        """
        draws: dict[str, list[float]] = defaultdict(list)
        for (split, _), scores in self.by_fold.items():
            draws[split].append(float(scores.r2.mean()))
        values = [float(np.mean(folds)) for folds in draws.values()]
        if len(values) == 1:
            values = next(iter(draws.values()))
        return float(np.std(values)) if len(values) > 1 else float("nan")


def score_split(blocks: Sequence[FoldPredictions], cohort: Cohort) -> SplitScores:
    """Score all predictions of one model on one split family (all draws, folds and seeds).

    R2, MSE and Pearson r are the mean over fold models on a fixed test set, or taken once on pooled out-of-fold
    predictions (test_sets.py); within-segment r is always the mean over folds, since pooled values are distorted
    where the folds' means differ (docs/evaluation.md). Everything is a mean over draws and seeds.
    """
    test_sets = scored_test_sets(blocks, cohort)
    by_fold: dict[tuple[str, str], list[Scores]] = defaultdict(list)
    for block, fold_set in zip(blocks, fold_test_sets(blocks, cohort), strict=True):
        by_fold[block.split, block.fold].append(score_test_set(fold_set))
    means = {key: mean_scores(by_fold[key]) for key in sorted(by_fold)}
    pooled = mean_scores([score_test_set(test_set) for test_set in test_sets])
    return SplitScores(
        reported=Scores(
            pooled.r2,
            pooled.r2_humans,
            pooled.ceiling,
            pooled.mse,
            pooled.pearson,
            within_segment_r=_mean_over_draws(means),
        ),
        by_fold=means,
        fold_sizes={(block.split, block.fold): len(block.performances) for block in blocks},
        test_sets=tuple(test_sets),
        n_seeds=len({block.seed for block in blocks}),
    )


def score_test_set(test_set: TestSet) -> Scores:
    """Scores of a test set by dimension, mean over its fits."""
    humans = test_set.humans()
    return Scores(
        r2=r2_per_dimension(test_set.targets, test_set.predictions).mean(axis=0),
        r2_humans=r2_per_dimension(humans.targets, humans.predictions).mean(axis=0),
        ceiling=noise_ceiling_per_dimension(test_set.targets, test_set.noise),
        mse=mse_per_dimension(test_set.targets, test_set.predictions).mean(axis=0),
        pearson=pearson_per_dimension(test_set.targets, test_set.predictions).mean(axis=0),
        within_segment_r=_within_segment_r(humans),
    )


def mean_scores(scores: Sequence[Scores]) -> Scores:
    """Mean of several, score by score; undefined (NaN) ones left out."""
    return Scores(*(_defined_mean([getattr(each, name) for each in scores]) for name in Scores.__slots__))


def _within_segment_r(humans: TestSet) -> np.ndarray:
    """Mean over fits; undefined without people in the test set."""
    if not len(humans.performances):
        return np.full(humans.targets.shape[-1], np.nan)
    return within_segment_r_per_dimension(humans.targets, humans.predictions, humans.segments).mean(axis=0)


def _mean_over_draws(by_fold: dict[tuple[str, str], Scores]) -> np.ndarray:
    draws: dict[str, list[np.ndarray]] = defaultdict(list)
    for (split, _), scores in by_fold.items():
        draws[split].append(scores.within_segment_r)
    return _defined_mean([_defined_mean(folds) for folds in draws.values()])


def _defined_mean(values: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over the sequence, element by element, of what is not NaN; NaN where nothing is."""
    stack = np.stack(values)
    known = ~np.isnan(stack)
    count = known.sum(axis=0)
    total = np.where(known, stack, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(stack.shape[1:], np.nan), where=count > 0)
