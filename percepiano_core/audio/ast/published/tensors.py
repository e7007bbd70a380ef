"""The tensors in a file that others published: safetensors, npz, or PyTorch's own."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors import safe_open

from percepiano_core.errors import UserError
from percepiano_core.training.named_arrays import expecting

EXPECTED = ("published weights", "give a file of safetensors, npz or PyTorch")


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
    if find_spec("torch") is None:
        raise UserError(path, "PyTorch, which wrote it, is not installed", "install it, or convert the file")
    from percepiano_core.training.torch_adapter import arrays_of, read_state_dict

    return arrays_of(read_state_dict(path))
