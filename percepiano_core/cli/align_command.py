"""`percepiano align`: match one performance with its score and write the matches as a table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.cli.named_files import check_inputs, check_outputs
from percepiano_core.cli.performance_file import named_performance
from percepiano_core.files import asked_for

LONG_PERFORMANCE = 5000  # notes; aligning them takes some seconds


def align(
    score: Annotated[Path, typer.Argument(help="The score, MusicXML (.musicxml, .xml, .mxl).", show_default=False)],
    performance: Annotated[Path, typer.Argument(help="The performance, MIDI.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Table to write, CSV.", show_default=False)],
) -> None:
    """Find out which performed note plays which note of the score.

    Repeats, jumps, skipped and doubled bars are followed as they were played. Writes one row a note: match, ornament
    (a further note of a trill or the like), deletion (in the score, not played) or insertion (played, not in the
    score).
    """
    check_inputs((score, performance))
    check_outputs((output,), (score, performance))
    from percepiano_core.alignment.account import departures, reason_of_failure, repeats

    alignment = _align_files(score, performance, output)
    typer.echo(_summary(alignment, output))
    for clause in repeats(alignment):
        typer.echo(clause)
    for clause in departures(alignment) if alignment.status != "failed" else []:
        typer.echo(f"{performance}: {clause}", err=True)
    if alignment.status == "failed":
        remedy = "check that both are the same music before using the matches"
        typer.echo(f"{performance}: {reason_of_failure(alignment)}; {remedy}", err=True)


def _align_files(score: Path, performance: Path, output: Path) -> Alignment:
    # Imported here because the libraries behind it take most of a second, which `percepiano --help` need not wait for.
    from percepiano_core.alignment.performance import align_performance
    from percepiano_core.alignment.table import write_alignment_csv
    from percepiano_core.score.written_score import read_written_score

    performed = named_performance(performance)
    written = read_written_score(score)
    for repair in written.repairs:
        typer.echo(f"{score}: {repair}", err=True)
    alignment = align_performance(written, performed, report=_progress(len(performed.notes)))
    with asked_for(output):
        write_alignment_csv(output, alignment, performed)
    return alignment


def _progress(notes: int) -> Callable[[float], None] | None:
    """Prints how far a long alignment is, on a terminal; nothing for a short one or into a file."""
    if notes < LONG_PERFORMANCE or not sys.stderr.isatty():
        return None
    return lambda share: typer.echo(f"aligning {notes} notes: {share:.0%} done", err=True)


def _summary(alignment: Alignment, output: Path) -> str:
    from percepiano_core.alignment.account import shares

    ornaments = f"{len(alignment.ornament_notes)} notes of ornaments, " if len(alignment.ornament_notes) else ""
    part = f" of what was played ({shares(alignment)})" if _is_part(alignment) else ""
    return (
        f"{output}: {len(alignment.matches)} matches, {ornaments}{len(alignment.deletions)} deletions, "
        f"{len(alignment.insertions)} insertions; score coverage {alignment.score_coverage:.3f}, "
        f"performance coverage {alignment.performance_coverage:.3f}, quality {alignment.c:.3f}{part}: "
        f"{alignment.status}"
    )


def _is_part(alignment: Alignment) -> bool:
    return bool(alignment.left_out.any() or alignment.outside.any())
