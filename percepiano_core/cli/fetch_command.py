"""`percepiano fetch`: the published corpus, if there is none yet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from percepiano_core.corpus.download import download
from percepiano_core.corpus.percepiano import check_root
from percepiano_core.corpus.root import VARIABLE, telling_variable


def fetch(
    target: Annotated[Path, typer.Argument(help="Folder of the corpus.")] = Path("corpora/percepiano"),
) -> None:
    """Download the pinned commit of the PercePiano corpus and check every file; does nothing if a corpus is there."""
    given = os.environ.get(VARIABLE)
    if given:
        with telling_variable("rated"):
            check_root(Path(given))
        typer.echo(f"corpus: {given} ({VARIABLE})")
        return
    columns = (TextColumn("downloading the corpus"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("download", total=None)
        download(target, progress=lambda done, total: progress.update(task, completed=done, total=total or None))
    typer.echo(f"corpus: {target}")
