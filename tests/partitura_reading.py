"""Notes of a score as partitura reads them: a second opinion, which the tests hold the project's own reading to."""

from __future__ import annotations

import warnings
from pathlib import Path

import partitura
from partitura.score import GraceNote

Note = tuple[float, int, bool]  # onset in quarters from the first barline (4 decimals), pitch, whether a grace note


def partitura_notes(path: Path) -> dict[Note, float]:
    """Notes as written, tremolos not written out, and their lengths in quarters; of unisons the longest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of notation that is no note
        score = partitura.load_musicxml(str(path))
    lengths: dict[Note, float] = {}
    for part in score.parts:
        for note in part.notes_tied:
            start, end = (float(part.quarter_map(tick)) for tick in (note.start.t, note.start.t + note.duration_tied))
            key = (round(start, 4), int(note.midi_pitch), isinstance(note, GraceNote))
            lengths[key] = max(lengths.get(key, 0.0), end - start)
    return lengths
