"""A score as written, each bar once, from which its notes can be had in any order of playing.

The one reading that alignment and features share: notes have the same names in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from percepiano_core.corpus.musicxml import musicxml_and_repairs
from percepiano_core.errors import DataError
from percepiano_core.score.bars import written_bars
from percepiano_core.score.corrections import DEFAULT
from percepiano_core.score.events import ParsedScore
from percepiano_core.score.note_list import joined_ties
from percepiano_core.score.reading import marks_of, read_events
from percepiano_core.score.repeat_signs import RepeatMarks
from percepiano_core.score.struck_notes import first_barline, struck_notes


@dataclass(frozen=True, slots=True)
class Bar:
    """One written bar: printed number, start and length in quarters (0 is the first barline), repeat signs."""

    number: str
    start: float
    length: float
    marks: RepeatMarks


@dataclass(frozen=True, eq=False)
class WrittenScore:
    """A score; `bars` as written, each once; `repairs` is what was mended in reading, a clause each."""

    path: Path
    root: Element
    bars: tuple[Bar, ...]
    repairs: tuple[str, ...] = ()

    def struck_notes(self, order: Sequence[int] | None = None) -> np.ndarray:
        """Notes to strike, ALIGNED_NOTE_DTYPE [s] by (onset, pitch).

        order : indices of bars in playing order; None for each once, as written. Where it plays a bar twice, the names
            of all notes end in "-<pass>"
        """
        return _struck(read_events(self.path, self.root, DEFAULT, order or ()))


def read_written_score(path: Path | str) -> WrittenScore:
    """Read a score.

    Raises
    ------
    DataError
        missing, unsafe or no score (corpus/musicxml.py); notes that cannot be placed, by bar; none besides grace notes
    """
    root, told = musicxml_and_repairs(path)
    bars = written_bars(root.findall("part"))
    events = read_events(path, root, DEFAULT, ())
    if _struck(events)["is_grace"].all():
        raise DataError(path, "the score has no notes besides grace notes", "replace it by the score of the segment")
    shift = events.pickup_padding / events.divisions
    starts = np.array(events.measure_starts) / events.divisions - first_barline(events)
    starts[1:] += shift
    lengths = np.diff(starts, append=events.end / events.divisions - first_barline(events) + shift)
    details = zip(bars, starts.tolist(), lengths.tolist(), marks_of(root), strict=True)
    of_bars = [f"{place}: {repair}" for repair, place in events.repairs.items()]
    repairs = (*told, *of_bars, *_overfull(list(events.overfull.values())))
    return WrittenScore(Path(path), root, tuple(Bar(bar.number, *place) for bar, *place in details), repairs)


def _overfull(bars: list[str]) -> list[str]:
    """One line on the bars that are longer than their metre."""
    if len(bars) < 2:
        return bars
    return [f"{bars[0]}; {len(bars) - 1} more bar{'s are' if len(bars) > 2 else ' is'} longer than the metre says"]


def _struck(events: ParsedScore) -> np.ndarray:
    sounding = [note for note in events.notes if not note.is_rest]
    return struck_notes(events, joined_ties(events, sounding, DEFAULT))
