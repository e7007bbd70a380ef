"""Logits of a whole recording from a network that sees a minute at a time (docs/dynamics_data.md)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from percepiano_core.dynamics.examples.rolls import WINDOW_FRAMES
from percepiano_core.dynamics.network.model import DynamicsNetwork

BATCH = 8  # windows at a time


@torch.inference_mode()
def predict(network: DynamicsNetwork, features: Tensor) -> dict[str, np.ndarray]:
    """Logits [T, outputs] of each task of a recording's features [bands, T], T of any length.

    Windows of 3,001 frames share one frame with the next, where their logits are averaged. The last one ends where the
    recording ends; of it only what lies beyond the others is taken. A shorter recording is one window as long as it is.
    Nothing is filled up with silence, which the network's attention would look at from everywhere in the window (see
    docs/dynamics_network.md). The network is put in evaluation mode.
    """
    network.eval()
    frames = features.shape[1]
    if frames < WINDOW_FRAMES:
        said = network(whole_coarse_frames(features, math.prod(network.config.scales))[None])
        return {task: logits[0, :frames].cpu().numpy() for task, logits in said.items()}
    batches = [network(batch) for batch in _windows(features).split(BATCH)]
    return {task: stitched(torch.cat([batch[task] for batch in batches]), frames).cpu().numpy() for task in batches[0]}


def stitched(windows: Tensor, frames: int) -> Tensor:
    """One sequence [frames, outputs] from windows [windows, WINDOW_FRAMES, outputs] that share a frame each.

    The last one ends at the last frame, and may share more.
    """
    hop = WINDOW_FRAMES - 1
    beyond = (frames - 1) % hop
    last = windows[-1, WINDOW_FRAMES - beyond :] if beyond else windows[:0, 0]
    side_by_side = windows[:-1] if beyond else windows
    joined = torch.cat([side_by_side[:, :-1].flatten(0, 1), side_by_side[-1, -1:], last])
    seams = torch.arange(1, len(side_by_side), device=joined.device) * hop
    joined[seams] = (side_by_side[:-1, -1] + side_by_side[1:, 0]) / 2
    return joined


def whole_coarse_frames(features: Tensor, scale: int) -> Tensor:
    """Features [bands, T] on a whole number of coarse frames and one frame, as a window is: mirrored at the end.

    scale : frames of a coarse frame. The last frames would otherwise be heard on the finest level alone.
    """
    last = features.shape[1] - 1
    count = max(math.ceil(last / scale), 1) * scale + 1
    period = torch.arange(count, device=features.device) % max(2 * last, 1)
    return features[:, last - (last - period).abs()]


def _windows(features: Tensor) -> Tensor:
    """Windows [windows, bands, WINDOW_FRAMES] of features [bands, T], T at least WINDOW_FRAMES."""
    side_by_side = features.unfold(1, WINDOW_FRAMES, WINDOW_FRAMES - 1).transpose(0, 1)
    if (features.shape[1] - 1) % (WINDOW_FRAMES - 1) == 0:
        return side_by_side
    return torch.cat([side_by_side, features[None, :, -WINDOW_FRAMES:]])
