"""The dynamics networks: one encoder, and heads for dynamics, beats, downbeats and change points.

"Joint estimation of piano dynamics and metrical structure" (ICASSP 2026, arXiv 2510.18190); layers:
docs/dynamics_network.md. The released multi-task network computes four projections and, where it has experts, throws
them away: 288 parameters that never learn. They are left out, so that the published 445,053 parameters are 444,765
here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from percepiano_core.dynamics.network.architecture import TASKS, NetworkConfig
from percepiano_core.dynamics.network.encoder import DROPOUT, MultiScaleEncoder

LATENT = 8  # channels that the heads share
EXPERTS = 8
INPUT_NORM_MOMENTUM = 0.01


class DynamicsNetwork(nn.Module):
    """From features to the logits of every task."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        alone = len(config.tasks) == 1
        self.input_norm = nn.BatchNorm1d(config.bands, momentum=INPUT_NORM_MOMENTUM)
        self.encoder = MultiScaleEncoder(config.bands, TASKS[config.tasks[0]] if alone else LATENT, config.scales)
        self.head = None if alone else TaskHeads(config.tasks, config.experts)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Logits [B, T, outputs] of each task from features [B, bands, T]."""
        latent = self.encoder(self.input_norm(features))
        if self.head is None:
            return {self.config.tasks[0]: latent.transpose(1, 2)}
        return self.head(latent)


class TaskHeads(nn.Module):
    """Dropout, a view of the shared features for each task, and a linear output."""

    def __init__(self, tasks: tuple[str, ...], experts: bool) -> None:
        super().__init__()
        self.dropout = nn.Dropout(DROPOUT)
        self.views = Experts(len(tasks)) if experts else Projections(len(tasks))
        self.outputs = nn.ModuleDict({task: _xavier(nn.Linear(LATENT, TASKS[task])) for task in tasks})

    def forward(self, latent: Tensor) -> dict[str, Tensor]:
        """Logits [B, T, outputs] of each task from [B, LATENT, T]."""
        views = self.views(self.dropout(latent))
        return {task: output(views[:, :, i]) for i, (task, output) in enumerate(self.outputs.items())}


class Experts(nn.Module):
    """Multi-gate mixture of experts (Ma et al., KDD 2018): each task weighs the same experts, frame by frame.

    The experts, two convolutions each, run as one grouped convolution.
    """

    def __init__(self, tasks: int) -> None:
        super().__init__()
        self.tasks = tasks
        self.inner = nn.Conv1d(LATENT, EXPERTS * LATENT, 3, padding=1)
        self.outer = nn.Conv1d(EXPERTS * LATENT, EXPERTS * LATENT, 3, padding=1, groups=EXPERTS)
        self.gates = nn.Linear(LATENT, tasks * EXPERTS)

    def forward(self, latent: Tensor) -> Tensor:
        """[B, LATENT, T] -> [B, T, tasks, LATENT]."""
        opinions = self.outer(functional.relu(self.inner(latent))).unflatten(1, (EXPERTS, LATENT))
        gates = self.gates(latent.transpose(1, 2)).unflatten(-1, (self.tasks, EXPERTS)).softmax(dim=-1)
        return torch.einsum("bect,btke->btkc", opinions, gates)


class Projections(nn.Module):
    """One linear map with GELU for each task."""

    def __init__(self, tasks: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(_xavier(nn.Linear(LATENT, LATENT)) for _ in range(tasks))

    def forward(self, latent: Tensor) -> Tensor:
        """[B, LATENT, T] -> [B, T, tasks, LATENT]."""
        frames = latent.transpose(1, 2)
        return functional.gelu(torch.stack([linear(frames) for linear in self.maps], dim=2))


def parameter_count(module: nn.Module) -> int:
    """Learned parameters of a network."""
    return sum(parameter.numel() for parameter in module.parameters())


def _xavier(linear: nn.Linear) -> nn.Linear:
    nn.init.xavier_uniform_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
