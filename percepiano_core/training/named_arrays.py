"""Named NumPy arrays and a JSON header in one safetensors file: weights and checkpoints of all frameworks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from percepiano_core.errors import UserError
from percepiano_core.files import replacing

HEADER = "percepiano"  # name of the metadata that holds the header
Arrays = Mapping[str, np.ndarray]


def write_arrays(path: Path | str, arrays: Arrays, header: Mapping[str, Any]) -> None:
    """Write arrays of any shapes and what JSON holds of them, atomically; equal ones give equal bytes."""
    ordered = {name: np.asarray(value, order="C") for name, value in arrays.items()}  # keeps 0-dimensional ones so
    with replacing(path) as part:
        # One entry of metadata, for several are written in a random order.
        save_file(ordered, part, {HEADER: json.dumps(header)})


def read_arrays(path: Path | str, what: str, remedy: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and header of a file of `write_arrays`; UserError as of `expecting` if it is no safetensors file."""
    with expecting(path, what, remedy), safe_open(path, "np") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - the file is no mapping
        return arrays, _header(file.metadata() or {})


def below(arrays: Arrays, prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin with `prefix`, named without it."""
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def prefixed(arrays: Arrays, prefix: str) -> dict[str, np.ndarray]:
    """The arrays with `prefix` before their names."""
    return {prefix + name: value for name, value in arrays.items()}


@contextmanager
def expecting(path: Path | str, what: str, remedy: str) -> Iterator[None]:
    """Turn what fails because a file's content is not `what` into a UserError of one line."""
    try:
        yield
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserError(path, f"cannot be read as {what} ({reason})", remedy) from None


def _header(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The header; of a file with an entry for each of its keys, as they once were written, the same from these."""
    return json.loads(metadata[HEADER]) if HEADER in metadata else {k: _value(text) for k, text in metadata.items()}


def _value(text: str) -> Any:
    """What JSON says, or the text itself if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text
