"""The notes of a MusicXML score as a pianist strikes them: tremolos written out, unisons merged.

partitura reads the score and names its notes (`p0n12`); tied notes are one note.
See docs/alignment.md, "Score notes".
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from percepiano_core.alignment.deferred_import import UNUSED_BY_SCORES, deferring
from percepiano_core.alignment.tremolo import expand_tremolos, tremolo_strokes
from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE

with deferring(*UNUSED_BY_SCORES):
    from partitura import load_musicxml
    from partitura.score import GraceNote, Measure, Part, Score

ONSET_DECIMALS = 4  # of a quarter; score onsets that agree to this are one onset


def read_score_notes(path: Path | str) -> np.ndarray:
    """Read the notes to strike, ALIGNED_NOTE_DTYPE [s], sorted by (onset, pitch).

    DataError if the file is missing, unsafe or not a score, or if it has no notes besides grace notes.
    """
    strokes = tremolo_strokes(read_musicxml(path))
    with reading_with_partitura(path):
        notes, sources = score_notes(load_score(path))
    tagged = {row: strokes[source] for row, source in enumerate(sources) if source in strokes}
    merged = merge_unisons(in_order(expand_tremolos(notes, tagged)))
    if merged["is_grace"].all():
        raise DataError(path, "the score has no notes besides grace notes", "replace it by the score of the segment")
    return merged


@contextmanager
def reading_with_partitura(path: Path | str) -> Iterator[None]:
    """Turn whatever partitura raises into a DataError of this score, and its warnings into nothing.

    partitura documents no exceptions and warns of notation (slurs, tuplets) that has no part in an alignment.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        problem = f"partitura cannot read the score ({type(error).__name__}: {error})"
        raise DataError(path, problem, "export it again from a notation program") from error


def load_score(path: Path | str) -> Score:
    """Parse a score with partitura; only for files that `read_musicxml` has accepted."""
    return load_musicxml(str(path), force_note_ids="keep")


def score_notes(score: Score) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Notes of all parts as written, ALIGNED_NOTE_DTYPE [s] by (onset, pitch), and (part, <note> number) of each."""
    parts = [_part_notes(part) for part in score.parts]
    notes = np.concatenate([table for table, _ in parts])
    sources = [(index, number) for index, (_, numbers) in enumerate(parts) for number in numbers]
    order = _order(notes)
    return notes[order], [sources[row] for row in order]


def in_order(notes: np.ndarray) -> np.ndarray:
    """The notes sorted by (onset, pitch); equal ones keep their order."""
    return notes[_order(notes)]


def merge_unisons(notes: np.ndarray) -> np.ndarray:
    """Of the notes that share onset and pitch keep the longest, the first of equals; grace notes all stay."""
    longest: dict[tuple[float, int], int] = {}
    onsets = np.round(notes["onset_quarter"], ONSET_DECIMALS)
    for row in np.flatnonzero(~notes["is_grace"]).tolist():
        key = (float(onsets[row]), int(notes["pitch"][row]))
        best = longest.setdefault(key, row)
        if notes["duration_quarter"][row] > notes["duration_quarter"][best]:
            longest[key] = row
    kept = notes["is_grace"].copy()
    kept[list(longest.values())] = True
    return notes[kept]


def _part_notes(part: Part) -> tuple[np.ndarray, list[int]]:
    """Notes of one part in partitura's order, and the number of each one's <note> element.

    The table is filled here rather than by partitura's `note_array`, which calls its time maps note by note.
    """
    notes = part.notes_tied
    starts = np.array([note.start.t for note in notes], dtype=int)
    ends = starts + np.array([note.duration_tied for note in notes], dtype=int)
    table = np.zeros(len(notes), dtype=ALIGNED_NOTE_DTYPE)
    if not len(notes):
        return table, []
    table["note_id"] = [note.id for note in notes]
    table["onset_quarter"] = part.quarter_map(starts)
    table["duration_quarter"] = part.quarter_map(ends) - table["onset_quarter"]
    table["onset_beat"] = part.beat_map(starts)
    table["pitch"] = [note.midi_pitch for note in notes]
    table["voice"] = [note.voice or 0 for note in notes]
    table["staff"] = [note.staff or 0 for note in notes]
    table["measure"] = np.searchsorted([m.start.t for m in part.iter_all(Measure)], starts, side="right") - 1
    table["is_grace"] = [isinstance(note, GraceNote) for note in notes]
    return table, [note.doc_order for note in notes]


def _order(notes: np.ndarray) -> np.ndarray:
    return np.lexsort((notes["pitch"], np.round(notes["onset_quarter"], ONSET_DECIMALS)))
