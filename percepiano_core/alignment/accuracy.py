"""How well an alignment agrees with a known one: match pairs found, missed, and wrong.

A match counts when both notes are the true ones (docs/alignment.md, "Accuracy").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from percepiano_core.corpus.asap import NoteLine
from percepiano_core.corpus.midi import PerformedMidi

SAME_ONSET_SECONDS = 1e-4  # annotated onsets are rounded in the last digits only


@dataclass(frozen=True)
class Agreement:
    """Precision, recall and their harmonic mean over match pairs, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, eq=False)
class KnownAlignment:
    """A score, a performance and the true matches.

    Attributes
    ----------
    score_notes : ALIGNED_NOTE_DTYPE [s]
    matches : int [m, 2], rows of `score_notes` and of `performed.notes`
    """

    score_notes: np.ndarray
    performed: PerformedMidi
    matches: np.ndarray


def agreement(found: Iterable[Iterable[int]], true: Iterable[Iterable[int]]) -> Agreement:
    """Compare two sets of match pairs; nothing found where nothing is true is full agreement."""
    found_pairs, true_pairs = set(map(tuple, found)), set(map(tuple, true))
    hits = len(found_pairs & true_pairs)
    precision = hits / len(found_pairs) if found_pairs else float(not true_pairs)
    recall = hits / len(true_pairs) if true_pairs else float(not found_pairs)
    total = len(found_pairs) + len(true_pairs)
    return Agreement(precision, recall, 2 * hits / total if total else 1.0)


def unison_agreement(found: np.ndarray, true: np.ndarray, score_notes: np.ndarray) -> Agreement:
    """Agreement where it does not matter which of several score notes of equal onset and pitch is named."""
    names = [(round(float(note["onset_quarter"]), 4), int(note["pitch"])) for note in score_notes]
    index = {name: number for number, name in enumerate(dict.fromkeys(names))}
    unison = np.array([index[name] for name in names])
    return agreement(*(np.stack([unison[m[:, 0]], m[:, 1]], axis=1).tolist() for m in (found, true)))


def annotated(score_notes: np.ndarray, performed: PerformedMidi, lines: Iterable[NoteLine]) -> KnownAlignment:
    """The annotation of an ASAP recording in rows; lines whose score note the score does not have are left out.

    The annotation names the pass ("n12-1") where nothing is repeated too, and knows no strokes of a tremolo: the first
    stands for all.
    """
    names = score_notes["note_id"].tolist()
    score_rows = {name.removesuffix("~0"): row for row, name in enumerate(names)}
    score_rows = {f"{name}-1": row for name, row in score_rows.items()} | score_rows
    played = [line for line in lines if line.score_id in score_rows and line.pitch >= 0]
    pairs = [(score_rows[line.score_id], _performed_row(performed.notes, line)) for line in played]
    return KnownAlignment(score_notes, performed, np.array(pairs, dtype=int).reshape(-1, 2))


def windows(known: KnownAlignment, length_quarters: float, count: int) -> list[KnownAlignment]:
    """Excerpts of the given length, spread evenly from the beginning to the end of the piece.

    A window's performed notes are those from its first to its last true match, extra notes between them included; a
    window without a match is left out.
    """
    onsets = known.score_notes["onset_quarter"]
    starts = np.linspace(onsets[0], max(onsets[0], onsets[-1] - length_quarters), count)
    excerpts = (_window(known, (onsets >= start) & (onsets < start + length_quarters)) for start in starts)
    return [excerpt for excerpt in excerpts if len(excerpt.matches)]


def _window(known: KnownAlignment, in_score: np.ndarray) -> KnownAlignment:
    """The part of a known alignment whose score notes are in the mask [s]."""
    matches = known.matches[in_score[known.matches[:, 0]]]
    notes = known.performed.notes
    onsets = notes["onset_sec"][matches[:, 1]]
    played = (notes["onset_sec"] >= onsets.min(initial=np.inf)) & (notes["onset_sec"] <= onsets.max(initial=-np.inf))
    new_score_row, new_performed_row = np.cumsum(in_score) - 1, np.cumsum(played) - 1
    rows = np.stack([new_score_row[matches[:, 0]], new_performed_row[matches[:, 1]]], axis=1)
    return KnownAlignment(known.score_notes[in_score], replace(known.performed, notes=notes[played]), rows)


def _performed_row(notes: np.ndarray, line: NoteLine) -> int:
    """Row of the performed note that an annotation names by onset and pitch."""
    first = int(np.searchsorted(notes["onset_sec"], line.onset_sec - SAME_ONSET_SECONDS))
    last = int(np.searchsorted(notes["onset_sec"], line.onset_sec + SAME_ONSET_SECONDS, side="right"))
    return first + int(np.argmax(notes["pitch"][first:last] == line.pitch))
