"""From rows of notes, beats or measures to 19 logits a performance: contract, pool by attention, two linear layers.

See docs/symbolic_networks.md, "What the head reads".
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.layers.attention import Attended, ContextAttention, LinearAttention

POOLS = {"context": ContextAttention, "linear_heads": LinearAttention}


class Head(nn.Module):
    """Head over rows of `width`; `contracts` where they are first brought to 2H, the width of pooling and layers.

    `descriptors` of a performance, so many, are read beside its pooled vector (published: none).
    """

    def __init__(self, width: int, contracts: bool, architecture: Architecture, descriptors: int = 0) -> None:
        super().__init__()
        options, inner = architecture.options, 2 * architecture.hidden
        self.norm_rows = nn.LayerNorm(width) if options.norm_after_encoder else nn.Identity()
        self.contract = nn.Linear(width, inner) if contracts else nn.Identity()
        self.pool = POOLS[options.pool](inner, architecture.heads, options.temperature("pool"))
        self.norm_pooled = nn.LayerNorm(inner) if options.norm_before_head else nn.Identity()
        self.dropout = nn.Dropout(architecture.dropout)
        self.fc1 = nn.Linear(inner + descriptors, inner)
        self.fc2 = nn.Linear(inner, len(DIMENSION_KEYS))

    def forward(self, rows: Tensor, owner: Tensor, descriptors: Tensor) -> tuple[Tensor, Attended]:
        """Rows [r, width] of performances `owner` [r], descriptors [n, d] -> logits [n, 19], and how it pooled."""
        pooled: Attended = self.pool(self.contract(self.norm_rows(rows)), owner, len(descriptors))
        read = torch.cat([self.norm_pooled(pooled.rows), descriptors], dim=1)
        hidden = gelu(self.fc1(self.dropout(read)))
        return self.fc2(self.dropout(hidden)), pooled
