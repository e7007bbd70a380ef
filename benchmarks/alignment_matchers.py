"""This project's alignment beside parangonar's own matchers, in one run: the table of docs/alignment.md, "Matchers".

    python benchmarks/alignment_matchers.py CORPORA [--pieces N]

CORPORA holds the unpacked `asap`. Rows: windows of 48 quarters of N annotated recordings (all 42), and performances
drawn from the same windows with errors of one kind each. Columns: mean F1 of note pairs, unisons equivalent, and CPU
seconds for 1000 performed notes. parangonar's neural matcher (TheGlueNote, weights in its package) needs
`pip install "parangonar[accelerated]"` and torch; without them its columns are left out. About ten minutes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from parangonar import DualDTWNoteMatcher, TheGlueNoteMatcher  # before this project, which hides torch from it

from percepiano_core.alignment.accuracy import KnownAlignment, annotated, unison_agreement, windows
from percepiano_core.alignment.match import align
from percepiano_core.alignment.simulate import Playing, simulate
from percepiano_core.corpus.asap import list_recordings, read_note_alignment
from percepiano_core.corpus.midi import read_performance
from percepiano_core.score.repeats import full_order
from percepiano_core.score.written_score import read_written_score

QUARTERS = 48.0
LATE = 0.15  # seconds by which the left hand comes late
MIDDLE_C = 60
SCORE_DTYPE = [(f"{name}_{unit}", "f4") for unit in ("beat", "quarter") for name in ("onset", "duration")] + [
    *(("pitch", "i4"), ("voice", "i4"), ("is_grace", "?"), ("id", "U16"))
]
PERFORMED_DTYPE = [
    *(("onset_sec", "f4"), ("duration_sec", "f4"), ("onset_tick", "i4"), ("duration_tick", "i4")),
    *(("pitch", "i4"), ("velocity", "i4"), ("track", "i4"), ("channel", "i4"), ("id", "U16")),
]
Matcher = Callable[[KnownAlignment], np.ndarray]


def here(known: KnownAlignment) -> np.ndarray:
    """This project's matches, int [m, 2]."""
    return align(known.score_notes, known.performed).matches


def of_parangonar(matcher: Any) -> Matcher:
    """The matches of one of parangonar's matchers, called as its documentation does."""

    def matches(known: KnownAlignment) -> np.ndarray:
        found = matcher(score_array(known.score_notes), performed_array(known.performed.notes))
        pairs = [(int(e["score_id"]), int(e["performance_id"])) for e in found if e["label"] == "match"]
        return np.array(sorted(pairs), dtype=int).reshape(-1, 2)

    return matches


def score_array(notes: np.ndarray) -> np.ndarray:
    """partitura's note array of a score, rows as ids."""
    array = np.zeros(len(notes), dtype=SCORE_DTYPE)
    for unit in ("beat", "quarter"):
        array[f"onset_{unit}"] = notes["onset_quarter"] - notes["onset_quarter"].min()
        array[f"duration_{unit}"] = notes["duration_quarter"]
    array["pitch"], array["voice"], array["is_grace"] = notes["pitch"], 1, notes["is_grace"]
    array["id"] = np.arange(len(notes)).astype(str)
    return array


def performed_array(notes: np.ndarray) -> np.ndarray:
    """partitura's note array of a performance, rows as ids."""
    array = np.zeros(len(notes), dtype=PERFORMED_DTYPE)
    array["onset_sec"] = notes["onset_sec"] - notes["onset_sec"].min() + 1  # 0 is taken for missing
    array["duration_sec"] = notes["offset_sec"] - notes["onset_sec"]
    array["onset_tick"] = np.round(array["onset_sec"] * 960)
    array["duration_tick"] = np.maximum(1, np.round(array["duration_sec"] * 960))
    array["pitch"], array["velocity"] = notes["pitch"], notes["velocity"]
    array["id"] = np.arange(len(notes)).astype(str)
    return array


def matchers() -> dict[str, Matcher]:
    """Name -> matcher; the neural one where it is installed."""
    found: dict[str, Matcher] = {"here": here, "DualDTW": of_parangonar(DualDTWNoteMatcher())}
    try:
        found["TheGlueNote"] = of_parangonar(TheGlueNoteMatcher())
    except ImportError as error:
        print(f"without TheGlueNote: {error}")
    return found


def drawn(playing: Playing) -> Callable[[KnownAlignment, np.random.Generator], KnownAlignment]:
    """Performances drawn from the score notes of a window."""
    return lambda known, generator: simulate(known.score_notes, playing, generator)


