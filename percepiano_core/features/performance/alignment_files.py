"""Matches from a file: our own alignment table, or the corresp file of the aligner that the published code used."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.table import read_alignment_csv
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.errors import DataError
from percepiano_core.features.performance.matching import join_notes, match_of
from percepiano_core.features.performance.published_match import match_published, read_corresp
from percepiano_core.features.performance.published_notes import as_published
from percepiano_core.features.score_table import ScoreTable


def match_from_file(
    path: Path | str,
    score: ScoreTable,
    performed: PerformedMidi,
    midi: Path | str,
    published_score: Callable[[], ScoreTable],
) -> np.ndarray:
    """Row of `performed.notes` of each note of `score` [n], -1 where unmatched.

    path : an alignment table (alignment/table.py), or a corresp file, plain or gzipped (.gz)
    midi : the performance's file; published_score : gives the score in the published reading, which alone has the times
        in seconds that a corresp file speaks of
    """
    if _is_corresp(path):
        match = _match_from_corresp(path, score, performed, midi, published_score())
    else:
        match = match_of(np.arange(len(score.notes)), _table(path, score, performed).matches, len(score.notes))
    if not (match >= 0).any():
        raise DataError(path, "matches no note of this score to this performance", "give the alignment of these two")
    return match


def alignment_from_table(path: Path | str, score: ScoreTable, performed: PerformedMidi) -> Alignment | None:
    """Matches and ornaments of an alignment table, by rows of `score`; its insertions are notes that the score lacks.

    None for a corresp file, which names no ornaments.
    """
    return None if _is_corresp(path) else _table(path, score, performed)


def _is_corresp(path: Path | str) -> bool:
    opener = gzip.open if str(path).endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            first = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            path, f"not a readable alignment ({error})", "give an alignment table or a corresp file"
        ) from None
    return first.startswith("//") or "\t" in first or first.startswith("alignID")


def _match_from_corresp(
    path: Path | str, score: ScoreTable, performed: PerformedMidi, midi: Path | str, published: ScoreTable
) -> np.ndarray:
    """The published chain on the published reading, carried over to the notes of `score`."""
    reordered, rows = as_published(performed, midi)
    match = match_published(published.notes, reordered.notes, read_corresp(path))
    matched = np.flatnonzero(match >= 0)
    pairs = np.column_stack([matched, rows[match[matched]]])
    numbers = np.array([f"n{i}" for i in range(len(match))])
    joined = join_notes(score, published.notes["onset_quarter"], published.notes["pitch"], numbers)
    return match_of(joined, pairs, len(score.notes))


def _table(path: Path | str, score: ScoreTable, performed: PerformedMidi) -> Alignment:
    """An alignment table as an alignment with the notes of `score`."""
    rows = [row for row in read_alignment_csv(path) if row["label"] != "insertion"]
    written = [row for row in rows if row["label"] != "ornament"]
    place = np.cumsum([row["label"] != "ornament" for row in rows]) - 1  # ornaments follow their score note
    try:
        onset = np.array([float(row["score_onset_quarter"]) for row in written])
        pitch = np.array([int(row["score_pitch"]) for row in written], dtype="i8")
        matches = _pairs(rows, place, "match")
        ornaments = _pairs(rows, place, "ornament")
    except ValueError as error:
        raise DataError(path, f"holds a row that is not a note ({error})", "align again") from None
    notes = performed.notes
    named = np.concatenate([matches[:, 1], ornaments[:, 1]])
    if (named >= len(notes)).any() or (notes["pitch"][matches[:, 1]] != pitch[matches[:, 0]]).any():
        raise DataError(path, "names notes that this performance does not have", "give the alignment of this file")
    joined = join_notes(score, onset, pitch, np.array([row["score_note_id"] for row in written]))
    found = _joined(matches, joined)
    strokes = _joined(ornaments, joined)
    strokes = strokes[np.isin(strokes[:, 0], found[:, 0])]
    return Alignment(score.notes, np.ones(len(notes), dtype=bool), found, ornament_notes=strokes)


def _pairs(rows: Sequence[Mapping[str, str]], place: np.ndarray, label: str) -> np.ndarray:
    """Pairs [m, 2] of a score note of the table, by its place, and a performed note, of the rows with that label."""
    found = [(int(place[i]), int(row["perf_note_index"])) for i, row in enumerate(rows) if row["label"] == label]
    return np.array(found, dtype="i8").reshape(-1, 2)


def _joined(pairs: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """Pairs with the rows of the score table instead of places, without those that it does not have; sorted."""
    rows = np.column_stack([joined[pairs[:, 0]], pairs[:, 1]])
    rows = rows[rows[:, 0] >= 0]
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]
