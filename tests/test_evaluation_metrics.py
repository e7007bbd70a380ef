"""Metrics against scikit-learn and SciPy, and what must hold for any numbers."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr
from sklearn.metrics import mean_squared_error, r2_score

from percepiano_core.metrics.ratings import (
    mse_per_dimension,
    noise_ceiling_per_dimension,
    pearson_per_dimension,
    r2_per_dimension,
    within_segment_r_per_dimension,
)

RATINGS = st.integers(0, 1_000_000).map(lambda number: number / 1_000_000)  # six decimals, as in prediction files


def pairs(least: int = 2) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Targets and predictions of at least `least` performances."""
    return st.integers(least, 12).flatmap(lambda n: st.tuples(*[arrays(float, (n, 3), elements=RATINGS)] * 2))


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_r2_and_mse_are_those_of_scikit_learn(pair: tuple[np.ndarray, np.ndarray]) -> None:
    targets, predictions = pair
    np.testing.assert_allclose(
        r2_per_dimension(targets, predictions), r2_score(targets, predictions, multioutput="raw_values"), rtol=1e-9
    )
    assert mse_per_dimension(targets, predictions).mean() == pytest.approx(mean_squared_error(targets, predictions))


@given(pairs(least=3))
@settings(max_examples=60, deadline=None)
def test_pearson_is_that_of_scipy_and_0_for_constants(pair: tuple[np.ndarray, np.ndarray]) -> None:
    targets, predictions = pair
    found = pearson_per_dimension(targets, predictions)
    for j in range(3):
        if np.ptp(targets[:, j]) == 0 or np.ptp(predictions[:, j]) == 0:
            assert found[j] == 0
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert found[j] == pytest.approx(pearsonr(targets[:, j], predictions[:, j]).statistic, abs=1e-7)


@given(pairs(), st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_performances_does_not_matter(pair: tuple[np.ndarray, np.ndarray], random) -> None:
    targets, predictions = pair
    order = list(range(len(targets)))
    random.shuffle(order)
    segments = np.arange(len(targets)) // 2
    for metric in (r2_per_dimension, mse_per_dimension, pearson_per_dimension):
        np.testing.assert_allclose(metric(targets[order], predictions[order]), metric(targets, predictions), atol=1e-9)
    np.testing.assert_allclose(
        within_segment_r_per_dimension(targets[order], predictions[order], segments[order]),
        within_segment_r_per_dimension(targets, predictions, segments),
        atol=1e-9,
    )


@given(pairs())
@settings(max_examples=40, deadline=None)
def test_the_target_itself_has_r2_1_and_the_mean_0(pair: tuple[np.ndarray, np.ndarray]) -> None:
    targets, _ = pair
    assert (r2_per_dimension(targets, targets) == 1).all()
    varies = np.ptp(targets, axis=0) > 0
    mean = np.broadcast_to(targets.mean(axis=0), targets.shape)
    np.testing.assert_allclose(r2_per_dimension(targets, mean)[varies], 0, atol=1e-9)


def test_leading_axes_are_fits() -> None:
    generator = np.random.default_rng(0)
    targets, predictions = generator.random((9, 19)), generator.random((4, 9, 19))
    segments = np.array(list("aaabbbccc"))
    for metric in (r2_per_dimension, mse_per_dimension, pearson_per_dimension):
        stacked = metric(targets, predictions)
        assert stacked.shape == (4, 19)
        np.testing.assert_allclose(stacked[2], metric(targets, predictions[2]))
    within = within_segment_r_per_dimension(targets, predictions, segments)
    np.testing.assert_allclose(within[1], within_segment_r_per_dimension(targets, predictions[1], segments))


def test_within_segment_r_by_hand() -> None:
    targets = np.array([[0.1], [0.3], [0.6], [0.9]])
    predictions = np.array([[0.5], [0.6], [0.2], [0.3]])
    # centred in the segment: targets -.1 .1 -.15 .15, predictions -.05 .05 -.05 .05
    expected = 0.025 / np.sqrt(0.065 * 0.01)
    found = within_segment_r_per_dimension(targets, predictions, np.array(["s", "s", "t", "t"]))
    assert found[0] == pytest.approx(expected)


def test_a_segment_look_up_tells_no_players_apart() -> None:
    generator = np.random.default_rng(1)
    segments = np.repeat(np.arange(20), 7)
    look_up = (generator.random((20, 19))[segments]).round(6)
    found = within_segment_r_per_dimension(generator.random((140, 19)), look_up, segments)
    assert (found == 0).all()


def test_fewer_than_two_performances_have_no_r2() -> None:
    assert np.isnan(r2_per_dimension(np.ones((1, 2)), np.ones((1, 2)))).all()


def test_the_ceiling_is_the_share_of_variance_that_is_not_noise() -> None:
    targets = np.array([[0.2, 0.5], [0.4, 0.5]])  # variances .01 and 0
    found = noise_ceiling_per_dimension(targets, np.array([[0.002, 0.1], [0.004, 0.1]]))
    assert found[0] == pytest.approx(0.7)
    assert np.isnan(found[1])


def test_unknown_noise_is_left_out_of_the_ceiling() -> None:
    targets = np.array([[0.2, 0.2], [0.4, 0.4]])
    found = noise_ceiling_per_dimension(targets, np.array([[np.nan, np.nan], [0.004, np.nan]]))
    assert found[0] == pytest.approx(0.6)
    assert np.isnan(found[1])


def test_the_best_predictor_reaches_the_ceiling_and_no_more() -> None:
    generator = np.random.default_rng(2)
    true_mean = generator.normal(0.5, 0.1, (200_000, 1))
    noise = np.full_like(true_mean, 0.06**2)
    ratings = true_mean + generator.normal(0, 0.06, true_mean.shape)
    ceiling = noise_ceiling_per_dimension(ratings, noise)
    assert r2_per_dimension(ratings, true_mean)[0] == pytest.approx(ceiling[0], abs=0.005)