def without_a_passage(known: KnownAlignment, generator: np.random.Generator) -> KnownAlignment:
    """Eight quarters in the middle are not played, and no time passes there."""
    full = simulate(known.score_notes, Playing(), generator)
    onsets = known.score_notes["onset_quarter"]
    middle = (onsets.min() + onsets.max()) / 2
    skipped = np.isin(full.matches[:, 0], np.flatnonzero(np.abs(onsets - middle) < 4))
    gone = full.matches[skipped, 1]
    notes = full.performed.notes.copy()
    if not len(gone) or skipped.all():
        return full
    seconds = np.ptp(notes["onset_sec"][gone])
    for edge in ("onset_sec", "offset_sec"):
        notes[edge][notes["onset_sec"] > notes["onset_sec"][gone].max()] -= seconds
    return _of_rows(full, notes, np.setdiff1d(np.arange(len(notes)), gone))


def with_hands_apart(known: KnownAlignment, generator: np.random.Generator) -> KnownAlignment:
    """All notes below middle C come late."""
    full = simulate(known.score_notes, Playing(), generator)
    notes = full.performed.notes.copy()
    for edge in ("onset_sec", "offset_sec"):
        notes[edge][notes["pitch"] < MIDDLE_C] += LATE
    return _of_rows(full, notes, np.arange(len(notes)))


def _of_rows(known: KnownAlignment, notes: np.ndarray, rows: np.ndarray) -> KnownAlignment:
    """The known alignment of some performed rows, in order of time."""
    rows = rows[np.lexsort((notes["pitch"][rows], notes["onset_sec"][rows]))]
    place = np.full(len(notes), -1)
    place[rows] = np.arange(len(rows))
    matches = np.stack([known.matches[:, 0], place[known.matches[:, 1]]], axis=1)
    kept = matches[matches[:, 1] >= 0]
    return KnownAlignment(known.score_notes, replace(known.performed, notes=notes[rows]), kept)


PERFORMANCES: dict[str, Callable[[KnownAlignment, np.random.Generator], KnownAlignment]] = {
    "as recorded": lambda known, generator: known,
    "no errors": drawn(Playing()),
    **{f"{share} % wrong": drawn(Playing(wrong_pitches=share / 100)) for share in (3, 10, 20)},
    **{f"{share} % added": drawn(Playing(insertions=share / 100)) for share in (10, 30)},
    **{f"{share} % left out": drawn(Playing(omissions=share / 100)) for share in (10, 50)},
    "freer tempo, onsets 40 ms uneven": drawn(Playing(tempo_sd=0.3, jitter_sec=0.04)),
    "left hand 150 ms late": with_hands_apart,
    "8 quarters skipped": without_a_passage,
}


def recorded(root: Path, count: int) -> list[KnownAlignment]:
    """One window of each annotated recording, from its middle."""
    found = []
    for recording in list_recordings(root)[:count]:
        score, performed = read_written_score(root / recording.score), read_performance(root / recording.midi)
        notes = score.struck_notes(full_order([bar.marks for bar in score.bars]))
        known = annotated(notes, performed, read_note_alignment(root / recording.note_alignment))
        found += windows(known, QUARTERS, 3)[1:2]
    return found


def row(name: str, items: Iterable[KnownAlignment], columns: dict[str, Matcher]) -> str:
    """Mean F1 and seconds of each matcher, which take turns over the items."""
    f1: dict[str, list[float]] = {each: [] for each in columns}
    seconds, notes = dict.fromkeys(columns, 0.0), 0
    for known in items:
        notes += len(known.performed.notes)
        for each, matcher in columns.items():
            start = time.process_time()
            matches = matcher(known)
            seconds[each] += time.process_time() - start
            f1[each].append(unison_agreement(matches, known.matches, known.score_notes).f1)
    cells = (f"{np.mean(f1[each]):.4f} ({np.min(f1[each]):.3f})" for each in columns)
    times = (f"{1000 * seconds[each] / notes:.2f}" for each in columns)
    return f"| {name} | {' | '.join(cells)} | {' | '.join(times)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--pieces", type=int, default=42)
    arguments = parser.parse_args()
    columns, known = matchers(), recorded(arguments.corpora / "asap", arguments.pieces)
    names = [*(f"F1 (lowest), {each}" for each in columns), *(f"CPU s for 1000 notes, {each}" for each in columns)]
    print(f"| played | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for name, perform in PERFORMANCES.items():
        generator = np.random.default_rng(0)
        print(row(name, (perform(each, generator) for each in known), columns), flush=True)


if __name__ == "__main__":
    main()
