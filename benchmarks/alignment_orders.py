"""How well an alignment finds which bars were played: tables of docs/alignment.md, "Repeats and parts".

    python benchmarks/alignment_orders.py CORPORA [annotated] [orders] [strangers] [beats] [long]

CORPORA holds the unpacked `percepiano` and `asap`. annotated: the 42 annotated ASAP recordings against scores as
written, those with repeat signs and those without. orders: performances drawn from six ASAP scores with bars skipped,
doubled, and so on, beside parangonar's matcher alone. strangers: performances against scores of other works. beats:
time maps of real recordings against annotated beats. long: time and memory of 18,500 notes. About fifteen minutes.
"""

from __future__ import annotations

import argparse
import csv
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np

from percepiano_core.alignment.accuracy import agreement, annotated
from percepiano_core.alignment.match import align
from percepiano_core.alignment.performance import align_performance
from percepiano_core.alignment.simulate import ORDINARY, Playing, simulate
from percepiano_core.alignment.tempo_map import tempo_map
from percepiano_core.corpus.asap import list_recordings, read_note_alignment
from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.corpus.percepiano import survey
from percepiano_core.score.repeats import full_order, has_repeats
from percepiano_core.score.written_score import WrittenScore, read_written_score

PIECES = (
    "Bach/Fugue/bwv_856",
    "Chopin/Etudes_op_10/12",
    "Beethoven/Piano_Sonatas/24-1_no_repeat",
    "Schubert/Moment_musical_no_3",
    "Haydn/Keyboard_Sonatas/31-1",
    "Ravel/Pavane",
)
STRANGER = "Liszt/Concert_Etude_S145/1"  # whose notes are added before and after
OFFSETS = np.arange(-4, 4.01, 0.25)  # quarters by which an annotated score can begin earlier or later than ours
Order = Callable[[int], list[int]]

