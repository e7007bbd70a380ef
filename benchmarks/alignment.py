"""Accuracy and cost of the alignment, as tables in Markdown.

    python benchmarks/alignment.py CORPORA [excerpts] [whole] [simulated] [corpus] [startup]

CORPORA is the folder that holds the unpacked `percepiano` and `asap`. Without further words every table is printed; all
of it takes about four minutes of CPU. Times are CPU seconds of this process.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from percepiano_core.alignment.accuracy import KnownAlignment, agreement, annotated, unison_agreement, windows
from percepiano_core.alignment.match import align
from percepiano_core.alignment.performance import align_performance
from percepiano_core.alignment.simulate import FAULTLESS, FAULTY, ORDINARY, UNEVEN, Playing, simulate
from percepiano_core.corpus.asap import list_recordings, read_note_alignment
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.percepiano import survey
from percepiano_core.score.repeats import full_order
from percepiano_core.score.written_score import read_written_score

EXCERPTS = ((48.0, 3), (24.0, 4), (96.0, 2))  # quarters, windows a piece; the first is that of docs/alignment.md
SIMULATED: dict[str, Playing] = {
    "no errors": FAULTLESS,
    "3 % omitted, 2 % wrong, 3 % extra": ORDINARY,
    "8 % of each, freer tempo": FAULTY,
    "3 % errors, jitter 40 ms": UNEVEN,
}
SEEDS = range(3)
ACCURACY_HEADER = (
    "| data | n | P | R | mean F1 | median | min | >= .98 | F1, unisons equivalent | CPU s |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
T = TypeVar("T")
LOADING = "from percepiano_core.alignment import performance; from percepiano_core.store import alignments"


def accuracy_row(name: str, known: Iterable[KnownAlignment]) -> str:
    """Align every item and summarise the agreement with the known matches."""
    start, items = time.process_time(), list(known)
    found = [align(item.score_notes, item.performed).matches for item in items]
    seconds = time.process_time() - start
    exact = [agreement(f.tolist(), item.matches.tolist()) for f, item in zip(found, items, strict=True)]
    unison = [unison_agreement(f, item.matches, item.score_notes).f1 for f, item in zip(found, items, strict=True)]
    f1 = np.array([result.f1 for result in exact])
    precision, recall = (np.mean([getattr(result, field) for result in exact]) for field in ("precision", "recall"))
    return (
        f"| {name} | {len(f1)} | {precision:.4f} | {recall:.4f} | {f1.mean():.4f} | {np.median(f1):.4f} "
        f"| {f1.min():.3f} | {(f1 >= 0.98).sum()} | {np.mean(unison):.4f} | {seconds:.0f} |"
    )


def asap_pieces(root: Path) -> Iterator[KnownAlignment]:
    """The annotated recordings, whole."""
    for recording in list_recordings(root):
        score, performed = read_written_score(root / recording.score), read_performance(root / recording.midi)
        notes = score.struck_notes(full_order([bar.marks for bar in score.bars]))
        yield annotated(notes, performed, read_note_alignment(root / recording.note_alignment))


def print_excerpts(corpora: Path) -> None:
    """Windows of ASAP pieces, of three lengths."""
    pieces = list(asap_pieces(corpora / "asap"))
    print(ACCURACY_HEADER)
    for quarters, count in EXCERPTS:
        excerpts = (excerpt for piece in pieces for excerpt in windows(piece, quarters, count))
        print(accuracy_row(f"ASAP, {count} windows of {quarters:.0f} quarters a piece", excerpts), flush=True)


def print_whole(corpora: Path) -> None:
    """ASAP pieces from beginning to end."""
    pieces = list(asap_pieces(corpora / "asap"))
    print(ACCURACY_HEADER)
    print(accuracy_row("ASAP, whole pieces", pieces), flush=True)


def print_simulated(corpora: Path) -> None:
    """Simulated performances of the 99 PercePiano scores."""
    root = corpora / "percepiano"
    scores = [read_written_score(root / path).struck_notes() for path in sorted({p.score for p in survey(root)[0]})]
    print(ACCURACY_HEADER)
    for name, playing in SIMULATED.items():
        generators = [np.random.default_rng(seed) for seed in SEEDS]
        drawn = (simulate(score, playing, generator) for generator in generators for score in scores)
        print(accuracy_row(name, drawn), flush=True)


def print_corpus(corpora: Path) -> None:
    """Every PercePiano performance: quality, and where the time goes."""
    root = corpora / "percepiano"
    performances = survey(root)[0]
    clock: dict[str, float] = defaultdict(float)

    def timed(function: Callable[..., T], *arguments: object) -> T:
        start = time.process_time()
        result = function(*arguments)
        clock[function.__name__] += time.process_time() - start
        return result

    scores = {path: timed(read_written_score, root / path) for path in {p.score for p in performances}}
    quality = []
    for performance in performances:
        performed = timed(read_performance, root / performance.midi)
        quality.append(timed(align_performance, scores[performance.score], performed).c)
    values = np.array(quality)
    shares = ", ".join(f"{(values >= limit).sum()} >= {limit}" for limit in (0.98, 0.95, 0.90, 0.80))
    print(f"{len(values)} performances: mean c {values.mean():.4f}, min {values.min():.3f}; {shares}")
    print("CPU s: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in clock.items()))


def print_startup(corpora: Path) -> None:
    """CPU seconds of a process that imports what one aligning process needs, and nothing else."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    rounds = 5
    for _ in range(rounds):
        subprocess.run([sys.executable, "-c", LOADING], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / rounds
    print(f"start-up: {seconds:.2f} CPU s a process")


TABLES: dict[str, Callable[[Path], None]] = {
    "startup": print_startup,
    "corpus": print_corpus,
    "simulated": print_simulated,
    "excerpts": print_excerpts,
    "whole": print_whole,
}


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("tables", nargs="*", metavar="table", help=f"any of {', '.join(TABLES)}")
    arguments = parser.parse_args()
    unknown = set(arguments.tables) - set(TABLES)
    if unknown:
        parser.error(f"no table {min(unknown)!r}; choose from {', '.join(TABLES)}")
    for name in arguments.tables or TABLES:
        print(f"\n## {name}")
        TABLES[name](arguments.corpora)


if __name__ == "__main__":
    main()
