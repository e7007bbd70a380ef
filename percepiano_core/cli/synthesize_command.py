"""`percepiano synthesize`: write the synthetic corpus that the demonstration runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from percepiano_core.corpus.synthetic.writing import Settings, write_corpus


def synthesize(
    folder: Annotated[Path, typer.Argument(help="Folder to write; an older synthetic corpus there is replaced.")],
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal files.")] = 0,
    segments: Annotated[int, typer.Option(min=1, help="Excerpts to compose.")] = 14,
    pianists: Annotated[int, typer.Option(min=1, help="Simulated pianists, beside one deadpan performance.")] = 11,
) -> None:
    """Write a SYNTHETIC corpus: engraved excerpts, simulated pianists, simulated raters, and the truth about them."""
    written = write_corpus(folder, Settings(seed, segments, pianists))
    typer.echo(f"{folder}: synthetic corpus {'written' if written else 'is already there'}")
