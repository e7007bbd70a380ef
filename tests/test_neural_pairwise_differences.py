"""What is learned from pairs: differences inside a segment, whatever the level of the segment."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.symbolic.networks.pairwise_differences import pairwise_difference_loss


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(0, 99))
def test_the_error_is_that_of_a_loop_over_pairs(segments, seed):
    residuals = np.random.default_rng(seed).normal(size=(len(segments), 19))
    pairs = [(i, j) for i, j in combinations(range(len(segments)), 2) if segments[i] == segments[j]]
    expected = np.mean([(residuals[i] - residuals[j]) ** 2 for i, j in pairs]) if pairs else 0.0
    found = pairwise_difference_loss(torch.from_numpy(residuals), torch.tensor(segments))
    assert float(found) == pytest.approx(expected)


def test_the_level_of_a_segment_does_not_count():
    residuals, segments = torch.randn(9, 19), torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
    shifted = residuals + torch.randn(3, 19)[segments]
    torch.testing.assert_close(
        pairwise_difference_loss(shifted, segments), pairwise_difference_loss(residuals, segments)
    )


def test_performances_of_different_segments_make_no_pair():
    assert pairwise_difference_loss(torch.randn(3, 19), torch.arange(3)) == 0
