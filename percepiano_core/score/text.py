"""What a score says to play, without features: onsets and pitches, to compare texts by."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError
from percepiano_core.score.corrections import DEFAULT
from percepiano_core.score.note_list import final_notes
from percepiano_core.score.reading import REMEDY, read_events


def read_text(path: Path | str) -> tuple[np.ndarray, np.ndarray]:
    """Onsets [n] in quarters from the first barline, and pitches [n], tremolos played out, in score order.

    DataError if the file is no usable score.
    """
    score = read_events(path, read_musicxml(path), DEFAULT)
    try:
        notes = final_notes(score, DEFAULT)
    except ValueError as error:
        raise DataError(path, f"its notes cannot be placed ({error})", REMEDY) from None
    onsets = np.array([note.onset for note in notes], dtype=float) / score.divisions
    return onsets, np.array([note.pitch for note in notes])
