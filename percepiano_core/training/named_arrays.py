"""Named tensors and a JSON header in one safetensors file: what trained weights are kept in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.files import replacing

HEADER = "percepiano"  # name of the metadata that holds the header


def write_tensors(path: Path | str, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Write tensors and what JSON holds of them, atomically; equal ones give equal bytes."""
    kept = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with replacing(path) as part:
        # One entry of metadata, for several are written in a random order.
        save_file(kept, part, {HEADER: json.dumps(header)})


def read_tensors(path: Path | str, what: str, remedy: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and header of a file of `write_tensors`; UserError as of `expecting` if it is no safetensors file."""
    with expecting(path, what, remedy), safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - the file is no mapping
        return tensors, _header(file.metadata() or {})


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
