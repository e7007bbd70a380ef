"""Notes with all features of unlabelled performances, from their scores and MIDI files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from percepiano_core.corpus.midi_collections import CollectedPerformance
from percepiano_core.errors import DataError, UserError
from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.performance.from_files import read_played
from percepiano_core.job import concerning
from percepiano_core.quality import QualityLine, from_error
from percepiano_core.score.corrections import Compat

Notes = dict[str, NoteTable]


def collection_notes(
    performances: Sequence[CollectedPerformance], compat: Compat, report: Callable[[str], None]
) -> tuple[Notes, list[QualityLine]]:
    """Notes by "composer: title/file", one row a score note, and what cannot be read or does not fit its score.

    Each is read by itself, so that one that fails does not take the others along.
    """
    notes: Notes = {}
    unusable = []
    for number, each in enumerate(performances, start=1):
        if each.score is None:
            continue
        name = f"{each.piece}/{each.midi.stem}"
        try:
            with concerning(each.midi):
                notes[name] = read_played(each.score, {name: each.midi}, compat, each.composer)[name].notes
        except (DataError, UserError) as error:
            unusable.append(from_error("pretraining", name, error, "its notes are not learned from"))
            report(f"left out: {error}")
        report(f"{number} of {len(performances)}: {name}")
    return notes, unusable
