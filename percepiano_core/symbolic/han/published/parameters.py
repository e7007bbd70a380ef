"""Counting parameters as the published code and as we build them.

See docs/symbolic_networks.md, "The released classes".
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from percepiano_core.symbolic.han.architecture import LEVELS, Architecture, Options
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.layers.attention import ContextAttention
from percepiano_core.symbolic.han.layers.stages import build_stage

PUBLISHED_STAGES = LEVELS["total_note_cat"]


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers of a module."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def unused_modules(width: int, architecture: Architecture) -> nn.ModuleDict:
    """Modules without values that the published class builds beside those on the way to its head.

    All stages are always built there, and a performance encoder (8H -> 2H and an attention) that is never called. The
    single-recurrence models build nothing in vain.
    """
    built = LEVELS[architecture.level]
    if "stack" in built:
        return nn.ModuleDict()
    with torch.device("meta"):
        unused = {
            name: build_stage(name, PUBLISHED_STAGES[:i], width, architecture)
            for i, name in enumerate(PUBLISHED_STAGES)
            if name not in built
        }
        inner = 2 * architecture.hidden
        unused["performance_encoder"] = nn.ModuleDict(
            {"contract": nn.Linear(4 * inner, inner), "pool": ContextAttention(inner, architecture.heads)}
        )
    return nn.ModuleDict(unused)


def active_parameters(width: int, architecture: Architecture) -> int:
    """Parameters that the loss reaches; all that our model has."""
    with torch.device("meta"):
        return count_parameters(HierarchicalModel(width, replace(architecture, options=Options())))


def published_parameters(width: int, architecture: Architecture) -> int:
    """Parameters of the published class, with the modules that nothing reads."""
    return active_parameters(width, architecture) + count_parameters(unused_modules(width, architecture))
