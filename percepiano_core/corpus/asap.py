"""The ASAP corpus: scores, performances, and which performed note plays which score note.

Foscarin, McLeod, Rigaux, Jacquemard and Sakai, "ASAP: a dataset of aligned scores and performances for piano
transcription" (ISMIR 2020); note alignments by Peter et al., "Automatic note-level score-to-performance alignments in
the ASAP dataset" (TISMIR 2023). The corpus may be a part of the published one: what is absent is not listed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.errors import DataError, UserError

METADATA = "metadata.csv"
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
    try:
        with (root / METADATA).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        raise UserError(root, f"no ASAP corpus here ({METADATA} is missing)", "unpack the corpus there") from None
    recordings = [_recording(row) for row in rows if row["note_alignments"]]
    return [r for r in recordings if all((root / path).is_file() for path in (r.score, r.midi, r.note_alignment))]


def read_note_alignment(path: Path | str) -> list[NoteLine]:
    """Read a `note_alignment.tsv`; DataError if it is missing or has other columns."""
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            return [_note_line(row) for row in csv.DictReader(file, delimiter="\t")]
    except OSError:
        raise DataError(path, "no such note alignment", "unpack the corpus again") from None
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(path, f"not a note alignment of ASAP ({error})", "unpack the corpus again") from None


def _recording(row: dict[str, str]) -> AsapRecording:
    return AsapRecording(
        composer=row["composer"],
        title=row["title"],
        score=row["xml_score"],
        midi=row["midi_performance"],
        note_alignment=row["note_alignments"],
        robust=bool(row["robust_note_alignment"]) and float(row["robust_note_alignment"]) == 1.0,
    )


def _note_line(row: dict[str, str]) -> NoteLine:
    score_id = "" if row["xml_id"] == INSERTION else row["xml_id"]
    if row["midi_id"] == DELETION:
        return NoteLine(score_id, -1, float("nan"))
    return NoteLine(score_id, int(row["pitch"]), float(row["onset"]))
