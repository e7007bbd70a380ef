"""The tensors in a file that others published: safetensors, npz, or PyTorch's own.

A pickle can run code when it is read, so that of a PyTorch file only tensors in plain containers are accepted
(`weights_only`).
"""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from safetensors import safe_open

from percepiano_core.errors import UserError
from percepiano_core.training.named_arrays import expecting

EXPECTED = ("published weights", "give a file of safetensors, npz or PyTorch")
WRAPPERS = ("state_dict", "model")  # keys under which training scripts keep the weights


def read_tensors(path: Path | str) -> dict[str, np.ndarray]:
    """Named arrays of a file, by its suffix; UserError if it cannot be read, or holds anything but tensors."""
    suffix = Path(path).suffix
    if suffix in (".safetensors", ".npz"):
        with expecting(path, *EXPECTED):
            return _safetensors(path) if suffix == ".safetensors" else dict(np.load(path, allow_pickle=False))
    return _of_torch(path)


def _safetensors(path: Path | str) -> dict[str, np.ndarray]:
    with safe_open(path, "np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - the file is no mapping


def _of_torch(path: Path | str) -> dict[str, np.ndarray]:
    try:
        import torch
    except ImportError:
        raise UserError(path, "PyTorch, which wrote it, is not installed", "install it, or convert the file") from None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        remedy = "where it comes from, save its state dict alone with torch.save, or convert it to safetensors"
        first = str(error).strip().split("\n")[0]
        raise UserError(path, f"holds more than tensors, or cannot be read ({first})", remedy) from None
    for wrapper in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise UserError(path, "holds no table of tensors", "give a file with the state dict of a model")
    return {name: value.numpy() for name, value in content.items()}
