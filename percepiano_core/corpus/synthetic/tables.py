"""Rows of the truth tables: note alignment, beats with their dynamics, and what each segment is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from percepiano_core.corpus.synthetic.dynamics import hairpins_in_force, intended_level, marks_in_force
from percepiano_core.corpus.synthetic.music import DIVISIONS, SegmentScore
from percepiano_core.corpus.synthetic.pianists import Expression
from percepiano_core.corpus.synthetic.playing import TICKS_PER_SECOND, Playing

NAMES = (
    "ratings.csv",
    "expression.csv",
    "truth.csv",
    "beats.csv",
    "segments.csv",
    "weights.csv",
)
ALIGNMENT_COLUMNS = (  # as in docs/alignment.md, "The table"
    "label",
    "score_onset_quarter",
    "score_pitch",
    "score_note_id",
    "perf_note_index",
    "perf_onset_s",
    "perf_pitch",
    "perf_velocity",
)
BEAT_COLUMNS = (
    "performance",
    "beat",
    "measure",
    "beat_in_measure",
    "downbeat",
    "score_onset_quarter",
    "onset_sec",
    "dynamic",
    "hairpin",
    "intended_velocity",
)
SEGMENT_COLUMNS = (
    "segment",
    "piece",
    "work",
    "bars",
    "text",
    "time_signature",
    "fifths",
    "mode",
    "quarters_per_minute",
    "pickup_quarter",
    "length_quarter",
)


def alignment_rows(playing: Playing) -> Iterator[tuple[object, ...]]:
    """Matches and deletions in score order, then insertions; a wrong note is a deletion and an insertion."""
    played = {int(row): index for index, row in enumerate(playing.notes["score_row"]) if row >= 0}
    for row, note in enumerate(playing.score):
        score_side = (f"{note['onset'] / DIVISIONS:.4f}", int(note["pitch"]), str(note["id"]))
        if row in played:
            yield ("match", *score_side, *_performed(playing, played[row]))
        else:
            yield ("deletion", *score_side, "", "", "", "")
    for index in np.flatnonzero(playing.notes["score_row"] < 0):
        yield ("insertion", "", "", "", *_performed(playing, int(index)))


def _performed(playing: Playing, index: int) -> tuple[object, ...]:
    note = playing.notes[index]
    return index, f"{note['onset_tick'] / TICKS_PER_SECOND:.5f}", int(note["pitch"]), int(note["velocity"])


def beat_rows(score: SegmentScore, expression: Expression, playing: Playing) -> Iterator[tuple[object, ...]]:
    """One row a felt beat (dotted quarter in 6/8, half in 2/2): place, second, mark in force, intended velocity."""
    onsets, seconds = playing.beat_onset[:-1], playing.beat_second[:-1]
    levels = intended_level(score, expression, onsets)
    marks, hairpins = marks_in_force(score, onsets.tolist()), hairpins_in_force(score, onsets.tolist())
    for beat, onset in enumerate(onsets.tolist()):
        measure, place = divmod(onset, score.metre.bar)
        yield (
            beat,
            measure,
            place // score.metre.beat,
            int(place == 0),
            f"{onset / DIVISIONS:.4f}",
            f"{seconds[beat]:.5f}",
            marks[beat],
            hairpins[beat],
            f"{levels[beat]:.3f}",
        )


def segment_row(score: SegmentScore) -> tuple[object, ...]:
    """What a segment is; see SEGMENT_COLUMNS."""
    return (
        score.segment,
        score.piece,
        score.work,
        score.bars,
        score.text,
        f"{score.metre.beats}/{score.metre.beat_type}",
        score.key.fifths,
        "minor" if score.key.minor else "major",
        f"{score.quarters_per_minute:g}",
        f"{score.pickup / DIVISIONS:g}",
        f"{score.end / DIVISIONS:g}",
    )
