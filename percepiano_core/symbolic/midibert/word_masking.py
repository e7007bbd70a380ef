"""Masking for masked pre-training: 15 % of the notes; of these 80 % get the mask word, 10 % another, 10 % their own.

See docs/midibert.md, "Masked pre-training".
"""

from __future__ import annotations

import torch
from torch import Tensor

from percepiano_core.symbolic.midibert.compound_words import MASK, VOCABULARY
from percepiano_core.symbolic.midibert.word_model import WordBatch

CHOSEN, MASKED, REPLACED = 0.15, 0.8, 0.1


def mask_notes(batch: WordBatch, generator: torch.Generator) -> tuple[WordBatch, Tensor]:
    """The batch with some notes masked, and which [b, t] are to be predicted; at least one of each performance."""
    lengths = batch.mask.sum(1, keepdim=True)
    order = torch.rand(batch.mask.shape, generator=generator).masked_fill(~batch.mask, torch.inf).argsort(1).argsort(1)
    chosen = order < (CHOSEN * lengths).round().clamp(min=1)
    fate = torch.rand(batch.mask.shape, generator=generator)
    masked, replaced = chosen & (fate < MASKED), chosen & (fate >= MASKED) & (fate < MASKED + REPLACED)
    other = torch.stack([torch.randint(n, batch.mask.shape, generator=generator) for n in VOCABULARY.values()], dim=-1)
    words = torch.where(replaced[..., None], other, batch.words)
    words = torch.where(masked[..., None], torch.from_numpy(MASK), words)
    return WordBatch(words, batch.mask, batch.owner), chosen
