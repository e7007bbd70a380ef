"""The tensors in a checkpoint that others published.

A pickle can run code when it is read, so only tensors in plain containers are accepted (`weights_only`).
"""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import Tensor

from percepiano_core.errors import UserError

WRAPPERS = ("state_dict", "model")  # keys under which training scripts keep the weights
PARALLEL_PREFIX = "module."  # DataParallel's


def read_tensors(path: Path | str) -> dict[str, Tensor]:
    """The state dict in a file, by itself or beside numbers; UserError if the file holds anything but tensors."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        remedy = "where it comes from, save its state dict alone with torch.save, or convert it to safetensors"
        raise UserError(path, f"holds more than tensors, or cannot be read ({_first_line(error)})", remedy) from None
    for wrapper in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise UserError(path, "holds no table of tensors", "give a file with the state dict of a model")
    return content


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
