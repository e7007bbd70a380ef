"""The pairwise difference loss: by how much one performance of a segment is rated above another of the same segment.

Raters compared what they heard with what they had heard before, and who plays a segment better is what a model has to
say beyond which segment it is. The mean rating of the segment cancels in a pair.
"""

from __future__ import annotations

import torch
from torch import Tensor


def pairwise_difference_loss(residuals: Tensor, segments: Tensor) -> Tensor:
    """Mean squared error of the differences between two performances of one segment; 0 if no two share one.

    residuals : predicted minus true ratings [b, 19]
    segments : number of each performance's segment [b]
    """
    together = segments[:, None] == segments[None, :]
    first, second = torch.triu(together, diagonal=1).nonzero(as_tuple=True)
    if not len(first):
        return residuals.new_zeros(())
    return ((residuals[first] - residuals[second]) ** 2).mean()
