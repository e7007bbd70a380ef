"""How many ratings the intervals of `percepiano rate` cover, and how far ratings depend on the composer, in Markdown.

    OMP_NUM_THREADS=1 python benchmarks/rating_intervals.py RUNS... [--calibrate RUNS] [--notes notes.h5]

RUNS are folders below which the runs of one ensemble lie, such as results/runs/published/bilstm_sa_han/performer.
Intervals are made from predictions on the validation roles (of the ensemble itself, or of --calibrate) and counted on
those for the test roles. With --notes (results/notes/notes.h5) the test performances are rated again as of other
composers.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.score.words import tables
from percepiano_core.perception.ensemble import given_weights, read_members
from percepiano_core.perception.intervals import HeldOut, coverage, half_widths, held_out
from percepiano_core.store.notes import read_notes
from percepiano_core.store.predictions import PREDICTIONS_FILE, VALID_FILE, read_predictions
from percepiano_core.symbolic.networks.ensemble import ask, unlabelled
from percepiano_core.symbolic.networks.system import SYSTEM

LEVELS = (0.5, 0.8, 0.9)


def role(folder: Path, name: str) -> HeldOut:
    """Held-out predictions of the runs below a folder, from the files of this name."""
    return held_out(fold for path in sorted(folder.rglob(name)) for fold in read_predictions(path))


def coverage_rows(folders: Iterable[Path], calibrated_by: Path | None) -> list[str]:
    """A line an ensemble: what it was calibrated on, half width, and coverage of its test role."""
    levels = " | ".join(f"covered at {level:.0%}" for level in LEVELS)
    rows = [f"| ensemble | networks | valid | test | half width at 90 % | {levels} | 90 %, least to most |"]
    rows.append("|---" * (6 + len(LEVELS)) + "|")
    for folder in folders:
        valid, test = role(calibrated_by or folder, VALID_FILE), role(folder, PREDICTIONS_FILE)
        shares = [coverage(test, half_widths(valid, level)) for level in LEVELS]
        means = " | ".join(f"{share.mean():.3f}" for share in shares)
        networks, width = len(list(folder.rglob(PREDICTIONS_FILE))), half_widths(valid, LEVELS[-1]).mean()
        lowest, highest = (DIMENSION_KEYS[place] for place in (shares[-1].argmin(), shares[-1].argmax()))
        ends = f"{shares[-1].min():.2f} ({lowest}) to {shares[-1].max():.2f} ({highest})"
        about = f"{folder.parent.name}, {folder.name} | {networks} | {len(valid)} | {len(test)} | {width:.3f}"
        rows.append(f"| {about} | {means} | {ends} |")
    return rows


def composer_rows(folder: Path, notes: dict[str, NoteTable]) -> list[str]:
    """A line a composer: how far the ratings of the test role move when it is told instead of the right one."""
    members = read_members(SYSTEM, given_weights([folder]))
    names = [name for name in role(folder, PREDICTIONS_FILE).performances if name in notes]
    right = ratings(members, {name: notes[name] for name in names})
    rows = ["| told | mean shift | largest mean shift of a dimension |", "|---|---|---|"]
    for composer in ("Schubert", "Beethoven", "Chopin", "none of the table"):
        shift = np.abs(ratings(members, {name: told(notes[name], composer) for name in names}) - right).mean(axis=0)
        rows.append(f"| {composer} | {shift.mean():.3f} | {shift.max():.3f} ({DIMENSION_KEYS[shift.argmax()]}) |")
    return rows


def ratings(members: Sequence, notes: dict[str, NoteTable]) -> np.ndarray:
    """Ratings [n, 19] of the ensemble."""
    return ask(members, unlabelled({name: {} for name in notes}), notes, {}).mean(axis=0)


def told(table: NoteTable, composer: str) -> NoteTable:
    """The notes as if of another composer."""
    names = tables()["composers"]
    one_hot = np.eye(len(names) + 1)[names.index(composer) if composer in names else len(names)]
    vectors = np.broadcast_to(one_hot, table.values["composer_vec"].shape)
    return replace(table, values={**table.values, "composer_vec": vectors})


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--calibrate", type=Path)
    parser.add_argument("--notes", type=Path)
    given = parser.parse_args()
    print("\n".join(coverage_rows(given.runs, given.calibrate)))
    for folder in given.runs if given.notes else ():
        print(f"\n{folder.parent.name}, {folder.name}\n")
        print("\n".join(composer_rows(folder, read_notes(given.notes))))


if __name__ == "__main__":
    main()
