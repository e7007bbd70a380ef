"""`percepiano align`: match one performance with its score and write the matches as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.cli.performance_file import named_performance
from percepiano_core.files import asked_for


def align(
    score: Annotated[Path, typer.Argument(help="The score, uncompressed MusicXML.", show_default=False)],
    performance: Annotated[Path, typer.Argument(help="The performance, MIDI.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Table to write, CSV.", show_default=False)],
) -> None:
    """Find out which performed note plays which note of the score.

    Writes one row a note: match, deletion (in the score, not played) or insertion (played, not in the score).
    """
    alignment = _align_files(score, performance, output)
    typer.echo(_summary(alignment, output))
    if alignment.status == "failed":
        typer.echo(
            f"{performance}: does not fit the score (quality {alignment.c:.2f}); "
            "check that both are the same music before using the matches",
            err=True,
        )


def _align_files(score: Path, performance: Path, output: Path) -> Alignment:
    # Imported here because the libraries behind it take most of a second, which `percepiano --help` need not wait for.
    from percepiano_core.alignment.match import align as align_notes
    from percepiano_core.alignment.score_notes import read_score_notes
    from percepiano_core.alignment.table import write_alignment_csv

    performed = named_performance(performance)
    alignment = align_notes(read_score_notes(score), performed)
    with asked_for(output):
        write_alignment_csv(output, alignment, performed)
    return alignment


def _summary(alignment: Alignment, output: Path) -> str:
    return (
        f"{output}: {len(alignment.matches)} matches, {len(alignment.deletions)} deletions, "
        f"{len(alignment.insertions)} insertions; score coverage {alignment.score_coverage:.3f}, "
        f"performance coverage {alignment.performance_coverage:.3f}, quality {alignment.c:.3f}: {alignment.status}"
    )
