"""Notes with all features of performances that nobody rated, from their scores and MIDI files, a process a score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from percepiano_core.corpus.midi_collections import CollectedPerformance
from percepiano_core.errors import DataError, UserError
from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.performance.from_files import read_played
from percepiano_core.features.score.corrections import Compat

PROGRESS_EVERY = 20  # scores
Notes = dict[str, NoteTable]


def collection_notes(
    performances: Sequence[CollectedPerformance], compat: Compat, processes: int, report: Callable[[str], None]
) -> Notes:
    """Notes by "composer: title/file", one row a score note; what cannot be read or does not fit its score is told."""
    by_score: dict[Path, list[CollectedPerformance]] = defaultdict(list)
    for each in performances:
        if each.score is not None:
            by_score[each.score].append(each)
    found: Notes = {}
    with ProcessPoolExecutor(processes) as pool:
        played = pool.map(partial(_notes_of_score, compat=compat), by_score.values())
        for number, (notes, left_out) in enumerate(played, start=1):
            found |= notes
            for line in left_out:
                report(f"left out: {line}")
            if number % PROGRESS_EVERY == 0 or number == len(by_score):
                report(f"{number} of {len(by_score)} scores, {len(found)} performances")
    return found


def _notes_of_score(performances: Sequence[CollectedPerformance], compat: Compat) -> tuple[Notes, list[str]]:
    """Performances of one score, each read by itself, so that one that fails does not take the others along."""
    notes: Notes = {}
    left_out = []
    for each in performances:
        assert each.score is not None
        name = f"{each.piece}/{each.midi.stem}"
        try:
            notes[name] = read_played(each.score, {name: each.midi}, compat, each.composer)[name].notes
        except (DataError, UserError) as error:
            left_out.append(str(error))
    return notes, left_out
