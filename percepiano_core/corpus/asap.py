"""The ASAP corpus: scores, performances, and which performed note plays which score note.

Foscarin, McLeod, Rigaux, Jacquemard and Sakai, "ASAP: a dataset of aligned scores and performances for piano
transcription" (ISMIR 2020); note alignments by Peter et al., "Automatic note-level score-to-performance alignments in
the ASAP dataset" (TISMIR 2023). The corpus may be a part of the published one: what is absent is not listed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.errors import DataError, UserError
from percepiano_core.spreadsheet import read_sheet, read_text

METADATA = "metadata.csv"
UNPACK = "unpack the corpus again"
ALIGNED_ASAP = "github.com/CPJKU/asap-dataset"
ALIGNED_COLUMNS = (
    "composer",
    "title",
    "xml_score",
    "midi_performance",
    "note_alignments",
    "robust_note_alignment",
)
INSERTION, DELETION = "insertion", "deletion"  # in place of a score id, of a performed id


@dataclass(frozen=True, slots=True)
class AsapRecording:
    """One performance with annotated note alignment; paths are POSIX, relative to the corpus root."""

    composer: str
    title: str
    score: str
    midi: str
    note_alignment: str
    robust: bool  # the corpus's own verdict that the alignment can be trusted


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One line of a note alignment: a match, an insertion (no score_id) or a deletion (nothing performed).

    Attributes
    ----------
    score_id : id of the note in the score with all repeats played, "" for an insertion
    pitch : MIDI pitch of the performed note, -1 for a deletion
    onset_sec : onset of the performed note, nan for a deletion
    """

    score_id: str
    pitch: int
    onset_sec: float


def list_recordings(root: Path | str) -> list[AsapRecording]:
    """Recordings whose score, performance and note alignment are all there, in the corpus's order.

    UserError if the folder holds no ASAP corpus.
    """
    root = Path(root)
    rows = read_metadata(root, ALIGNED_COLUMNS)
    recordings = [_recording(row) for row in rows if row["note_alignments"]]
    return [r for r in recordings if all((root / path).is_file() for path in (r.score, r.midi, r.note_alignment))]


def read_metadata(root: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """Rows of the table of recordings, the named columns; UserError if it is not there or lacks one of `columns`."""
    path = root / METADATA
    if not path.exists():
        raise UserError(root, f"no ASAP corpus here ({METADATA} is missing)", below(root, METADATA))
    sheet = read_sheet(path, (*columns, *optional))
    try:
        places = sheet.places((*columns, *optional), columns)
    except UserError as error:
        aligned = "note_alignment" in error.problem
        remedy = f"take the table of {ALIGNED_ASAP}, which has the note alignments" if aligned else error.remedy
        raise UserError(path, error.problem, remedy) from None
    return [{name: cells[place].strip() for name, place in places.items()} for _, cells in sheet.rows]


def below(root: Path, name: str) -> str:
    """Where to look for a corpus whose table of this name is not in the root: in a folder of it that has it."""
    found = sorted(path.parent for path in root.glob(f"*/{name}"))
    return f"name the folder {found[0]}, which has it" if found else "unpack the corpus there"


def read_note_alignment(path: Path | str) -> list[NoteLine]:
    """Read a `note_alignment.tsv`; DataError if it is missing or has other columns."""
    try:
        rows = csv.DictReader(io.StringIO(read_text(path, DataError), newline=""), delimiter="\t")
        return [_note_line(row) for row in rows]
    except KeyError as error:
        raise DataError(path, f"not a note alignment of ASAP (no column {error.args[0]})", UNPACK) from None
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise DataError(path, f"not a note alignment of ASAP ({error})", UNPACK) from None


def _recording(row: dict[str, str]) -> AsapRecording:
    return AsapRecording(
        composer=row["composer"],
        title=row["title"],
        score=row["xml_score"],
        midi=row["midi_performance"],
        note_alignment=row["note_alignments"],
        robust=row["robust_note_alignment"].lower() in ("1.0", "1", "true"),
    )


def _note_line(row: dict[str, str]) -> NoteLine:
    score_id = "" if row["xml_id"] == INSERTION else row["xml_id"]
    if row["midi_id"] == DELETION:
        return NoteLine(score_id, -1, float("nan"))
    return NoteLine(score_id, int(row["pitch"]), float(row["onset"]))
