"""Logits of a whole recording from a network that sees a minute at a time (docs/dynamics_data.md)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from percepiano_core.dynamics.examples.rolls import WINDOW_FRAMES
from percepiano_core.dynamics.network.model import DynamicsNetwork

BATCH = 8  # windows at a time


@torch.inference_mode()
def predict(network: DynamicsNetwork, features: Tensor, silence: float = 0.0) -> dict[str, np.ndarray]:
    """Logits [T, outputs] of each task of a recording's features [bands, T], T of any length.

    Windows of 3,001 frames share one frame with the next, where their logits are averaged. The last is filled up with
    `silence` (the features' value there: 0 sone, -100 dB of log-mel). The network is put in evaluation mode.
    """
    network.eval()
    batches = [network(batch) for batch in _windows(features, silence).split(BATCH)]
    frames = features.shape[1]
    return {task: stitched(torch.cat([batch[task] for batch in batches]))[:frames].cpu().numpy() for task in batches[0]}


def stitched(windows: Tensor) -> Tensor:
    """One sequence [frames, outputs] from windows [windows, WINDOW_FRAMES, outputs] that share a frame each."""
    joined = windows[:, :-1].flatten(0, 1)
    joined = torch.cat([joined, windows[-1, -1:]])
    hop = WINDOW_FRAMES - 1
    joined[hop:-1:hop] = (windows[:-1, -1] + windows[1:, 0]) / 2
    return joined


def _windows(features: Tensor, silence: float) -> Tensor:
    """Windows [windows, bands, WINDOW_FRAMES] of features [bands, T]."""
    hop = WINDOW_FRAMES - 1
    count = max(math.ceil((features.shape[1] - 1) / hop), 1)
    filled = functional.pad(features, (0, count * hop + 1 - features.shape[1]), value=silence)
    return filled.unfold(1, WINDOW_FRAMES, hop).transpose(0, 1)
