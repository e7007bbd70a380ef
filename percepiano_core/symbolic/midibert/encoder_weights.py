"""Weights of the encoder of compound words in one file: from masked pre-training, or from the published checkpoint.

A safetensors file: the arrays of word_model.WordEncoder under their names, and the size in the header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.symbolic.midibert.settings import BertSize
from percepiano_core.symbolic.midibert.word_model import WordEncoder
from percepiano_core.training.named_arrays import expecting, read_arrays, write_arrays
from percepiano_core.training.torch_adapter import arrays_of, load_module

SIZE = "size"  # key of the header
EXPECTED = ("weights of an encoder", "make it by pre-training or from the published checkpoint")


def encoder_header(size: BertSize) -> dict[str, Any]:
    """What the file says beside the weights."""
    return {SIZE: asdict(size)}


def write_encoder(path: Path | str, size: BertSize, weights: Mapping[str, Tensor]) -> None:
    """Write the weights of an encoder of this size, atomically."""
    write_arrays(path, arrays_of(weights), encoder_header(size))


def load_encoder(path: Path | str, encoder: WordEncoder) -> None:
    """Give the encoder the weights of a file; UserError if it is no such file, or of another size."""
    weights, header = read_arrays(path, *EXPECTED)
    with expecting(path, *EXPECTED):
        found = BertSize(**header[SIZE])
    try:
        load_module(encoder, weights)
    except RuntimeError:
        size = f"{found.hidden} wide, {found.layers} layers"
        raise UserError(path, f"is of another size ({size})", "set the model's size to that of the file") from None