ORDERS: dict[str, tuple[Order, Playing, int, int]] = {
    # name: order for a number of bars, manner of playing, semitones, notes of other music before and after
    "as written": (lambda n: [*range(n)], ORDINARY, 0, 0),
    "5 bars left out": (lambda n: [*range(n // 2), *range(n // 2 + 5, n)], ORDINARY, 0, 0),
    "8 bars played again": (lambda n: [*range(n // 2 + 3), *range(n // 2 - 5, n)], ORDINARY, 0, 0),
    "first half": (lambda n: [*range(n // 2)], ORDINARY, 0, 0),
    "middle half": (lambda n: [*range(n // 4, 3 * n // 4)], ORDINARY, 0, 0),
    "60 other notes before and after": (lambda n: [*range(n)], ORDINARY, 0, 60),
    "a third lower": (lambda n: [*range(n)], ORDINARY, -3, 0),
    "10 % wrong": (lambda n: [*range(n)], Playing(wrong_pitches=0.10), 0, 0),
    "20 % wrong": (lambda n: [*range(n)], Playing(wrong_pitches=0.20), 0, 0),
    "half of the notes missing": (lambda n: [*range(n)], Playing(omissions=0.5), 0, 0),
}


def names(order: Sequence[int], notes: np.ndarray) -> list[tuple[int, float, int]]:
    """For each note of an order its written bar, onset from the bar's first note, pitch: the same in any order."""
    first = np.full(len(order), np.inf)
    np.minimum.at(first, notes["measure"], notes["onset_quarter"])
    return [
        (order[place], round(float(onset - first[place]), 2), int(pitch))
        for place, onset, pitch in zip(notes["measure"], notes["onset_quarter"], notes["pitch"], strict=True)
    ]


def drawn(
    score: WrittenScore, case: tuple[Order, Playing, int, int], other: np.ndarray, generator: np.random.Generator
) -> tuple[list[int], np.ndarray, PerformedMidi, np.ndarray]:
    """Order, its score notes, a performance, and the true matches."""
    order_of, playing, semitones, added = case
    order = order_of(len(score.bars))
    notes = score.struck_notes(order)
    known = simulate(notes, playing, generator)
    played = known.performed.notes.copy()
    played["pitch"] += semitones
    before, after = (_from_zero(other[start : start + added]) for start in (0, 100))
    played = _later(_from_zero(played), _end(before))
    everything = np.concatenate([before, played, _later(after, _end(played))])
    return order, notes, replace(known.performed, notes=everything), known.matches + np.array([0, added])


def _from_zero(notes: np.ndarray) -> np.ndarray:
    return _later(notes, -float(notes["onset_sec"].min(initial=np.inf))) if len(notes) else notes


def _end(notes: np.ndarray) -> float:
    return float(notes["onset_sec"].max()) + 1.0 if len(notes) else 0.0


def _later(notes: np.ndarray, seconds: float) -> np.ndarray:
    moved = notes.copy()
    for edge in ("onset", "offset"):
        moved[f"{edge}_sec"] += seconds
        moved[f"{edge}_tick"] = np.round(moved[f"{edge}_sec"] * 960)
    return moved


def print_annotated(corpora: Path) -> None:
    """F1 over (bar, onset, pitch, performed note) of annotated recordings, whose scores are given as written."""
    root = corpora / "asap"
    found: dict[bool, list[float]] = {True: [], False: []}
    signs = wrong = 0
    for recording in list_recordings(root):
        score, performed = read_written_score(root / recording.score), read_performance(root / recording.midi)
        marks = [bar.marks for bar in score.bars]
        order = full_order(marks)
        notes = score.struck_notes(order)
        known = annotated(notes, performed, read_note_alignment(root / recording.note_alignment))
        true_names = names(order, notes)
        alignment = align_performance(score, performed)
        found_names = names(alignment.order, alignment.score_notes)
        pairs = [(found_names[row], note) for row, note in alignment.matches.tolist()]
        true = [(true_names[row], note) for row, note in known.matches.tolist()]
        found[has_repeats(marks)].append(agreement(pairs, true).f1)
        signs += len(alignment.repeats)
        wrong += sum(each.taken != each.notated for each in alignment.repeats)
    for repeated, f1 in found.items():
        name = "with repeat signs" if repeated else "without"
        print(f"{name}: {len(f1)} recordings, mean F1 {np.mean(f1):.4f}, lowest {min(f1):.3f}")
    print(f"{signs} signs, {wrong} not obeyed as often as they ask")


def print_orders(corpora: Path) -> None:
    """F1 over (bar, onset, pitch, performed note) of drawn performances, here and with the matcher alone."""
    generator = np.random.default_rng(0)
    scores = [read_written_score(corpora / "asap" / piece / "xml_score.musicxml") for piece in PIECES]
    stranger = read_written_score(corpora / "asap" / STRANGER / "xml_score.musicxml")
    other = simulate(stranger.struck_notes(), ORDINARY, generator).performed.notes
    print("| played | mean F1 | lowest | verdicts | matcher alone, score as written |\n|---|---|---|---|---|")
    for name, case in ORDERS.items():
        here, alone, verdicts = [], [], []
        for score in scores:
            order, notes, performed, matches = drawn(score, case, other, generator)
            true_names = names(order, notes)
            true = [(true_names[row], note) for row, note in matches.tolist()]
            found = align_performance(score, performed)
            found_names = names(found.order, found.score_notes)
            here.append(agreement([(found_names[r], n) for r, n in found.matches.tolist()], true).f1)
            verdicts.append(found.status)
            written = score.struck_notes()
            plain_names = names(range(len(score.bars)), written)
            plain = align(written, performed).matches.tolist()
            alone.append(agreement([(plain_names[r], n) for r, n in plain], true).f1)
        counts = ", ".join(f"{verdicts.count(word)} {word}" for word in dict.fromkeys(verdicts))
        print(f"| {name} | {np.mean(here):.4f} | {min(here):.3f} | {counts} | {np.mean(alone):.4f} |", flush=True)


def print_strangers(corpora: Path) -> None:
    """How many performances are taken for another work: none should be."""
    generator = np.random.default_rng(1)
    rows = _asap_rows(corpora, generator)[:30]
    scores = {row["xml_score"]: read_written_score(corpora / "asap" / row["xml_score"]) for row in rows}
    pairs = [(a, b) for i, a in enumerate(rows) for b in (rows[i - 1], rows[i - 5]) if a["composer"] != b["composer"]]
    accepted = 0
    for played, other in pairs:
        performed = read_performance(corpora / "asap" / played["midi_performance"])
        accepted += align_performance(scores[other["xml_score"]], performed).status != "failed"
    print(f"ASAP recordings against scores of other composers: {accepted} of {len(pairs)} accepted")
    root = corpora / "percepiano"
    performances = survey(root)[0]
    accepted = count = 0
    for performance in performances[::25]:
        work = Path(performance.score).name.split("_")[1]
        others = sorted({p.score for p in performances if Path(p.score).name.split("_")[1] != work})
        performed = read_performance(root / performance.midi)
        for score in generator.choice(others, 4, replace=False):
            accepted += align_performance(read_written_score(root / str(score)), performed).status != "failed"
            count += 1
    print(f"PercePiano performances against scores of other works: {accepted} of {count} accepted")


def print_beats(corpora: Path) -> None:
    """Time maps against annotated beats: two recordings a composer."""
    generator = np.random.default_rng(3)
    root = corpora / "asap"
    by_composer: dict[str, list[dict[str, str]]] = {}
    for row in _asap_rows(corpora, generator):
        by_composer.setdefault(row["composer"], []).append(row)
    print("| recording | notes | c | mean error, ms | within 100 ms | CPU s |\n|---|---|---|---|---|---|")
    results = []
    for row in (row for composer in sorted(by_composer) for row in by_composer[composer][:2]):
        score_beats, beats = (_beats(root / row[key]) for key in ("midi_score_annotations", "performance_annotations"))
        if len(score_beats) != len(beats):
            continue  # the annotation itself is not complete
        performed = read_performance(root / row["midi_performance"])
        start = time.process_time()
        found = align_performance(read_written_score(root / row["xml_score"]), performed)
        seconds = time.process_time() - start
        quarters = _quarters(root / row["midi_score"], score_beats)
        seconds_at = tempo_map(found.score_notes, performed, found.matches)
        errors = [np.abs(seconds_at(quarters - quarters[0] + offset) - beats) for offset in OFFSETS]
        best = min(errors, key=np.median)
        error, share, count = 1000 * best.mean(), (best <= 0.1).mean(), len(performed.notes)
        results.append((error, share, seconds, count))
        name = row["midi_performance"]
        print(f"| {name} | {count} | {found.c:.3f} | {error:.0f} | {share:.3f} | {seconds:.1f} |", flush=True)
    errors_ms, shares, seconds_each, notes = np.array(results).T
    print(
        f"{len(results)} recordings: median of the errors {np.median(errors_ms):.0f} ms, in 100 ms {shares.mean():.3f}"
    )
    print(f"{1000 * seconds_each.sum() / notes.sum():.2f} CPU s for 1000 notes")


def print_long(corpora: Path) -> None:
    """Islamey twice and its first hundred bars again, in one performance."""
    score = read_written_score(corpora / "asap" / "Balakirev/Islamey/xml_score.musicxml")
    order = [*range(len(score.bars))] * 2 + [*range(100)]
    performed = simulate(score.struck_notes(order), ORDINARY, np.random.default_rng(0)).performed
    before, start = _peak_megabytes(), time.process_time()
    found = align_performance(score, performed)
    seconds, peak = time.process_time() - start, _peak_megabytes()
    print(
        f"{len(performed.notes)} notes: {seconds:.1f} CPU s, c {found.c:.3f}, peak {peak:.0f} MB ({before:.0f} before)"
    )


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _asap_rows(corpora: Path, generator: np.random.Generator) -> list[dict[str, str]]:
    root = corpora / "asap"
    with (root / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (root / row["xml_score"]).is_file()]
    rows = [row for row in rows if (root / row["performance_annotations"]).is_file()]
    return [rows[index] for index in generator.permutation(len(rows))]


def _beats(path: Path) -> np.ndarray:
    return np.array([float(line.split("\t")[0]) for line in path.read_text().splitlines() if line.strip()])


def _quarters(path: Path, seconds: np.ndarray) -> np.ndarray:
    """Quarters of a score MIDI at which the seconds lie."""
    midi = mido.MidiFile(path)
    ticks, times, tempo = [0], [0.0], 500_000
    for message in mido.merge_tracks(midi.tracks):
        ticks.append(ticks[-1] + message.time)
        times.append(times[-1] + mido.tick2second(message.time, midi.ticks_per_beat, tempo))
        tempo = message.tempo if message.type == "set_tempo" else tempo
    return np.interp(seconds, times, np.array(ticks) / midi.ticks_per_beat)


TABLES = {
    "annotated": print_annotated,
    "orders": print_orders,
    "strangers": print_strangers,
    "beats": print_beats,
    "long": print_long,
}


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("tables", nargs="*", metavar="table", help=f"any of {', '.join(TABLES)}")
    arguments = parser.parse_args()
    for name in arguments.tables or TABLES:
        print(f"\n## {name}")
        TABLES[name](arguments.corpora)


if __name__ == "__main__":
    main()
