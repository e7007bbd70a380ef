"""Small scores and performances whose performance features can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percepiano_core.alignment.alignment import Alignment, Excursion
from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi
from percepiano_core.features.score_table import SCORE_NOTE_DTYPE, ScoreTable
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE

DIVISIONS = 4
BEATS_A_BAR = 3
TICKS_A_SECOND = 960


def make_score(onsets: list[int], pitches: list[int], durations: list[int]) -> ScoreTable:
    """A 3/4 score; onsets and durations in divisions."""
    order = np.lexsort((-np.array(pitches), onsets))
    notes = np.zeros(len(onsets), dtype=SCORE_NOTE_DTYPE)
    notes["onset_div"], notes["pitch"] = np.array(onsets)[order], np.array(pitches)[order]
    notes["duration_div"] = np.array(durations)[order]
    notes["onset_quarter"], notes["duration_quarter"] = notes["onset_div"] / 4, notes["duration_div"] / 4
    end = int(notes["onset_div"].max()) + 1
    beats = np.arange(0.0, end, DIVISIONS)
    bars = np.arange(0.0, end, DIVISIONS * BEATS_A_BAR)
    beat, bar = (notes["onset_div"] // DIVISIONS).astype(int), (notes["onset_div"] // (DIVISIONS * 3)).astype(int)
    zeros = np.zeros(len(notes), dtype=int)
    locations = {"beat": beat, "measure": bar, "voice": zeros + 1, "section": zeros}
    sections = np.array([0.0, notes["onset_div"].max() + 0.1])
    return ScoreTable(notes, DIVISIONS, bars, beats, sections, {}, locations)


def play(onset_sec: np.ndarray, duration_sec: np.ndarray, pitch: np.ndarray, controls: list = ()) -> PerformedMidi:
    """A performance; notes must come in order of onset."""
    notes = np.zeros(len(pitch), dtype=NOTE_DTYPE)
    notes["onset_sec"], notes["offset_sec"] = onset_sec, onset_sec + duration_sec
    notes["onset_tick"] = np.round(notes["onset_sec"] * TICKS_A_SECOND)
    notes["offset_tick"] = np.round(notes["offset_sec"] * TICKS_A_SECOND)
    notes["pitch"], notes["velocity"] = pitch, 64
    rows = [(round(sec * TICKS_A_SECOND), sec, number, value) for sec, number, value in controls]
    return PerformedMidi(notes, np.array(rows, dtype=CONTROL_DTYPE), 480, float(notes["offset_sec"].max()))


def aligned_score(score: ScoreTable, ornamented: Sequence[int] = (), graces: Sequence[int] = ()) -> np.ndarray:
    """The notes of a score table as those of an alignment (ALIGNED_NOTE_DTYPE), row by row."""
    notes = np.zeros(len(score.notes), dtype=ALIGNED_NOTE_DTYPE)
    for field in ("onset_quarter", "duration_quarter", "pitch"):
        notes[field] = score.notes[field]
    notes["onset_beat"] = notes["onset_quarter"]
    notes["is_ornamented"][list(ornamented)] = True
    notes["is_grace"][list(graces)] = True
    return notes


def aligned(
    score_notes: np.ndarray,
    performed: PerformedMidi,
    matches: Sequence[tuple[int, int]],
    ornaments: Sequence[tuple[int, int]] = (),
    extra: tuple[float, float] | None = None,
) -> Alignment:
    """An alignment by its pairs; `extra` are the seconds of a passage that the score does not have."""
    excursions = () if extra is None else (Excursion("extra", "1", "1", (0, 0), (0, 0), extra),)
    return Alignment(
        score_notes,
        np.ones(len(performed.notes), dtype=bool),
        np.array(matches, dtype=np.int64).reshape(-1, 2),
        ornament_notes=np.array(ornaments, dtype=np.int64).reshape(-1, 2),
        excursions=excursions,
    )
