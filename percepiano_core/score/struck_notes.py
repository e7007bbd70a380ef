"""The notes of a score as a pianist strikes them: ties held, tremolos written out, unisons merged.

See docs/score_reading.md, "Notes to strike".
"""

from __future__ import annotations

import numpy as np

from percepiano_core.score.events import ParsedScore, ScoreNote
from percepiano_core.score.metre import pickup_length, signature_at

ALIGNED_NOTE_DTYPE = np.dtype(
    [
        ("note_id", "U256"),  # the file's or "p<part>n<note>"; strokes of a tremolo add "~<number>", passes "-<pass>"
        ("onset_quarter", "f8"),  # from the first barline; negative in a pickup
        ("duration_quarter", "f8"),  # tied notes are one note; 0 for grace notes that are not tied on
        ("onset_beat", "f8"),  # in beats of the time signature
        ("pitch", "i2"),
        ("voice", "i2"),
        ("staff", "i2"),
        ("measure", "i4"),  # 0-based index in the order of playing
        ("is_grace", "?"),
        ("is_ornamented", "?"),  # a trill, turn, mordent or the like
        ("is_optional", "?"),  # cue-size or hidden: may be played, and is not missed where it is not
    ]
)
ONSET_DECIMALS = 4  # of a quarter; score onsets that agree to this are one onset


def struck_notes(score: ParsedScore, notes: list[ScoreNote]) -> np.ndarray:
    """Notes, ties joined, as ALIGNED_NOTE_DTYPE [s] by (onset, pitch), unisons merged.

    score : with bars and time signatures; notes : pitched, hidden ones included
    """
    table = np.zeros(len(notes), dtype=ALIGNED_NOTE_DTYPE)
    onsets = np.array([note.onset for note in notes], dtype=float)
    measures = np.array([note.measure - 1 for note in notes], dtype=int)
    table["note_id"] = [note.note_id for note in notes]
    table["onset_quarter"] = printed_quarters(score, onsets, measures)
    table["duration_quarter"] = [note.duration / score.divisions for note in notes]
    table["onset_beat"] = _beats(score, table["onset_quarter"], onsets)
    for field in ("pitch", "voice", "staff", "is_grace", "is_ornamented"):
        table[field] = [getattr(note, field) for note in notes]
    table["measure"] = measures
    table["is_optional"] = [note.is_cue or not note.is_printed for note in notes]
    return merge_unisons(in_order(table))


def in_order(notes: np.ndarray) -> np.ndarray:
    """The notes sorted by (onset, pitch); equal ones keep their order."""
    return notes[np.lexsort((notes["pitch"], np.round(notes["onset_quarter"], ONSET_DECIMALS)))]


def merge_unisons(notes: np.ndarray) -> np.ndarray:
    """Of the notes that share onset and pitch keep a printed one, of these the longest, the first of equals.

    Grace notes all stay.
    """
    best: dict[tuple[float, int], int] = {}
    rank = [
        (not optional, length) for optional, length in zip(notes["is_optional"], notes["duration_quarter"], strict=True)
    ]
    onsets = np.round(notes["onset_quarter"], ONSET_DECIMALS)
    for row in np.flatnonzero(~notes["is_grace"]).tolist():
        key = (float(onsets[row]), int(notes["pitch"][row]))
        if rank[row] > rank[best.setdefault(key, row)]:
            best[key] = row
    kept = notes["is_grace"].copy()
    kept[list(best.values())] = True
    return notes[kept]


def printed_quarters(score: ParsedScore, onsets: np.ndarray, measures: np.ndarray) -> np.ndarray:
    """Quarters [n] from the first barline of onsets in ticks [n], in bars `measures` (from 0) [n].

    A pickup lies before 0. Padding that was cut from it keeps its time, as in a reading of the page by others.
    """
    quarters = (onsets + score.pickup_padding * (measures > 0)) / score.divisions
    return quarters - first_barline(score)


def first_barline(score: ParsedScore) -> float:
    """Quarters from the beginning to the first barline that ends a pickup; 0 without one."""
    if len(score.measure_starts) < 2 or not pickup_length(score):
        return 0.0
    printed = pickup_length(score) + score.pickup_padding
    nominal = signature_at(score, score.measure_starts[0]).quarters * score.divisions
    return printed / score.divisions if printed < nominal else 0.0


def _beats(score: ParsedScore, quarters: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Onsets [n] in beats of the time signatures passed."""
    signs = score.time_signatures
    positions = np.array([sign.position for sign in signs], dtype=float)
    rates = np.array([sign.denominator / 4 for sign in signs])
    piece = np.maximum(np.searchsorted(positions, onsets, side="right") - 1, 0)
    origin = first_barline(score)
    starts = positions / score.divisions - origin
    starts[0] = min(starts[0], 0.0) if len(starts) else 0.0
    passed = np.concatenate([[starts[0] * rates[0]], starts[0] * rates[0] + np.cumsum(np.diff(starts) * rates[:-1])])
    return passed[piece] + (quarters - starts[piece]) * rates[piece]
