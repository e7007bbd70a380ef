"""Ratings of an ensemble: the mean of its members, and intervals that cover what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.perception.intervals import HeldOut, coverage, half_widths, held_out, rated
from percepiano_core.store.predictions import FoldPredictions

K = len(DIMENSION_KEYS)


def with_errors(errors: np.ndarray) -> HeldOut:
    """Performances [m] whose errors are alike in all dimensions."""
    targets = np.repeat(errors[:, None], K, axis=1)
    return HeldOut(tuple(f"p{i}" for i in range(len(errors))), targets, np.zeros((len(errors), K)))


def fold(name: str, seed: int, performances: tuple[str, ...], predicted: float, target: float = 0.5) -> FoldPredictions:
    n = len(performances)
    return FoldPredictions(
        "performer", name, seed, "han", performances, np.full((n, K), target), np.full((n, K), predicted)
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.05, 0.95))
def test_at_least_the_promised_share_of_its_own_errors_lies_in_an_interval(errors, level):
    valid = with_errors(np.array(errors))
    assert (coverage(valid, half_widths(valid, level)) >= level - 1e-9).all()


def test_the_width_is_the_error_of_the_rank_that_covers_a_new_performance():
    valid = with_errors(np.arange(1, 100) / 100)  # 99 errors: of 100 ranks the 90th
    np.testing.assert_allclose(half_widths(valid, 0.9), 0.9)


def test_nine_performances_are_enough_for_ninety_percent_and_eight_are_not():
    assert np.isfinite(half_widths(with_errors(np.arange(9) / 10), 0.9)).all()
    ratings = rated(np.full((2, 1, K), 0.3), half_widths(with_errors(np.arange(8) / 10), 0.9))
    assert (ratings.low == 0).all() and (ratings.high == 1).all()


def test_new_performances_are_covered_as_promised():
    rng = np.random.default_rng(0)
    shares = [
        coverage(with_errors(rng.exponential(size=50)), half_widths(with_errors(rng.exponential(size=60)), 0.9))[0]
        for _ in range(2000)
    ]
    assert np.mean(shares) == pytest.approx(55 / 61, abs=0.005)  # the 55th of 60 errors, of 61 places


def test_a_rating_is_the_mean_of_its_members_and_stays_on_the_scale():
    ratings = rated(np.stack([np.full((2, K), 0.9), np.full((2, K), 0.7)]), np.full(K, 0.3))
    np.testing.assert_allclose(ratings.mean, 0.8)
    np.testing.assert_allclose(ratings.spread, 0.1)
    np.testing.assert_allclose(ratings.low, 0.5)
    np.testing.assert_allclose(ratings.high, 1)


def test_seeds_of_a_fold_are_averaged_before_their_error_is_taken():
    valid = held_out([fold("0", 0, ("a", "b"), 0.4), fold("0", 1, ("a", "b"), 0.6), fold("1", 0, ("c",), 0.7)])
    assert valid.performances == ("a", "b", "c")
    np.testing.assert_allclose(valid.errors[:, 0], [0, 0, 0.2])


def test_members_that_learned_other_ratings_are_refused():
    with pytest.raises(UserError, match="a: has different labels"):
        held_out([fold("0", 0, ("a",), 0.4), fold("0", 1, ("a",), 0.4, target=0.6)])
