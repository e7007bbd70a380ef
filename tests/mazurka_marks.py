"""Mazurkas from the committed dynamic marks alone: levels and counts are real, bars, names and times are made up."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from percepiano_core.corpus.mazurkabl import UNRELIABLE, BeatTable, Mark, Mazurka


def made_up_mazurkas(marks: Path, facts: Path) -> list[Mazurka]:
    """The mazurkas that `marks` names, with as many beats and recordings as `facts` says."""
    with marks.open(encoding="utf-8", newline="") as file:
        written: dict[str, list[Mark]] = {}
        for row in csv.DictReader(file):
            written.setdefault(row["mazurka"], []).append(Mark(int(row["beat"]) - 1, row["level"]))
    with facts.open(encoding="utf-8", newline="") as file:
        return [
            _mazurka(row, tuple(written[row["mazurka"]])) for row in csv.DictReader(file) if row["mazurka"] in written
        ]


def _mazurka(fact: dict[str, str], marks: tuple[Mark, ...]) -> Mazurka:
    name, first, beats = fact["mazurka"], int(fact["first_beat_number"]), int(fact["beats"])
    place = first + np.arange(beats)
    pids = list(UNRELIABLE.get(name, ()))
    pids += [f"pid{number}-00" for number in range(int(fact["recordings"]) - len(pids))]
    columns = {pid: 0.5 * np.arange(1, beats + 1) for pid in pids}
    return Mazurka(name, BeatTable(1 + place // 3, place % 3, columns), marks)
