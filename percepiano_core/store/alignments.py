"""The alignments of one segment in one HDF5 file: every performance with its notes and matches, and the score notes.

Performances can play the bars in different orders; each order's notes are stored once. Later stages read this and never
the MusicXML or MIDI files again. Layout (kind "alignment")::

    scores/<number>/note_ids [s], notes [s] (the other fields of ALIGNED_NOTE_DTYPE)
        number 0 is the score as it is written
    performances/<performance>/notes [p], controls [c], kept [p], matches [m, 2], ornament_notes [o, 2], order [bars],
        excursions [e], repeats [r]
        attributes: score (a number), ticks_per_quarter, end_sec, thresholds, transposition; for inspection c,
        score_coverage, performance_coverage, status
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import Alignment, Excursion, RepeatTaken, Thresholds
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE
from percepiano_core.store.container import Tree, read_container, write_container

KIND = "alignment"
VERSION = 2
_NUMERIC_FIELDS = [name for name in ALIGNED_NOTE_DTYPE.names or () if name != "note_id"]
_NUMERIC_DTYPE = np.dtype([(name, ALIGNED_NOTE_DTYPE[name]) for name in _NUMERIC_FIELDS])  # HDF5 has no "U" fields
_WORD = "S16"  # bar numbers as printed, kinds and signs: ASCII but for oddities, which are written as "?"
_EXCURSION_DTYPE = np.dtype(
    [
        ("kind", _WORD),
        ("first_bar", _WORD),
        ("last_bar", _WORD),
        ("score_rows", "i8", 2),
        ("performed_rows", "i8", 2),
        ("seconds", "f8", 2),
    ]
)
_REPEAT_DTYPE = np.dtype([("sign", _WORD), ("bar", _WORD), ("target_bar", _WORD), ("taken", "i4"), ("notated", "i4")])


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
    score_notes : ALIGNED_NOTE_DTYPE [s], of the score as written
    performances : performance -> notes and alignment, sorted by name; equal orders of bars share one array of notes
    """

    score_notes: np.ndarray
    performances: Mapping[str, AlignedPerformance]


def write_segment_alignments(
    path: Path | str, score_notes: np.ndarray, performances: Mapping[str, AlignedPerformance]
) -> None:
    """Write the alignments of one segment, atomically; `performances` may be empty."""
    scores = [score_notes]
    trees = {}
    for name in sorted(performances):
        alignment = performances[name].alignment
        trees[name] = _performance_tree(performances[name], _score_number(scores, alignment))
    tree = {
        "scores": {str(number): _score_tree(notes) for number, notes in enumerate(scores)},
        "performances": trees,
    }
    write_container(path, KIND, VERSION, tree)


def read_segment_alignments(path: Path | str) -> SegmentAlignments:
    """Read what `write_segment_alignments` wrote; UserError if the file is of another kind or schema."""
    tree = read_container(path, KIND, VERSION)
    scores = {int(number): _score(item) for number, item in tree["scores"].items()}
    performances = {name: _aligned_performance(scores, item) for name, item in tree["performances"].items()}
    return SegmentAlignments(scores[0], performances)


def _score_number(scores: list[np.ndarray], alignment: Alignment) -> int:
    """Number of the alignment's score notes among `scores`, added to them if they are new."""
    for number, notes in enumerate(scores):
        if np.array_equal(notes, alignment.score_notes):
            return number
    scores.append(alignment.score_notes)
    return len(scores) - 1


def _score_tree(score_notes: np.ndarray) -> Tree:
    table = np.empty(len(score_notes), dtype=_NUMERIC_DTYPE)
    for field in _NUMERIC_FIELDS:
        table[field] = score_notes[field]
    return {"note_ids": score_notes["note_id"], "notes": table}


def _score(tree: Tree) -> np.ndarray:
    score_notes = np.empty(len(tree["notes"]), dtype=ALIGNED_NOTE_DTYPE)
    score_notes["note_id"] = tree["note_ids"]
    for field in _NUMERIC_FIELDS:
        score_notes[field] = tree["notes"][field]
    return score_notes


def _performance_tree(aligned: AlignedPerformance, score: int) -> Tree:
    performed, alignment = aligned.performed, aligned.alignment
    return {
        "notes": performed.notes,
        "controls": performed.controls,
        "kept": alignment.performed_kept,
        "matches": alignment.matches,
        "ornament_notes": alignment.ornament_notes,
        "order": np.array(alignment.order, dtype=np.int32),
        "excursions": _excursion_table(alignment.excursions),
        "repeats": _repeat_table(alignment.repeats),
        "attrs": {
            "score": score,
            "ticks_per_quarter": performed.ticks_per_quarter,
            "end_sec": performed.end_sec,
            "transposition": alignment.transposition,
            "c": alignment.c,
            "score_coverage": alignment.score_coverage,
            "performance_coverage": alignment.performance_coverage,
            "status": alignment.status,
            "thresholds": list(astuple(alignment.thresholds)),
        },
    }


def _aligned_performance(scores: Mapping[int, np.ndarray], tree: Tree) -> AlignedPerformance:
    attributes = tree["attrs"]
    performed = PerformedMidi(
        tree["notes"], tree["controls"], int(attributes["ticks_per_quarter"]), float(attributes["end_sec"])
    )
    alignment = Alignment(
        scores[int(attributes["score"])],
        tree["kept"],
        tree["matches"],
        Thresholds(*attributes["thresholds"].tolist()),
        tree["ornament_notes"],
        tuple(tree["order"].tolist()),
        tuple(_excursion(line) for line in tree["excursions"]),
        tuple(_repeat(line) for line in tree["repeats"]),
        int(attributes["transposition"]),
    )
    return AlignedPerformance(performed, alignment)


def _excursion_table(excursions: tuple[Excursion, ...]) -> np.ndarray:
    table = np.zeros(len(excursions), dtype=_EXCURSION_DTYPE)
    for line, each in zip(table, excursions, strict=True):
        for field in ("kind", "first_bar", "last_bar", "score_rows", "performed_rows", "seconds"):
            value = getattr(each, field)
            line[field] = _ascii(value) if isinstance(value, str) else value
    return table


def _repeat_table(repeats: tuple[RepeatTaken, ...]) -> np.ndarray:
    lines = [(_ascii(r.sign), _ascii(r.bar), _ascii(r.target_bar), r.taken, r.notated) for r in repeats]
    return np.array(lines, dtype=_REPEAT_DTYPE)


def _ascii(word: str) -> bytes:
    return word.encode("ascii", "replace")


def _excursion(line: np.void) -> Excursion:
    return Excursion(
        line["kind"].decode(),
        line["first_bar"].decode(),
        line["last_bar"].decode(),
        tuple(line["score_rows"].tolist()),
        tuple(line["performed_rows"].tolist()),
        tuple(line["seconds"].tolist()),
    )


def _repeat(line: np.void) -> RepeatTaken:
    sign, bar, target_bar = (line[field].decode() for field in ("sign", "bar", "target_bar"))
    return RepeatTaken(sign, bar, target_bar, int(line["taken"]), int(line["notated"]))
