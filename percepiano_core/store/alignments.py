"""The alignments of one segment in one HDF5 file: score notes once, and every performance with its notes and matches.

Later stages read this and never the MusicXML or MIDI files again. Layout (kind "alignment")::

    score_note_ids [s], score_notes [s] (the other fields of ALIGNED_NOTE_DTYPE)
    performances/<performance>/notes [p], controls [c], kept [p], matches [m, 2]
        attributes: ticks_per_quarter, end_sec, thresholds; for inspection c, score_coverage, performance_coverage,
        status
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import Alignment, Thresholds
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE
from percepiano_core.store.container import Tree, read_container, write_container

KIND = "alignment"
VERSION = 1
_NUMERIC_FIELDS = [name for name in ALIGNED_NOTE_DTYPE.names or () if name != "note_id"]
_NUMERIC_DTYPE = np.dtype([(name, ALIGNED_NOTE_DTYPE[name]) for name in _NUMERIC_FIELDS])  # HDF5 has no "U" fields


@dataclass(frozen=True, eq=False)
class AlignedPerformance:
    """A performance and how it matches its segment's score."""

    performed: PerformedMidi
    alignment: Alignment


@dataclass(frozen=True, eq=False)
class SegmentAlignments:
    """All readable performances of one segment.

    Attributes
    ----------
    score_notes : ALIGNED_NOTE_DTYPE [s], the same array that every alignment holds
    performances : performance -> notes and alignment, sorted by name
    """

    score_notes: np.ndarray
    performances: Mapping[str, AlignedPerformance]


def write_segment_alignments(
    path: Path | str, score_notes: np.ndarray, performances: Mapping[str, AlignedPerformance]
) -> None:
    """Write the alignments of one segment, atomically; `performances` may be empty."""
    tree = {
        "score_note_ids": score_notes["note_id"],
        "score_notes": _numeric(score_notes),
        "performances": {name: _performance_tree(performances[name]) for name in sorted(performances)},
    }
    write_container(path, KIND, VERSION, tree)


def read_segment_alignments(path: Path | str) -> SegmentAlignments:
    """Read what `write_segment_alignments` wrote; UserError if the file is of another kind or schema."""
    tree = read_container(path, KIND, VERSION)
    score_notes = np.empty(len(tree["score_notes"]), dtype=ALIGNED_NOTE_DTYPE)
    score_notes["note_id"] = tree["score_note_ids"]
    for field in _NUMERIC_FIELDS:
        score_notes[field] = tree["score_notes"][field]
    performances = {name: _aligned_performance(score_notes, item) for name, item in tree["performances"].items()}
    return SegmentAlignments(score_notes, performances)


def _numeric(score_notes: np.ndarray) -> np.ndarray:
    table = np.empty(len(score_notes), dtype=_NUMERIC_DTYPE)
    for field in _NUMERIC_FIELDS:
        table[field] = score_notes[field]
    return table


def _performance_tree(aligned: AlignedPerformance) -> Tree:
    performed, alignment = aligned.performed, aligned.alignment
    return {
        "notes": performed.notes,
        "controls": performed.controls,
        "kept": alignment.performed_kept,
        "matches": alignment.matches,
        "attrs": {
            "ticks_per_quarter": performed.ticks_per_quarter,
            "end_sec": performed.end_sec,
            "c": alignment.c,
            "score_coverage": alignment.score_coverage,
            "performance_coverage": alignment.performance_coverage,
            "status": alignment.status,
            "thresholds": list(astuple(alignment.thresholds)),
        },
    }


def _aligned_performance(score_notes: np.ndarray, tree: Tree) -> AlignedPerformance:
    attributes = tree["attrs"]
    performed = PerformedMidi(
        tree["notes"], tree["controls"], int(attributes["ticks_per_quarter"]), float(attributes["end_sec"])
    )
    thresholds = Thresholds(*attributes["thresholds"].tolist())
    return AlignedPerformance(performed, Alignment(score_notes, tree["kept"], tree["matches"], thresholds))
