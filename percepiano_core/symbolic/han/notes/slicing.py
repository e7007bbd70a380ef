"""Cutting long performances into slices of whole measures, anew at every epoch.

The published recipe cuts at 5000 notes, which no rated performance has, so that each is one slice there
(docs/symbolic_training.md, "The published recipe").
"""

from __future__ import annotations

from random import Random

import numpy as np

from percepiano_core.symbolic.han.notes.note_sequences import NoteSequence

Span = tuple[int, int]  # first note, and the note after the last


def slice_spans(measure: np.ndarray, length: int, random: Random) -> list[Span]:
    """Overlapping slices of about `length` notes; `measure` [n] counts from 0 without gaps and does not decrease.

    The beginning and the end, and between them, if there are more than twice as many notes, slices from a random note
    on. The published loop never ends where a measure has more notes than a slice; here it then stops.
    """
    n = len(measure)
    if n <= length or measure[length] >= measure[-1] - 1:
        return [(0, n)]
    spans = [(0, _first(measure, measure[length] + 1)), (_first(measure, measure[n - length]), n)]
    if n > 2 * length:
        spans += _inner_spans(measure, length, random.randrange(length // 2, length * 3 // 2))
    return [span for span in spans if span[0] < span[1]]


def _inner_spans(measure: np.ndarray, length: int, note: int) -> list[Span]:
    spans = []
    start = end = int(measure[note])
    while end < measure[len(measure) - length]:
        begin = _first(measure, start)
        if begin + length >= len(measure):
            break
        end = int(measure[begin + length])
        spans.append((begin, _first(measure, end - 1)))
        if end == start:
            break
        start = end - 2 if end > start + 2 else end - 1 if end > start + 1 else end
    return spans


def consecutive_spans(measure: np.ndarray, length: int) -> list[Span]:
    """Slices of at least `length` notes that do not overlap; the last takes what is left."""
    spans, begin = [], 0
    while begin + length < len(measure):
        end = _first(measure, measure[begin + length] + 1)
        spans.append((begin, end))
        begin = end
    return [*spans, (begin, len(measure))] if begin < len(measure) else spans


def cut(sequence: NoteSequence, span: Span) -> NoteSequence:
    """The notes of a slice; beats and measures count from 0 again."""
    notes = slice(*span)
    beat, measure = sequence.beat[notes], sequence.measure[notes]
    return NoteSequence(
        sequence.features[notes], beat - beat[0], measure - measure[0], sequence.voice[notes], sequence.descriptors
    )


def _first(measure: np.ndarray, which: int) -> int:
    """First note of a measure; the number of notes for one behind the last."""
    return int(np.searchsorted(measure, which))
