"""Descriptors of every stored performance: the bridge from alignment files to the table that models read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from percepiano_core.alignment.performance import align_performance
from percepiano_core.corpus.midi import read_performance
from percepiano_core.errors import DataError
from percepiano_core.features.descriptors.performance import performance_descriptors
from percepiano_core.job import concerning
from percepiano_core.quality import QualityLine, from_error
from percepiano_core.score.written_score import read_written_score
from percepiano_core.store.alignments import read_segment_alignments

Described = dict[str, dict[str, float]]  # performance -> column -> value


def describe_segments(paths: Sequence[Path | str], processes: int) -> tuple[Described, list[QualityLine]]:
    """Descriptors of all performances in the alignment files, columns as in descriptors/table.py; lines of the rest."""
    with ProcessPoolExecutor(processes) as pool:
        segments = list(pool.map(describe_segment, paths, chunksize=4))
    described = {name: row for rows, _ in segments for name, row in rows.items()}
    return described, [line for _, lines in segments for line in lines]


def describe_files(files: Mapping[str, tuple[Path, Path]], processes: int) -> tuple[Described, list[QualityLine]]:
    """Descriptors of performances that are MIDI files with a score each, and lines of those that have none."""
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(_described, files, *zip(*files.values(), strict=True), chunksize=4))
    described = {name: row for name, row in zip(files, found, strict=True) if not isinstance(row, DataError)}
    lines = [
        from_error("features", name, error, "no descriptors: models see it as missing")
        for name, error in zip(files, found, strict=True)
        if isinstance(error, DataError)
    ]
    return described, lines


def _described(name: str, midi: Path, score: Path) -> dict[str, float] | DataError:
    try:
        with concerning(midi):
            performed = read_performance(midi)
        with concerning(score):
            alignment = align_performance(read_written_score(score), performed)
        with concerning(midi):
            return performance_descriptors(performed, alignment)
    except DataError as error:
        return error


def describe_segment(path: Path | str) -> tuple[Described, list[QualityLine]]:
    """Descriptors of one segment's performances, and a line for each that cannot be described.

    Descriptors of the score are missing where it could not be read.
    """
    segment = read_segment_alignments(path)
    readable = len(segment.score_notes) > 0
    described: Described = {}
    lines = []
    for name, each in segment.performances.items():
        try:
            with concerning(name):
                described[name] = performance_descriptors(each.performed, each.alignment if readable else None)
        except DataError as error:
            line = from_error("features", name, error, "no descriptors: models see it as missing")
            lines.append(replace(line, file=""))
    return described, lines
