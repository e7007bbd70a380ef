"""Write out two-note tremolos: the notation shows two chords, the pianist plays them in alternation.

The tag sits on the first note of each chord; start chord and stop chord are adjacent, and each carries half of the span
as its duration. See docs/alignment.md, "Score notes".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

import numpy as np

STROKE_QUARTERS = 1.0  # length of one note with no stroke; every stroke halves it, as flags do

SourceKey = tuple[int, int]  # (part, number of the <note> element in the part's document order)


def tremolo_strokes(root: Element) -> dict[SourceKey, int]:
    """Number of strokes of each note of a score that carries the start of a two-note tremolo.

    Stop tags are implied: the chord that follows the start chord in the same voice is its partner.
    """
    return {
        (part_index, note_index): int(tag.text or 1)
        for part_index, part in enumerate(root.iterfind("part"))
        for note_index, note in enumerate(part.iterfind("measure/note"))
        for tag in note.iterfind("notations/ornaments/tremolo[@type='start']")
    }


def expand_tremolos(notes: np.ndarray, strokes: Mapping[int, int]) -> np.ndarray:
    """The notes with every two-note tremolo written out, in no particular order.

    Parameters
    ----------
    notes : ALIGNED_NOTE_DTYPE [s]
    strokes : row of a note with a start tag -> strokes; 1 means eighths, 2 sixteenths

    A start chord without a partner of equal length right behind it stays as it is.
    """
    replaced = np.zeros(len(notes), dtype=bool)
    repetitions: list[np.ndarray] = []
    for row, count in strokes.items():
        first, second = _chord(notes, row, 0.0), _chord(notes, row, notes["duration_quarter"][row])
        if second.any():
            replaced |= first | second
            repetitions.extend(_alternation(notes[first], notes[second], STROKE_QUARTERS / 2**count))
    return np.concatenate([notes[~replaced], *repetitions])


def _chord(notes: np.ndarray, row: int, shift: float) -> np.ndarray:
    """Mask of the notes of row's voice, staff and duration that begin `shift` quarters after it."""
    own = notes[row]
    same = [notes[field] == own[field] for field in ("voice", "staff", "is_grace")]
    close = [
        np.isclose(notes["onset_quarter"], own["onset_quarter"] + shift, atol=1e-4),
        np.isclose(notes["duration_quarter"], own["duration_quarter"], atol=1e-4),
    ]
    return np.logical_and.reduce(same + close)


def _alternation(first: np.ndarray, second: np.ndarray, length: float) -> Iterator[np.ndarray]:
    """Copies of both chords in turn, each `length` quarters long, over the span that both fill."""
    half_span = first["duration_quarter"][0]
    beats_per_quarter = (second["onset_beat"][0] - first["onset_beat"][0]) / half_span
    for number in range(round(half_span / length)):
        for chord, start in ((first, 2 * number * length), (second, (2 * number + 1) * length)):
            stroke = chord.copy()
            stroke["onset_quarter"] = first["onset_quarter"][0] + start
            stroke["onset_beat"] = first["onset_beat"][0] + start * beats_per_quarter
            stroke["duration_quarter"] = length
            stroke["note_id"] = [f"{note_id}~{number}" for note_id in chord["note_id"]]
            yield stroke
