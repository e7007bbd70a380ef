"""Groups of parameters for the optimiser (`attention_lr_factor`: docs/symbolic_networks.md, "Options")."""

from __future__ import annotations

from typing import Any

from torch import nn

from percepiano_core.symbolic.han.layers.attention import ContextAttention, LinearAttention


def parameter_groups(model: nn.Module, learning_rate: float, attention_factor: float = 1.0) -> list[dict[str, Any]]:
    """Groups for the optimiser: all parameters, or those of attentions apart, learning `attention_factor` as fast."""
    if attention_factor == 1.0:
        return [{"params": list(model.parameters()), "lr": learning_rate}]
    kinds = (ContextAttention, LinearAttention)
    attention = [p for module in model.modules() if isinstance(module, kinds) for p in module.parameters()]
    chosen = {id(parameter) for parameter in attention}
    others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    return [
        {"params": others, "lr": learning_rate},
        {"params": attention, "lr": learning_rate * attention_factor},
    ]
