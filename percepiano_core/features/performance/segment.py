"""All performances of one segment: each laid beside the same score, features computed, rows assembled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.ornaments import with_whole_ornaments
from percepiano_core.alignment.played_part import bars_left_out
from percepiano_core.alignment.tempo_map import NONE_ADDED, added_notes
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.errors import DataError
from percepiano_core.features.assembly import NoteTable, Rows, note_table, published_rows, score_rows, without_unplayed
from percepiano_core.features.performance.compute import performance_features
from percepiano_core.features.performance.matching import match_of
from percepiano_core.features.performance.published_notes import as_published, renumbered
from percepiano_core.features.score_table import ScoreTable
from percepiano_core.job import concerning


@dataclass(frozen=True, eq=False)
class PerformanceEntry:
    """One performance of a segment.

    Attributes
    ----------
    values : published key -> float [n], in score order
    masks : published key -> bool [n], True where measured
    rows : what the assembled rows are made of
    notes : the performed notes, fields pitch, velocity, onset_sec, offset_sec at least
    reading : which of the segment's readings of the score it plays
    """

    values: Mapping[str, np.ndarray]
    masks: Mapping[str, np.ndarray]
    rows: Rows
    notes: np.ndarray
    reading: int = 0


@dataclass(frozen=True, eq=False)
class SegmentFeatures:
    """A segment's score and its performances, under one preset ("default" or "published").

    `scores` holds a reading for each order in which the bars were played: one, unless the players took different
    repeats or left bars out.
    """

    compat: str
    scores: tuple[ScoreTable, ...]
    performances: Mapping[str, PerformanceEntry]

    def table(self, performance: str) -> NoteTable:
        """All features of a performance, one row a note: values, masks, locations."""
        entry = self.performances[performance]
        score = self.scores[entry.reading]
        return note_table(entry.rows, score.features, entry.values, entry.masks, score.locations, entry.notes)


def join_alignment(score: ScoreTable, aligned_notes: np.ndarray) -> np.ndarray:
    """Row of the score table of each of an alignment's score notes (ALIGNED_NOTE_DTYPE) [s], -1 where it has none.

    Both come from one reading, so that notes join by name. Of a unison the alignment names one note, and the one that
    is not overlapped stands for it; a tremolo that the published reading leaves as written has its first stroke.
    """
    row_of = {name: row for row, name in enumerate(score.note_ids)}
    notes = score.notes
    whole = {
        (float(notes["onset_div"][row]), int(notes["pitch"][row])): row
        for row in np.flatnonzero(~notes["is_grace"] & ~notes["is_overlapped"]).tolist()
    }
    joined = np.full(len(aligned_notes), -1, dtype="i8")
    for index, name in enumerate(aligned_notes["note_id"].tolist()):
        row = row_of.get(name, row_of.get(name.removesuffix("~0"), -1))
        if row >= 0 and notes["is_overlapped"][row]:
            row = whole.get((float(notes["onset_div"][row]), int(notes["pitch"][row])), row)
        joined[index] = row
    return joined


def performance_entry(
    score: ScoreTable,
    performed: PerformedMidi,
    match: np.ndarray,
    compat: str,
    name: str = "performance",
    *,
    midi: Path | None = None,
    inserts: bool = True,
    alignment: Alignment | None = None,
) -> PerformanceEntry:
    """Features and rows of one performance; match [n] points into `performed.notes`.

    alignment : what the match comes from; under "default" it says which notes belong to an ornament and which ones the
        score does not have. Without it each performed note is taken by itself
    name : for messages; midi : its file, for the published order of simultaneous notes (published_notes.py)
    inserts : whether the unmatched performed notes become rows under "published"
    Raises DataError under "published" where the released code drops the performance.
    """
    published = compat == "published"
    if published:
        performed, kept = as_published(performed, midi)
        match = renumbered(match, kept)
    played, added = performed, NONE_ADDED
    if alignment is not None and not published:
        played, added = with_whole_ornaments(performed, alignment), added_notes(alignment, performed)
    features = performance_features(score, played, match, compat, name, added)
    inserting = published and inserts
    rows = published_rows(features.match, len(performed.notes)) if inserting else score_rows(features.match)
    if not published:
        rows = without_unplayed(rows, score.notes["is_optional"])
    return PerformanceEntry(features.values, features.masks, rows, performed.notes)


def segment_features(
    read: Callable[[tuple[int, ...], tuple[int, ...]], ScoreTable],
    performances: Mapping[str, tuple[PerformedMidi, Alignment]],
    compat: str,
    on_error: Callable[[str, DataError], None] | None = None,
) -> SegmentFeatures:
    """Features of all performances of a segment.

    read : the score with its bars in an order, some left out (features/score/read.py)
    performances : each with its alignment
    on_error : is told of each performance that cannot be used, which is left out; without it, its DataError is raised

    Under "default" a failed alignment (status "failed") matches nothing: it would describe other music.
    """
    trusted = {
        name: alignment if compat == "published" or alignment.status != "failed" else without_matches(alignment)
        for name, (_, alignment) in performances.items()
    }
    readings = {name: (alignment.order, bars_left_out(alignment)) for name, alignment in trusted.items()}
    scores = {reading: read(*reading) for reading in dict.fromkeys(readings.values()) or [((), ())]}
    places = {reading: place for place, reading in enumerate(scores)}
    entries: dict[str, PerformanceEntry] = {}
    for name, (performed, _) in performances.items():
        alignment, score = trusted[name], scores[readings[name]]
        try:
            with concerning(name):
                match = match_of(join_alignment(score, alignment.score_notes), alignment.matches, len(score.notes))
                entry = performance_entry(score, performed, match, compat, name, alignment=alignment)
                entries[name] = replace(entry, reading=places[readings[name]])
        except DataError as error:
            if on_error is None:
                raise
            on_error(name, error)
    return SegmentFeatures(compat, tuple(scores.values()), entries)


def without_matches(alignment: Alignment) -> Alignment:
    """The alignment with nothing matched, and nothing known of what was left out."""
    nothing = alignment.matches[:0]
    return replace(alignment, matches=nothing, ornament_notes=nothing, excursions=())
