"""Masked pre-training of the encoder of compound words: guess the words of hidden notes.

The pieces of the valid role are never learned from. Source: percepiano-models.md, section 8 (pre-training).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.store.words import WordCollection
from percepiano_core.symbolic.midibert.compound_words import VOCABULARY
from percepiano_core.symbolic.midibert.word_masking import hide_notes
from percepiano_core.symbolic.midibert.word_model import (
    BertSize,
    MaskedWordModel,
    WordEncoder,
    collate_words,
    word_parts,
)
from percepiano_core.symbolic.networks.pretraining import PretrainingPlan


@dataclass(frozen=True)
class WordPlan(PretrainingPlan):
    """How long, and how; and what of.

    Attributes
    ----------
    notes : of a part, at most; up to 512
    valid_share : of the pieces, that are judged by and not learned from
    """

    notes: int = 128
    valid_share: float = 0.05


class WordTask:
    """Guess the four words of each hidden note."""

    def __init__(self, size: BertSize, seed: int, device: torch.device | str = "cpu") -> None:
        torch.manual_seed(seed)
        self.module = MaskedWordModel(WordEncoder(size)).to(device)
        self.device = device

    def length(self, part: np.ndarray) -> int:
        """Notes of a part."""
        return len(part)

    def guess(self, parts: Sequence[np.ndarray], generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and the share of each kind of words guessed right."""
        batch = collate_words(parts)
        hidden, chosen = hide_notes(batch, generator)
        loss, right = self.module.loss(hidden.to(self.device), batch.words.to(self.device), chosen.to(self.device))
        return loss, {f"right_{kind}": share for kind, share in zip(VOCABULARY, right, strict=True)}


def pretraining_roles(collection: WordCollection, plan: WordPlan) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Parts of the performances to learn from, and of those to judge by: pieces at even distances in order of name."""
    pieces = sorted(set(collection.pieces))
    held = max(1, round(plan.valid_share * len(pieces)))
    if len(pieces) <= held:
        raise UserError("pre-training", f"there is no more than {len(pieces)} piece to learn from", "add performances")
    judged = {pieces[place] for place in np.linspace(0, len(pieces) - 1, held).round().astype(int)}
    roles: tuple[list[np.ndarray], list[np.ndarray]] = [], []
    for piece, words in zip(collection.pieces, collection.words, strict=True):
        roles[piece in judged].extend(word_parts(words, plan.notes))
    return roles
