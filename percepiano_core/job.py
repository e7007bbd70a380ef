"""What every workflow script wraps its work in: output goes to the job's log, an expected error is one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from percepiano_core.errors import PercePianoError


@contextmanager
def logged(log: Path | str) -> Iterator[None]:
    """Send what the block prints to `log`; a PercePianoError ends the process with one line, there and on stderr."""
    with Path(log).open("w", encoding="utf-8", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        try:
            yield
        except PercePianoError as error:
            print(error)
            print(error, file=sys.__stderr__)
            raise SystemExit(1) from None
