"""Writing a file whole or not at all: a process that is killed leaves the old file or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from percepiano_core.errors import UserError


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """A path beside `path` to write to, which takes its name when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def asked_for(path: Path) -> Iterator[None]:
    """Write in here a file that a person named: UserError where its folder is missing, or it cannot be written."""
    remedy = "name a file in a writable folder"
    if not path.parent.is_dir():
        raise UserError(path, "cannot be written (its folder does not exist)", remedy)
    try:
        yield
    except OSError as error:
        raise UserError(path, f"cannot be written ({error.strerror})", remedy) from None


def write_text(path: Path | str, text: str) -> None:
    r"""Write UTF-8 text with \n endings."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
