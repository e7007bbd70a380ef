"""Losses of the dynamics network (docs/dynamics_network.md, "Loss").

The shift-tolerant loss is that of Foscarin, Schlüter and Widmer, "Beat this! Accurate beat tracking without DBN
postprocessing" (ISMIR 2024).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from percepiano_core.metrics.levels_and_beats import BLANK

TOLERANCE = 3  # frames


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Mean cross-entropy over the frames where `mask` is 1; over all frames if it is nowhere.

    logits : [B, T, classes]; targets : [B, T] classes; mask : [B, T] of 0 and 1
    """
    loss = functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    count = mask.sum()
    return torch.where(count > 0, (loss * mask).sum() / count.clamp(min=1), loss.mean())


def shift_tolerant_bce(
    logits: Tensor, targets: Tensor, positive_weight: float | None = None, tolerance: int = TOLERANCE
) -> Tensor:
    """Binary cross-entropy that forgives events up to `tolerance` frames early or late.

    A positive frame is judged by the largest logit near it; a negative one only if no event is within twice the
    tolerance. Frames that are not judged count in the mean; the first and last 2 * tolerance carry no loss at all.

    logits, targets : [B, T], targets 0 or 1; positive_weight : factor on the loss of positive frames
    """
    border = 2 * tolerance
    largest = functional.max_pool1d(logits, 2 * tolerance + 1, stride=1)  # [B, T - 2 tolerance]
    largest = largest[:, tolerance : largest.shape[-1] - tolerance]
    events = targets[:, border : targets.shape[-1] - border]
    near_event = functional.max_pool1d(targets, 2 * border + 1, stride=1)
    weight = None if positive_weight is None else torch.tensor(positive_weight, dtype=logits.dtype)
    return functional.binary_cross_entropy_with_logits(
        largest, events, weight=events + 1 - near_event, pos_weight=None if weight is None else weight.to(logits.device)
    )


def total_loss(
    logits: Mapping[str, Tensor], targets: Mapping[str, Tensor], positive_weights: Mapping[str, float]
) -> dict[str, Tensor]:
    """Loss of each task that has logits, and their plain sum as "total".

    Dynamics count at beats that have a level.

    logits : task -> [B, T, outputs]; targets : task -> [B, T], "beat" always among them
    """
    losses = {}
    for task, found in logits.items():
        if task == "dynamic":
            labelled = targets["beat"] * (targets[task] != BLANK)
            losses[task] = masked_cross_entropy(found, targets[task], labelled)
        else:
            losses[task] = shift_tolerant_bce(found[..., 0], targets[task], positive_weights[task])
    return losses | {"total": torch.stack(list(losses.values())).sum()}
