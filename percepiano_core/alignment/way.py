"""What of a played order belongs together: runs of score notes and of the performed notes that should play them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.alignment.playing_order import ONSET_DECIMALS, SAME_ONSET_QUARTERS, PlayingOrder, Stretch, bar_of
from percepiano_core.alignment.score_path import MIDI_PITCHES, Grid, Path
from percepiano_core.score.written_score import WrittenScore


@dataclass(frozen=True, eq=False)
class Run:
    """Score notes played in one go, and the performed notes of that time.

    Attributes
    ----------
    score_rows : int [a], rows of the score notes in the order of playing
    performed_rows : int [b], rows of the performed notes
    guide : int [b], for each performed note the index in `score_rows` behind the notes of its onset, never falling
    path_rows : int [b], row of the score note that each performed note plays on the path, -1 for none
    """

    score_rows: np.ndarray
    performed_rows: np.ndarray
    guide: np.ndarray
    path_rows: np.ndarray


@dataclass(frozen=True, eq=False)
class Way:
    """The score in the order of playing, and what belongs together.

    Attributes
    ----------
    score_notes : ALIGNED_NOTE_DTYPE [s]
    runs : in time order; notes in none of them were left out, or are not in the score
    stretch_of_row : int [s], index of the stretch that a score note was played in, -1 if it was left out
    performed_of_stretch : (first, stop) rows of the performed notes of each stretch
    """

    score_notes: np.ndarray
    runs: tuple[Run, ...]
    stretch_of_row: np.ndarray
    performed_of_stretch: tuple[tuple[int, int], ...]


def way_through(
    score: WrittenScore,
    written: np.ndarray,
    grid: Grid,
    path: Path,
    order: PlayingOrder,
    pitches: np.ndarray,
    rows: np.ndarray,
) -> Way:
    """The runs of a played order.

    Parameters
    ----------
    written : ALIGNED_NOTE_DTYPE, the score's notes as written
    pitches, rows : int [n], of the performed notes that the path followed: pitches as it took them, rows
    """
    notes = score.struck_notes(order.bars)
    places = np.maximum.accumulate(notes["measure"].astype(np.int64))
    positions = _written_positions(score, written, order.bars, notes, places)
    stretch_of_row = np.full(len(notes), -1, dtype=np.int64)
    for index, stretch in enumerate(order.stretches):
        stretch_of_row[_covered(stretch, places, positions)] = index
    keys = np.maximum.accumulate(places * grid.has_pitch.shape[1] + positions)
    runs = [
        _run(grid, path, order.stretches, group, notes, stretch_of_row, keys, pitches, rows)
        for group in _joined(order.stretches)
    ]
    ends = [(int(rows[s.first_note]), int(rows[s.stop_note - 1]) + 1) for s in order.stretches]
    return Way(notes, tuple(runs), stretch_of_row, tuple(ends))


def _written_positions(
    score: WrittenScore, written: np.ndarray, bars: Sequence[int], notes: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """Position in the written score of each note of a played order, int [s]."""
    lengths = np.array([score.bars[bar].length for bar in bars])
    starts = score.bars[bars[0]].start + np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    written_starts = np.array([score.bars[bar].start for bar in bars])
    in_score = notes["onset_quarter"] - starts[places] + written_starts[places]
    onsets = np.unique(np.round(written["onset_quarter"], ONSET_DECIMALS))
    return np.searchsorted(onsets, in_score + SAME_ONSET_QUARTERS, side="right")


def _covered(stretch: Stretch, places: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Whether each score note lies in the stretch, bool [s]."""
    within = (places >= stretch.place) & (places <= stretch.last_place)
    return within & (positions > stretch.before) & (positions <= stretch.reached)


def _joined(stretches: Sequence[Stretch]) -> list[list[int]]:
    """Indices of stretches, together where a sign leads from one to the next without extra notes between."""
    groups: list[list[int]] = []
    for index, stretch in enumerate(stretches):
        if stretch.arrival == "sign" and stretches[index - 1].stop_note == stretch.first_note:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _run(
    grid: Grid,
    path: Path,
    stretches: Sequence[Stretch],
    group: Sequence[int],
    notes: np.ndarray,
    stretch_of_row: np.ndarray,
    keys: np.ndarray,
    pitches: np.ndarray,
    rows: np.ndarray,
) -> Run:
    score_rows = np.flatnonzero((stretch_of_row >= group[0]) & (stretch_of_row <= group[-1]))
    first, stop = stretches[group[0]].first_note, stretches[group[-1]].stop_note
    note_keys = np.concatenate([_note_keys(grid, path, stretches[index]) for index in group])
    guide = np.searchsorted(keys[score_rows], np.maximum.accumulate(note_keys), side="right")
    pitch_keys = keys[score_rows] * MIDI_PITCHES + notes["pitch"][score_rows]
    order = np.argsort(pitch_keys, kind="stable")
    wanted = note_keys * MIDI_PITCHES + pitches[first:stop]
    place = np.minimum(np.searchsorted(pitch_keys[order], wanted), len(order) - 1)
    there = path.played[first:stop] & (pitch_keys[order[place]] == wanted)
    return Run(score_rows, rows[first:stop], guide, np.where(there, score_rows[order[place]], -1))


def _note_keys(grid: Grid, path: Path, stretch: Stretch) -> np.ndarray:
    """For each performed note of a stretch its place and position as one number, as the score rows have it."""
    positions = np.clip(path.position[stretch.first_note : stretch.stop_note], stretch.before, stretch.reached)
    bars = np.searchsorted(grid.bar_starts, np.maximum(positions, stretch.before + 1), side="left") - 1
    places = stretch.place + bars - bar_of(grid, stretch.before + 1)
    return places * grid.has_pitch.shape[1] + positions
