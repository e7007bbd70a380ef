"""Weights of the encoder of compound words in one file: from masked pre-training, or from the published checkpoint.

A safetensors file: the tensors of word_model.WordEncoder under their names, and the size in the header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.symbolic.midibert.word_model import BertSize, WordEncoder
from percepiano_core.training.named_arrays import expecting, read_tensors, write_tensors

SIZE = "size"  # key of the header
EXPECTED = ("weights of an encoder", "make it by pre-training or from the published checkpoint")


def write_encoder(path: Path | str, size: BertSize, weights: Mapping[str, Tensor]) -> None:
    """Write the weights of an encoder of this size, atomically."""
    write_tensors(path, weights, {SIZE: asdict(size)})


def load_encoder(path: Path | str, encoder: WordEncoder) -> None:
    """Give the encoder the weights of a file; UserError if it is no such file, or of another size."""
    weights, header = read_tensors(path, *EXPECTED)
    with expecting(path, *EXPECTED):
        found = BertSize(**header[SIZE])
    try:
        encoder.load_state_dict(weights)
    except RuntimeError:
        size = f"{found.hidden} wide, {found.layers} layers"
        raise UserError(path, f"is of another size ({size})", "set the model's size to that of the file") from None
