"""Masked-note pre-training of the note stage: predict the features of masked notes from those around them.

What a note is like in its score and how it is played follows partly from its neighbours; what the stage learns from
predicting it, it need not learn from a few hundred ratings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from percepiano_core.features.assembly import NoteTable
from percepiano_core.symbolic.han.layers.note_stage import NoteStage
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch, NoteSequence, collate
from percepiano_core.symbolic.han.notes.slicing import consecutive_spans, cut
from percepiano_core.symbolic.networks.network import Notes

MASKED_SHARE = 0.15  # of the notes, as for compound words
PART = 128  # notes of a part of a whole piece; a rated performance has about 110


class MaskedNoteModel(nn.Module):
    """A note stage, what it reads of a masked note (learned), and a linear prediction of the note's features."""

    def __init__(self, stage: NoteStage) -> None:
        super().__init__()
        width = stage.embed.in_features
        self.stage = stage
        self.mask_vector = nn.Parameter(torch.zeros(width))
        self.features = nn.Linear(2 * stage.embed.out_features, width)

    def forward(self, batch: NoteBatch, chosen: Tensor) -> Tensor:
        """Predicted features [k, w] of the k `chosen` notes (bool [n]), which are masked."""
        masked = torch.where(chosen[:, None], self.mask_vector, batch.features)
        return self.features(self.stage(replace(batch, features=masked)).levels["note"][chosen])


class NoteTask:
    """Predict the features of masked notes; it trains the stage that it is given, in place.

    `encode` makes of the notes of a performance what the stage reads.
    """

    def __init__(self, stage: NoteStage, encode: Callable[[str, NoteTable], NoteSequence]) -> None:
        self.encode = encode
        self.device = stage.embed.weight.device
        self.module = MaskedNoteModel(stage).to(self.device)

    def parts(self, notes: Notes) -> list[NoteSequence]:
        """Whole measures of about PART notes each."""
        pieces = [self.encode(name, table) for name, table in notes.items()]
        return [cut(piece, span) for piece in pieces for span in consecutive_spans(piece.measure, PART)]

    def length(self, part: NoteSequence) -> int:
        """Notes of a performance."""
        return len(part.beat)

    def masked_loss(
        self, parts: Sequence[NoteSequence], generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean squared error of the predicted features; no other numbers."""
        batch = collate(parts).to(self.device)
        chosen = torch.rand(len(batch.features), generator=generator) < MASKED_SHARE
        chosen[torch.randint(len(chosen), (1,), generator=generator)] = True
        chosen = chosen.to(self.device)
        return nn.functional.mse_loss(self.module(batch, chosen), batch.features[chosen]), {}
