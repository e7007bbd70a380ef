"""`percepiano features`: the note-wise features of one performance, or its descriptors, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import typer

from percepiano_core.cli.named_files import check_inputs, check_outputs
from percepiano_core.cli.performance_file import named_performance
from percepiano_core.errors import UserError
from percepiano_core.files import asked_for
from percepiano_core.table_io import write_rows

if TYPE_CHECKING:
    from percepiano_core.alignment.alignment import Alignment
    from percepiano_core.corpus.midi import PerformedMidi

SetName = Literal["score78", "score79", "published101", "published9", "descriptors"]
Compat = Literal["default", "published"]
PLACE_COLUMNS = ("score_onset_quarter", "score_pitch", "voice", "beat", "measure")


def features(
    score: Annotated[Path, typer.Argument(help="The score, MusicXML (.musicxml, .xml, .mxl).", show_default=False)],
    performance: Annotated[Path, typer.Argument(help="The performance, MIDI.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Table to write, CSV.", show_default=False)],
    feature_set: Annotated[
        SetName, typer.Option("--set", help="Which columns; descriptors give one row for the whole performance.")
    ] = "published101",
    compat: Annotated[
        Compat, typer.Option(help="published: exactly as in the released code, its fillers and defects included.")
    ] = "default",
    alignment: Annotated[
        Path | None,
        typer.Option(
            help="Matches to use instead of aligning: a table of `percepiano align`, or a corresp file of the aligner "
            "that the released code used, plain or .gz. The corresp file lists the score MIDI's notes too, so that no "
            "score MIDI is needed.",
            show_default=False,
        ),
    ] = None,
    composer: Annotated[str, typer.Option(help="For the composer columns; published always says Schubert.")] = "",
    rows: Annotated[
        Literal["score", "published"],
        typer.Option(
            help="score: a row a score note. published: also the extra notes played, as in the released data."
        ),
    ] = "score",
) -> None:
    """Compute the features of a performance, a row a score note, not normalised.

    Columns are named as in the released code; vectors are <key>_0, <key>_1 and so on. A cell is empty where nothing was
    measured. beat and measure count from 0.
    """
    _check(feature_set, compat, alignment, rows)
    check_inputs((score, performance, alignment))
    check_outputs((output,), (score, performance, alignment))
    if feature_set == "descriptors":
        header, table = _descriptors(score, performance)
    else:
        header, table = _note_features(
            score, performance, feature_set, compat, alignment, composer, rows == "published"
        )
    _write(output, header, table)
    typer.echo(f"{output}: {len(table)} rows, {len(header)} columns")


def _check(feature_set: SetName, compat: Compat, alignment: Path | None, rows: str) -> None:
    """Refuse options that contradict each other."""
    if rows == "published" and compat != "published":
        raise UserError("--rows published", "inserts rows that only the published preset has", "add --compat published")
    if feature_set == "descriptors" and (alignment is not None or compat == "published"):
        raise UserError("--set descriptors", "has no published form and aligns by itself", "drop the other options")


def _note_features(
    score_path: Path,
    midi: Path,
    feature_set: str,
    compat: Compat,
    alignment: Path | None,
    composer: str,
    inserts: bool,
) -> tuple[list[str], list[list[str]]]:
    from percepiano_core.alignment.played_part import bars_left_out
    from percepiano_core.features.assembly import feature_set as columns_of
    from percepiano_core.features.performance.alignment_files import alignment_from_table, match_from_file
    from percepiano_core.features.performance.matching import match_of
    from percepiano_core.features.performance.segment import SegmentFeatures, join_alignment, performance_entry
    from percepiano_core.features.score.read import read_score

    performed = named_performance(midi)
    source: Alignment | None
    if alignment is None:
        source = aligned = _align(score_path, performed, midi)
        score = read_score(score_path, compat, composer, aligned.order, bars_left_out(aligned))
        match = match_of(join_alignment(score, aligned.score_notes), aligned.matches, len(score.notes))
    else:
        score = read_score(score_path, compat, composer)
        match = match_from_file(alignment, score, performed, midi, lambda: read_score(score_path, "published", ""))
        source = alignment_from_table(alignment, score, performed)
    entry = performance_entry(score, performed, match, compat, str(midi), midi=midi, inserts=inserts, alignment=source)
    table = SegmentFeatures(compat, (score,), {"": entry}).table("")
    matrix = columns_of(table, feature_set)
    is_note = entry.rows.score >= 0
    notes = score.notes[entry.rows.place]
    places = (
        np.where(is_note, notes["onset_quarter"], np.nan),
        np.where(is_note, notes["pitch"], np.nan),
        *(table.locations[level] for level in ("voice", "beat", "measure")),
    )
    values = np.column_stack([*places, matrix.values])
    return [*PLACE_COLUMNS, *matrix.columns], [[_cell(value) for value in row] for row in values.tolist()]


def _align(score_path: Path, performed: PerformedMidi, midi: Path) -> Alignment:
    """Align; DataError where the performance is not one of the score."""
    # Imported here because the libraries behind it take most of a second
    from percepiano_core.alignment.account import departures
    from percepiano_core.features.performance.from_files import SAME_MUSIC, fitting_alignment
    from percepiano_core.score.written_score import read_written_score

    remedy = f"{SAME_MUSIC}, or give --alignment"
    aligned = fitting_alignment(read_written_score(score_path), performed, midi, remedy)
    for clause in departures(aligned):
        typer.echo(f"{midi}: {clause}", err=True)
    return aligned


def _descriptors(score_path: Path, midi: Path) -> tuple[list[str], list[list[str]]]:
    from percepiano_core.features.descriptors.performance import performance_descriptors

    performed = named_performance(midi)
    row = performance_descriptors(performed, _align(score_path, performed, midi))
    return ["performance", *row], [[midi.stem.strip(), *(_cell(value) for value in row.values())]]


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with asked_for(path):
        write_rows(path, header, rows)


def _cell(value: float) -> str:
    """Nine significant digits; empty for what was not measured."""
    return f"{value:.9g}" if np.isfinite(value) else ""
