"""Weights of the encoder of compound words in one file: from masked pre-training, or from the published checkpoint.

A safetensors file: the tensors of word_model.WordEncoder under their names, and the size as metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.files import replacing
from percepiano_core.symbolic.neural.word_model import BertSize, WordEncoder

SIZE = "size"  # name of the metadata


def write_encoder(path: Path | str, size: BertSize, weights: Mapping[str, Tensor]) -> None:
    """Write the weights of an encoder of this size, atomically."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    with replacing(path) as part:
        save_file(tensors, part, {SIZE: json.dumps(asdict(size))})


def load_encoder(path: Path | str, encoder: WordEncoder) -> None:
    """Give the encoder the weights of a file; UserError if it is no such file, or of another size."""
    try:
        weights = load_file(path)
        with safe_open(path, "pt") as file:
            found = json.loads((file.metadata() or {})[SIZE])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        problem = f"cannot be read as weights of an encoder ({str(error).splitlines()[0]})"
        raise UserError(path, problem, "make it by pre-training or from the published checkpoint") from None
    try:
        encoder.load_state_dict(weights)
    except RuntimeError:
        size = f"{found['hidden']} wide, {found['layers']} layers"
        raise UserError(path, f"is of another size ({size})", "set the model's size to that of the file") from None
