"""Initial values that an option chooses; without options a model keeps the library's own, as published.

See docs/symbolic_networks.md, "Initialisation".
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from percepiano_core.symbolic.han.architecture import Options
from percepiano_core.symbolic.han.layers.attention import ContextAttention

CONTEXT_RANGE = 2.0  # section 6, attention_init
FORGET_BIAS = 1.0  # a tensor; the two biases add up to 2


def initialise(model: nn.Module, options: Options) -> None:
    """Draw anew what the options name; the random numbers are torch's global generator's.

    A model without storage (torch's meta device), which is only counted or asked for its names, is left as it is.
    """
    if next(model.parameters()).is_meta:
        return
    if options.lstm_init == "orthogonal":
        for recurrence in _modules(model, nn.LSTM):
            _orthogonal(recurrence)
    if options.attention_init == "xavier":
        for name, module in model.named_modules():
            if isinstance(module, ContextAttention) and (options.attention_init_scope == "all" or "head" not in name):
                _xavier_attention(module)
    if options.head_init_gain:
        for layer in (model.get_submodule("head.fc1"), model.get_submodule("head.fc2")):
            _xavier(layer, options.head_init_gain)


def _orthogonal(recurrence: nn.LSTM) -> None:
    """Orthogonal over all four gates at once, biases 0 but 1 for the forget gate, in either bias."""
    hidden = recurrence.hidden_size
    with torch.no_grad():
        for name, parameter in recurrence.named_parameters():
            if name.startswith("weight"):
                nn.init.orthogonal_(parameter)
            else:
                parameter.zero_()
                parameter[hidden : 2 * hidden] = FORGET_BIAS


def _xavier_attention(attention: ContextAttention) -> None:
    _xavier(attention.proj, 1.0)
    nn.init.uniform_(attention.context, -CONTEXT_RANGE, CONTEXT_RANGE)


def _xavier(layer: nn.Module, gain: float) -> None:
    assert isinstance(layer, nn.Linear)
    nn.init.xavier_uniform_(layer.weight, gain)
    nn.init.zeros_(layer.bias)


def _modules(model: nn.Module, kind: type[nn.LSTM]) -> Iterator[nn.LSTM]:
    return (module for module in model.modules() if isinstance(module, kind))
