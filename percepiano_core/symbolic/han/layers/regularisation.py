"""The penalty on beat attention that is too even, of the earlier replica's experiments.

See `entropy_weight` in docs/symbolic_networks.md, "Options".
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from percepiano_core.symbolic.han.architecture import Options
from percepiano_core.symbolic.han.layers.attention import Attended
from percepiano_core.symbolic.han.layers.note_stage import Activations
from percepiano_core.symbolic.han.layers.segments import segment_entropy
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch

TINY = 1e-8  # section 6


def entropy_penalty(made: Activations, batch: NoteBatch, options: Options) -> Tensor:
    """What the loss grows by: weight x max(0, normalised entropy of the beat attention - target)."""
    if not options.entropy_weight or "beat" not in made.attention:
        return made.of_notes.new_zeros(())
    entropy = _ENTROPIES[options.entropy_scope](made.attention["beat"], batch)
    return options.entropy_weight * torch.relu(entropy - options.entropy_target)


def _within_segments(beats: Attended, batch: NoteBatch) -> Tensor:
    return segment_entropy(beats.weights, beats.owner, len(beats.rows))


def _over_sequence(beats: Attended, batch: NoteBatch) -> Tensor:
    """The replica's: one softmax over all notes and the padding, where scores are those of a row of zeros.

    Not the attention that is used, and dependent on the longest performance of the batch.
    """
    longest = int(batch.lengths.max())
    if longest < 2:
        return beats.scores.new_zeros(())
    owner = batch.notes.owner
    place = torch.arange(len(owner), device=owner.device) - (owner.bincount().cumsum(0) - owner.bincount())[owner]
    scores = beats.padding_score.expand(len(batch), longest, -1).clone()
    scores[owner, place] = beats.scores
    weights = scores.softmax(dim=1)
    return -(weights * (weights + TINY).log()).sum(1).mean() / math.log(longest)


_ENTROPIES = {"segment": _within_segments, "sequence": _over_sequence}
