"""An alignment as a table, one row a note: for people, spreadsheets and other programs.

Rows are the score notes by (onset, pitch, id), matched or deleted, each followed by the further notes of its ornament,
then the inserted performed notes by index. Columns that do not apply are empty. See docs/alignment.md, "The table".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.errors import DataError
from percepiano_core.table_io import read_rows, write_rows

COLUMNS = (
    "label",
    "score_onset_quarter",
    "score_pitch",
    "score_note_id",
    "perf_note_index",
    "perf_onset_s",
    "perf_pitch",
    "perf_velocity",
)
Row = dict[str, str]


def alignment_rows(alignment: Alignment, performed: PerformedMidi) -> list[Row]:
    """The table's rows; label is match, ornament (of the same score note), deletion (not played) or insertion."""
    partner = dict(alignment.matches.tolist())
    ornaments: dict[int, list[int]] = {}
    for score_row, performed_row in alignment.ornament_notes.tolist():
        ornaments.setdefault(score_row, []).append(performed_row)
    notes = alignment.score_notes
    order = np.lexsort((notes["note_id"], notes["pitch"], np.round(notes["onset_quarter"], 4))).tolist()
    played = []
    for row in order:
        cells = _score_cells(notes[row])
        played.append(_row(cells, _performed_cells(performed, partner.get(row))))
        for performed_row in ornaments.get(row, []):
            played.append(_row(cells, _performed_cells(performed, performed_row)) | {"label": "ornament"})
    extra = [_row({}, _performed_cells(performed, row)) for row in alignment.insertions.tolist()]
    return played + extra


def write_alignment_csv(path: Path | str, alignment: Alignment, performed: PerformedMidi) -> None:
    """Write the table as UTF-8 CSV."""
    rows = alignment_rows(alignment, performed)
    write_rows(path, COLUMNS, ([row.get(column, "") for column in COLUMNS] for row in rows))


def read_alignment_csv(path: Path | str) -> list[Row]:
    """Read the table's rows back; DataError if columns are missing or a label is unknown."""
    rows = read_rows(path, COLUMNS, "align again", DataError)
    unknown = {row["label"] for row in rows} - {"match", "ornament", "deletion", "insertion"}
    if unknown:
        raise DataError(path, f"has the unknown label {min(unknown)!r}", "align again")
    return rows


def match_pairs(rows: list[Row]) -> set[tuple[str, int, int]]:
    """The matches as (score onset, score pitch, performed index); independent of how notes are named."""
    return {
        (row["score_onset_quarter"], int(row["score_pitch"]), int(row["perf_note_index"]))
        for row in rows
        if row["label"] == "match"
    }


def _row(score: Row, performed: Row) -> Row:
    label = "match" if score and performed else "deletion" if score else "insertion"
    return {"label": label} | score | performed


def _score_cells(note: np.void) -> Row:
    return {
        "score_onset_quarter": f"{note['onset_quarter']:.4f}",
        "score_pitch": str(note["pitch"]),
        "score_note_id": str(note["note_id"]),
    }


def _performed_cells(performed: PerformedMidi, row: int | None) -> Row:
    if row is None:
        return {}
    note = performed.notes[row]
    return {
        "perf_note_index": str(row),
        "perf_onset_s": f"{note['onset_sec']:.5f}",
        "perf_pitch": str(note["pitch"]),
        "perf_velocity": str(note["velocity"]),
    }
