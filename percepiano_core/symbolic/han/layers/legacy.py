"""What the published code does with padding (docs/released_code.md, "Networks", 1 and 2), to reproduce its numbers.

Both make the answer for one performance depend on the others in its batch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch


def padded_rows(rows: Tensor, batch: NoteBatch) -> tuple[Tensor, Tensor]:
    """Rows of notes [n, d] and their performance [n], followed by rows of zeros that pad each to the longest.

    Pooling over these is the defect: a layer with a bias makes them other than zero, and no mask finds them again.
    """
    missing = batch.lengths.max() - batch.lengths
    owner = torch.from_numpy(np.repeat(np.arange(len(batch)), missing)).to(rows.device)
    zeros = rows.new_zeros(len(owner), rows.shape[1])
    return torch.cat([rows, zeros]), torch.cat([batch.notes.owner, owner])


def guessed_lengths(index: np.ndarray) -> np.ndarray:
    """Length [b] that the published code reads off padded indices [b, t]: up to the steepest fall, if not the first.

    A row without padding has no fall, so that its first repeat is taken for its end.
    """
    if index.shape[1] < 2:
        return np.full(len(index), index.shape[1])
    lengths = np.diff(index, axis=1).argmin(axis=1) + 1
    return np.where(lengths == 1, index.shape[1], lengths)


def guessed_reach(batch: NoteBatch, level: str) -> Tensor:
    """1 for the notes [n] within the guessed length of their performance, else 0; `level` "beat" or "measure"."""
    owner = np.repeat(np.arange(len(batch)), batch.lengths)
    place = np.arange(len(owner)) - (np.cumsum(batch.lengths) - batch.lengths)[owner]
    padded = np.zeros((len(batch), batch.lengths.max()), dtype=np.int64)
    padded[owner, place] = getattr(batch, level)
    reached = place < guessed_lengths(padded)[owner]
    return torch.from_numpy(reached).to(batch.features)
