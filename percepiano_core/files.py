"""Writing a file whole or not at all: a process that is killed leaves the old file or none."""

from __future__ import annotations

import os
import stat
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


def input_problem(path: Path, largest: int | None = None) -> tuple[str, str] | None:
    """Why a path cannot be read as a file, and what to do about it; None where it can.

    Devices and pipes are none: they may have no end.

    largest : bytes that the file may have; None for any number
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return "no such file", "check the name"
    except OSError as error:
        return f"cannot be read ({(error.strerror or str(error)).lower()})", "check the name"
    if stat.S_ISDIR(status.st_mode):
        return "is a folder, not a file", "name a file in it"
    if not stat.S_ISREG(status.st_mode):
        return "is a device or a pipe, not a file", "write what it gives into a file, and name that"
    if not os.access(path, os.R_OK):
        return "cannot be read (permission denied)", "give yourself the right to read it"
    if largest is not None and status.st_size > largest:
        return f"has {status.st_size / 1e6:.0f} MB, more than any such file", "check that it is the right file"
    return None


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
