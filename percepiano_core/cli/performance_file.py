"""The performance that a person names on the command line, and a word on what was irregular in its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from percepiano_core.corpus.midi import PerformedMidi


def named_performance(path: Path) -> PerformedMidi:
    """Read it; one line on stderr if something in it was repaired. DataError as of `read_performance`."""
    from percepiano_core.corpus.midi import read_performance

    performed = read_performance(path)
    tell_repairs(path, performed)
    return performed


def tell_repairs(path: Path, performed: PerformedMidi) -> None:
    """One line on stderr if something in the file was repaired or passed over."""
    if performed.repairs:
        typer.echo(f"{path}: irregular, and used: {'; '.join(performed.repairs)}", err=True)
