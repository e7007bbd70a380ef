"""Attention that turns the rows of a segment into one: notes into a beat, beats into a measure, all into a vector.

See docs/symbolic_networks.md, "Attention" (the published ContextAttention) and "Options" (its temperature, and the
pooling of an earlier replica).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from percepiano_core.symbolic.han.layers.segments import segment_softmax, segment_sum


@dataclass(frozen=True, eq=False)
class Attended:
    """What attention gives.

    Attributes
    ----------
    rows : of the segments [n, d]
    scores, weights : of what they are made of [r, k]; weights sum to 1 in a segment
    owner : segment of each weight [r]
    padding_score : score of a row of zeros [k], which padding would get
    """

    rows: Tensor
    scores: Tensor
    weights: Tensor
    owner: Tensor
    padding_score: Tensor


class ContextAttention(nn.Module):
    """Weights by the likeness of tanh(W x + b) with one learned context vector a head; the rows themselves are summed.

    `heads` divides `width`; head k sees and sums the k-th of as many chunks of a row. Scores are divided by
    `temperature` (published: 1).
    """

    def __init__(self, width: int, heads: int, temperature: float = 1.0) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide the width {width}")
        self.proj = nn.Linear(width, width)
        self.context = nn.Parameter(torch.empty(heads, width // heads, 1).uniform_(-1, 1))
        self.temperature = temperature

    def forward(self, rows: Tensor, owner: Tensor, n: int) -> Attended:
        """Rows [r, width] of the segments `owner` [r] -> n rows."""
        heads, chunk, _ = self.context.shape
        scores = self._scores(self.proj(rows))
        weights = segment_softmax(scores, owner, n)
        weighted = rows.view(-1, heads, chunk) * weights[..., None]
        of_zeros = self._scores(self.proj.bias[None])[0]
        return Attended(segment_sum(weighted.flatten(1), owner, n), scores, weights, owner, of_zeros)

    def _scores(self, projected: Tensor) -> Tensor:
        """Projected rows [r, width] -> [r, heads]."""
        heads, chunk, _ = self.context.shape
        return (torch.tanh(projected).view(-1, heads, chunk) * self.context.squeeze(-1)).sum(-1) / self.temperature


class LinearAttention(nn.Module):
    """Scores linear in a row, one a head; the mean of the heads' weights sums whole rows (option `linear_heads`)."""

    def __init__(self, width: int, heads: int, temperature: float = 1.0) -> None:
        super().__init__()
        self.proj = nn.Linear(width, heads)
        self.temperature = temperature

    def forward(self, rows: Tensor, owner: Tensor, n: int) -> Attended:
        """Rows [r, width] of the segments `owner` [r] -> n rows."""
        scores = self.proj(rows) / self.temperature
        weights = segment_softmax(scores, owner, n)
        pooled = segment_sum(rows * weights.mean(1, keepdim=True), owner, n)
        return Attended(pooled, scores, weights, owner, self.proj.bias / self.temperature)
