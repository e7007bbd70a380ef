"""Plain facts of one performance file: counts, first and last times, pedal events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.corpus.records import Performance
from percepiano_core.corpus.trim import music_end
from percepiano_core.errors import DataError
from percepiano_core.job import concerning
from percepiano_core.table_io import write_rows

TIMES = ("first_onset_sec", "last_onset_sec", "last_offset_sec", "music_end_sec", "end_sec")
PEDALS = {"sustain": 64, "sostenuto": 66, "soft": 67}  # MIDI controller numbers
COLUMNS = ("performance", "n_notes", *TIMES, *(f"n_{pedal}" for pedal in PEDALS))


def content_facts(performed: PerformedMidi) -> dict[str, float]:
    """Number of notes, times in seconds from the file's start, number of events of each pedal.

    `music_end_sec` is where the sound ends, `end_sec` the file's end of track (often 20 s later).
    """
    notes, numbers = performed.notes, performed.controls["number"]
    times = (
        notes["onset_sec"].min(),
        notes["onset_sec"].max(),
        notes["offset_sec"].max(),
        music_end(performed),
        performed.end_sec,
    )
    facts = {"n_notes": len(notes), **{name: float(second) for name, second in zip(TIMES, times, strict=True)}}
    return facts | {f"n_{pedal}": int(np.count_nonzero(numbers == number)) for pedal, number in PEDALS.items()}


def write_content(path: Path | str, performances: Sequence[Performance], root: Path) -> None:
    """Write the facts as CSV, a row a performance, times to the microsecond; empty where a file is unreadable."""
    listed = sorted(performances, key=lambda performance: performance.performance)
    rows = ({"performance": each.performance, **_facts_as_text(root / each.midi)} for each in listed)
    write_rows(path, COLUMNS, ([row.get(column, "") for column in COLUMNS] for row in rows))


def _facts_as_text(path: Path) -> dict[str, str]:
    try:
        with concerning(path):
            facts = content_facts(read_performance(path))
    except DataError:  # reported by the stages that need its notes
        return {}
    return {name: f"{value:.6f}" if name in TIMES else str(value) for name, value in facts.items()}
