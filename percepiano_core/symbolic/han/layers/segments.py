"""Softmax and sums over segments of rows: the notes of a beat, the beats of a measure, the notes of a performance.

Rows lie flat, without padding; `owner` [r] names the segment of each row, 0 to n - 1. Nothing here loops over rows or
segments, and nothing depends on what other segments hold.
See docs/symbolic_networks.md, "Segments".
"""

from __future__ import annotations

import torch
from torch import Tensor


def segment_softmax(scores: Tensor, owner: Tensor, n: int) -> Tensor:
    """Softmax of scores [r, k] over the rows of each of n segments, column by column -> [r, k]."""
    index = owner[:, None].expand_as(scores)
    peak = scores.new_full((n, scores.shape[1]), -torch.inf).scatter_reduce(0, index, scores.detach(), "amax")
    raised = torch.exp(scores - peak[owner])
    return raised / segment_sum(raised, owner, n)[owner]


def segment_sum(rows: Tensor, owner: Tensor, n: int) -> Tensor:
    """Sum of rows [r, d] of each of n segments -> [n, d]; 0 where a segment has no row."""
    return rows.new_zeros(n, rows.shape[1]).index_add(0, owner, rows)


def segment_entropy(weights: Tensor, owner: Tensor, n: int) -> Tensor:
    """Mean over segments of two rows or more, and over columns, of the entropy of weights [r, k] over ln(rows).

    1 for even weights, 0 for weights on one row; 0 if no segment has two rows. Weights sum to 1 in a segment.
    """
    sizes = torch.bincount(owner, minlength=n)
    several = sizes > 1
    entropy = segment_sum(torch.special.entr(weights), owner, n)[several]
    if not len(entropy):
        return weights.new_zeros(())
    return (entropy / sizes[several].log()[:, None]).mean()
