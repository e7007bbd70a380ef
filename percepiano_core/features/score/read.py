"""A MusicXML score as a ScoreTable (docs/score_reading.md, docs/features.md).

Two presets: "published" gives the released features with their defects, "default" the corrected ones
(corrections.py lists the differences).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError
from percepiano_core.features.score import direction_features, metre_features, note_features  # noqa: F401  (register)
from percepiano_core.features.score.directions_at_notes import directions_at_notes, section_positions
from percepiano_core.features.score.registry import compute_score_features
from percepiano_core.features.score.score_context import ScoreContext
from percepiano_core.features.score.score_tempo import ScoreTempo, score_tempo
from percepiano_core.features.score_table import SCORE_NOTE_DTYPE, ScoreTable
from percepiano_core.score.corrections import Compat, Corrections, corrections_for
from percepiano_core.score.events import ParsedScore, ScoreNote
from percepiano_core.score.metre import (
    beat_positions,
    last_at_or_before,
    measure_lengths,
    pickup_length,
    signature_at,
    without_gaps,
)
from percepiano_core.score.note_list import final_notes
from percepiano_core.score.reading import REMEDY, read_events
from percepiano_core.score.struck_notes import printed_quarters


def read_score(
    path: Path | str,
    compat: Compat | Corrections,
    composer: str,
    order: Sequence[int] | None = None,
    left_out: Collection[int] = (),
) -> ScoreTable:
    """The notes and features of a score.

    Parameters
    ----------
    path : MusicXML, compressed or not
    compat : "default", "published", or single corrections
    composer : of the piece, as in the composer table ("Beethoven", "Schubert", ...); "published" does not use it
    order : indices of the written bars in playing order, as an alignment records it; () for each bar once, None for
        all repeats played
    left_out : places in the order that nobody played: their notes are not there, and take no time

    Raises
    ------
    DataError
        the file is no usable score (corpus/musicxml.py), or its notes cannot be placed
    """
    corrections = corrections_for(compat)
    score = read_events(path, read_musicxml(path), corrections, order, left_out)
    try:
        return _score_table(score, corrections, composer)
    except (ValueError, ArithmeticError) as error:
        raise DataError(path, f"its notes cannot be placed ({error})", REMEDY) from None


def _score_table(score: ParsedScore, corrections: Corrections, composer: str) -> ScoreTable:
    tempo = score_tempo(score, corrections)
    for note in score.notes:
        note.seconds = tempo.length_from(note.onset, note.duration)
    notes = final_notes(score, corrections)
    context = _context(score, notes, tempo, corrections, composer)
    beats = beat_positions(score, _last_bar_end(score))
    sections = np.array(section_positions(notes, context.directions))
    return ScoreTable(
        notes=_note_table(context),
        divisions=score.divisions,
        measure_starts=np.array(score.measure_starts, dtype=float),
        beat_positions=beats,
        section_positions=sections,
        features=compute_score_features(context),
        locations=_locations(context, beats, sections),
        note_ids=tuple(note.note_id for note in notes),
    )


def _context(
    score: ParsedScore, notes: list[ScoreNote], tempo: ScoreTempo, corrections: Corrections, composer: str
) -> ScoreContext:
    onsets = np.array([note.onset for note in notes], dtype=float)
    measures = np.array([note.measure - 1 for note in notes])
    lengths = measure_lengths(score)
    return ScoreContext(
        notes=notes,
        score=score,
        tempo=tempo,
        composer=composer,
        corrections=corrections,
        onsets=onsets,
        durations=np.array([note.duration for note in notes], dtype=float),
        measure_indices=measures,
        measure_lengths=lengths,
        beat_fractions=_beat_fractions(score, onsets, measures, lengths, corrections),
        directions=directions_at_notes(notes, score.directions, corrections),
        time_signatures=[signature_at(score, onset) for onset in onsets.tolist()],
    )


def _beat_fractions(
    score: ParsedScore, onsets: np.ndarray, measures: np.ndarray, lengths: np.ndarray, corrections: Corrections
) -> np.ndarray:
    """Place of each note in its bar [n]; corrected, a pickup's is that in the complete bar which it ends."""
    fractions = (onsets - np.array(score.measure_starts)[measures]) / lengths[measures]
    if corrections.cut_padded_pickups and pickup_length(score):
        nominal = signature_at(score, score.measure_starts[0]).quarters * score.divisions
        missing = nominal - pickup_length(score)
        fractions = np.where(measures == 0, (onsets - score.measure_starts[0] + missing) / nominal, fractions)
    return fractions


def _last_bar_end(score: ParsedScore) -> float:
    """Where the last note or rest of the last bar ends, ties and fused rests included."""
    last = len(score.measure_starts)
    return max((note.end for note in score.notes if note.measure == last), default=score.end)


def _note_table(context: ScoreContext) -> np.ndarray:
    score = context.score
    table = np.zeros(len(context.notes), dtype=SCORE_NOTE_DTYPE)
    table["onset_div"] = context.onsets
    table["duration_div"] = context.durations
    if context.corrections.cut_padded_pickups:
        table["onset_quarter"] = printed_quarters(score, context.onsets, context.measure_indices)
    else:
        table["onset_quarter"] = context.onsets / score.divisions
    table["duration_quarter"] = context.durations / score.divisions
    table["time_sec"] = [context.tempo.second_at(note.onset) for note in context.notes]
    table["duration_sec"] = [note.seconds for note in context.notes]
    table["is_arpeggiated"] = [note.has_arpeggio for note in context.notes]
    table["is_optional"] = [note.is_cue for note in context.notes]
    table["is_trill"] = [note.has_trill for note in context.notes]
    table["preceded_by_grace"] = [note.preceded_by_grace for note in context.notes]
    for name in ("pitch", "voice", "staff", "measure", "grace_order", "is_grace", "is_overlapped"):
        table[name] = [getattr(note, name) for note in context.notes]
    return table


def _locations(context: ScoreContext, beats: np.ndarray, sections: np.ndarray) -> dict[str, np.ndarray]:
    """Beat, bar (both without gaps), voice and section of each note [n]."""

    def located(positions: np.ndarray) -> np.ndarray:
        grid = positions.tolist()
        return np.array([last_at_or_before(grid, onset) for onset in context.onsets.tolist()])

    return {
        "beat": without_gaps(located(beats)),
        "measure": without_gaps(located(np.array(context.score.measure_starts))),
        "voice": np.array([note.voice for note in context.notes]),
        "section": located(sections),
    }
