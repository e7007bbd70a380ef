"""Masked pre-training of the encoder of compound words: predict the words of masked notes.

The pieces of the validation role are never trained on. Loss and masking are those of MIDI-BERT (Chou et al., 2021).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.store.words import WordCollection
from percepiano_core.symbolic.midibert.compound_words import VOCABULARY
from percepiano_core.symbolic.midibert.encoder_weights import encoder_header
from percepiano_core.symbolic.midibert.settings import BertSize, PretrainingSettings
from percepiano_core.symbolic.midibert.word_masking import mask_notes
from percepiano_core.symbolic.midibert.word_model import MaskedWordModel, WordEncoder, collate_words, word_parts
from percepiano_core.symbolic.networks.pretraining import PretrainingTask
from percepiano_core.training.run import Trained, TrainingRun
from percepiano_core.training.torch_adapter import device_of, module_arrays

WordParts = list[np.ndarray]


class WordTask:
    """Predict the four words of each masked note."""

    def __init__(self, size: BertSize, seed: int, device: torch.device | str = "cpu") -> None:
        torch.manual_seed(seed)
        self.module = MaskedWordModel(WordEncoder(size)).to(device)
        self.device = device

    def length(self, part: np.ndarray) -> int:
        """Notes of a part."""
        return len(part)

    def masked_loss(self, parts: Sequence[np.ndarray], generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and the share of each kind of words predicted right."""
        batch = collate_words(parts)
        masked, chosen = mask_notes(batch, generator)
        loss, right = self.module.loss(masked.to(self.device), batch.words.to(self.device), chosen.to(self.device))
        return loss, {f"right_{kind}": share for kind, share in zip(VOCABULARY, right, strict=True)}


def pretrained_encoder(
    collection: WordCollection, settings: PretrainingSettings, seed: int, run: TrainingRun
) -> Trained[WordParts]:
    """Pre-train an encoder from random initialisation; its weights, and no predictions."""
    train, valid = pretraining_roles(collection, settings.notes, settings.valid_share)
    run.report(f"masked pre-training: {len(train)} parts to train on, {len(valid)} to validate on")
    masked = WordTask(settings.size, seed, device_of(run))
    result = run.train(PretrainingTask(masked, settings.recipe, train, valid, seed), settings.recipe)
    weights = module_arrays(masked.module.encoder)
    return Trained([], [], weights, encoder_header(settings.size), result.chosen, result)


def pretraining_roles(collection: WordCollection, notes: int, valid_share: float) -> tuple[WordParts, WordParts]:
    """Parts of at most `notes` notes [n, 4] of the performances of the train role, and of the validation role.

    The validation role has a share of the pieces, at even distances in order of name. UserError if none is left.
    """
    pieces = sorted(set(collection.pieces))
    held = max(1, round(valid_share * len(pieces)))
    if len(pieces) <= held:
        raise UserError("pre-training", f"there is no more than {len(pieces)} piece to learn from", "add performances")
    held_out = {pieces[place] for place in np.linspace(0, len(pieces) - 1, held).round().astype(int)}
    roles: tuple[WordParts, WordParts] = [], []
    for piece, words in zip(collection.pieces, collection.words, strict=True):
        roles[piece in held_out].extend(word_parts(words, notes))
    return roles
