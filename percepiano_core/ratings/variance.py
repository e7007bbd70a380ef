"""How much raters of one performance differ: the sums that reliability and the noise ceiling are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.ratings.person_ratings import PersonRatings, group_mean, group_sum


@dataclass(frozen=True)
class Scatter:
    """Per performance and dimension, over people, missing ratings left out.

    Attributes
    ----------
    count : [n, 19] number of ratings
    mean : [n, 19] their mean, NaN without ratings
    within : [n, 19] sum of squared deviations from that mean
    """

    count: np.ndarray
    mean: np.ndarray
    within: np.ndarray


def scatter(votes: PersonRatings) -> Scatter:
    """Counts, means and squared deviations of one vote a person."""
    number = len(votes.performances)
    mean = group_mean(votes.values, votes.rows, number)
    squares = (votes.values - mean[votes.rows]) ** 2
    count = group_sum(np.isfinite(votes.values).astype(float), votes.rows, number)
    return Scatter(count, mean, group_sum(np.nan_to_num(squares), votes.rows, number))
