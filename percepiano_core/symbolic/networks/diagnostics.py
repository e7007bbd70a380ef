"""What is told of a training run beside its loss: gradients, activations, attention.

The published starting point is nearly blind: all predictions within .01 of one half, attention even over notes
(docs/symbolic_networks.md, "Initialisation"). These numbers show whether a network leaves it.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from torch import nn


def gradient_norms(module: nn.Module) -> dict[str, float]:
    """Part of the module (two steps below it) -> L2 norm of its gradient; parts without a gradient are left out."""
    squares: dict[str, float] = defaultdict(float)
    for name, parameter in module.named_parameters():
        if parameter.grad is not None:
            squares["_".join(name.split(".")[:2])] += float(parameter.grad.square().sum())
    return {f"gradient_{part}": square**0.5 for part, square in squares.items()}


def mean_numbers(parts: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each number over batches, all of which tell the same."""
    return {key: float(np.mean([part[key] for part in parts])) for key in parts[0]}
