"""All performances of one segment: each laid beside the same score, features computed, rows assembled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.errors import DataError
from percepiano_core.features.assembly import NoteTable, Rows, note_table, published_rows, score_rows
from percepiano_core.features.performance.compute import performance_features
from percepiano_core.features.performance.matching import join_notes, match_of
from percepiano_core.features.performance.published_notes import as_published, renumbered
from percepiano_core.features.score_table import ScoreTable


@dataclass(frozen=True, eq=False)
class PerformanceEntry:
    """One performance of a segment.

    Attributes
    ----------
    values : published key -> float [n], in score order
    masks : published key -> bool [n], True where measured
    rows : what the assembled rows are made of
    notes : the performed notes, fields pitch, velocity, onset_sec, offset_sec at least
    """

    values: Mapping[str, np.ndarray]
    masks: Mapping[str, np.ndarray]
    rows: Rows
    notes: np.ndarray


@dataclass(frozen=True, eq=False)
class SegmentFeatures:
    """The score of a segment and its performances, under one preset ("default" or "published")."""

    compat: str
    score: ScoreTable
    performances: Mapping[str, PerformanceEntry]

    def table(self, performance: str) -> NoteTable:
        """All features of a performance, one row a note: values, masks, locations."""
        entry, score = self.performances[performance], self.score
        return note_table(entry.rows, score.features, entry.values, entry.masks, score.locations, entry.notes)


def join_alignment(score: ScoreTable, aligned_notes: np.ndarray) -> np.ndarray:
    """Row of the score table of each of an alignment's score notes (ALIGNED_NOTE_DTYPE) [s], -1 where it has none."""
    return join_notes(score, aligned_notes["onset_quarter"], aligned_notes["pitch"], aligned_notes["note_id"])


def performance_entry(
    score: ScoreTable,
    performed: PerformedMidi,
    match: np.ndarray,
    compat: str,
    name: str = "performance",
    *,
    midi: Path | None = None,
    inserts: bool = True,
) -> PerformanceEntry:
    """Features and rows of one performance; match [n] points into `performed.notes`.

    name : for messages; midi : its file, for the published order of simultaneous notes (published_notes.py)
    inserts : whether the unmatched performed notes become rows under "published"
    Raises DataError under "published" where the released code drops the performance.
    """
    published = compat == "published"
    if published:
        performed, kept = as_published(performed, midi)
        match = renumbered(match, kept)
    features = performance_features(score, performed, match, compat, name)
    inserting = published and inserts
    rows = published_rows(features.match, len(performed.notes)) if inserting else score_rows(features.match)
    return PerformanceEntry(features.values, features.masks, rows, performed.notes)


def segment_entries(
    score: ScoreTable,
    performances: Mapping[str, tuple[PerformedMidi, Alignment]],
    compat: str,
    on_error: Callable[[str, DataError], None] | None = None,
) -> dict[str, PerformanceEntry]:
    """Entries of all performances; all alignments hold the same score notes.

    Under "default" a failed alignment (status "failed") matches nothing: it would describe other music. on_error is
    told of each performance that cannot be used, which is left out; without it, its DataError is raised.
    """
    entries: dict[str, PerformanceEntry] = {}
    joined: np.ndarray | None = None
    for name, (performed, alignment) in performances.items():
        joined = join_alignment(score, alignment.score_notes) if joined is None else joined
        trusted = compat == "published" or alignment.status != "failed"
        match = match_of(joined, alignment.matches if trusted else alignment.matches[:0], len(score.notes))
        try:
            entries[name] = performance_entry(score, performed, match, compat, name)
        except DataError as error:
            if on_error is None:
                raise
            on_error(name, error)
    return entries
