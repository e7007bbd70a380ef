"""The two-way cluster bootstrap: equal to a plain loop, seeded, and its intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from evaluation_cases import RANDOM_TRUTH, random_test_set
from sklearn.metrics import r2_score

from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.bootstrap import (
    ClusterCounts,
    bootstrap_r2,
    draw_clusters,
    interval,
    paired_difference,
    plain_r2,
)
from percepiano_core.evaluation.ratings.test_sets import TestSet


def naive_replicate(test_set: TestSet, counts: ClusterCounts, replicate: int) -> np.ndarray:
    """R2 [19] of performances written out as often as their segment and performer were drawn, mean over fits."""
    times_segment = dict(zip(counts.segments, counts.segment_counts[replicate], strict=True))
    times_performer = dict(zip(counts.performers, counts.performer_counts[replicate], strict=True))
    rows = []
    for i in range(len(test_set.performances)):
        times = times_segment[test_set.segments[i]] * times_performer[test_set.performers[i]]
        rows += [i] * int(times)
    scores = [r2_score(test_set.targets[rows], fit[rows], multioutput="raw_values") for fit in test_set.predictions]
    return np.mean(scores, axis=0)


def test_replicates_equal_a_plain_loop_over_repeated_performances() -> None:
    sets = [random_test_set(np.random.default_rng(i), 7, 5, fits=3) for i in range(2)]
    counts = draw_clusters(sets, replicates=25, seed=1)
    expected = [np.mean([naive_replicate(each, counts, b) for each in sets], axis=0) for b in range(25)]
    np.testing.assert_allclose(bootstrap_r2(sets, counts), expected, rtol=1e-9)


def test_as_many_clusters_are_drawn_as_there_are_and_the_seed_decides() -> None:
    sets = [random_test_set(np.random.default_rng(0), 9, 4)]
    counts = draw_clusters(sets, 50, seed=3)
    assert (counts.segment_counts.sum(axis=1) == 9).all()
    assert (counts.performer_counts.sum(axis=1) == 4).all()
    np.testing.assert_array_equal(draw_clusters(sets, 50, seed=3).segment_counts, counts.segment_counts)
    assert (draw_clusters(sets, 50, seed=4).segment_counts != counts.segment_counts).any()


def test_every_performance_once_is_the_plain_score() -> None:
    test_set = random_test_set(np.random.default_rng(5), 6, 6, fits=2)
    expected = np.mean(
        [r2_score(test_set.targets, fit, multioutput="raw_values") for fit in test_set.predictions], axis=0
    )
    np.testing.assert_allclose(plain_r2([test_set]), expected)


def test_a_dimension_without_variance_is_undefined_not_infinite() -> None:
    test_set = random_test_set(np.random.default_rng(6), 5, 5)
    test_set.targets[:, 3] = 0.5
    replicates = bootstrap_r2([test_set], draw_clusters([test_set], 20, 0))
    assert np.isnan(replicates[:, 3]).all()
    assert np.isfinite(np.delete(replicates, 3, axis=1)).all()


def test_the_interval_holds_its_estimate_and_ends_at_1() -> None:
    replicates = np.random.default_rng(0).normal(0.9, 0.1, 1000)
    found = interval(0.95, replicates)
    assert found.low < 0.95 < found.high == 1.0
    assert found.high - found.low < 0.4
    assert np.isnan(interval(float("nan"), replicates).low)
    assert np.isnan(interval(0.5, np.full(10, np.nan)).high)


def coverage(repeats: int, segments: int, performers: int) -> float:
    """Share of made-up test sets whose interval holds the R2 of endless segments and performers."""
    hits = 0
    for i in range(repeats):
        test_set = random_test_set(np.random.default_rng(1000 + i), segments, performers)
        replicates = bootstrap_r2([test_set], draw_clusters([test_set], 300, i)).mean(axis=1)
        found = interval(float(plain_r2([test_set]).mean()), replicates)
        hits += found.low <= RANDOM_TRUTH <= found.high
    return hits / repeats


@pytest.mark.parametrize(("segments", "performers"), [(40, 25), (99, 8)])
def test_95_percent_intervals_hold_the_truth_about_95_times_in_100(segments: int, performers: int) -> None:
    assert coverage(100, segments, performers) >= 0.9


def test_a_paired_difference_is_narrower_than_the_scores_and_finds_the_better_model() -> None:
    first = random_test_set(np.random.default_rng(8), 20, 10)
    error = np.random.default_rng(9).normal(0, 0.03, first.targets.shape)
    second = TestSet(
        first.split,
        first.performances,
        first.targets,
        first.predictions + error,
        first.segments,
        first.performers,
        first.human,
        first.noise,
    )
    difference = paired_difference([first], [second], 300, 0)
    replicates = bootstrap_r2([first], draw_clusters([first], 300, 0)).mean(axis=1)
    alone = interval(float(plain_r2([first]).mean()), replicates)
    assert difference.high < 0
    assert difference.high - difference.low < 0.5 * (alone.high - alone.low)
    assert paired_difference([first], [first], 50, 0).estimate == 0


def test_models_tested_on_other_performances_are_not_compared() -> None:
    first, second = (random_test_set(np.random.default_rng(i), 5, 4) for i in (1, 2))
    with pytest.raises(UserError, match="different performances"):
        paired_difference([first], [second], 10, 0)
