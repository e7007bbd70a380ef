"""Descriptors of every stored performance: the bridge from alignment files to the table that models read."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from percepiano_core.features.descriptors.performance import performance_descriptors
from percepiano_core.store.alignments import read_segment_alignments

Described = dict[str, dict[str, float]]  # performance -> column -> value


def describe_segments(paths: Sequence[Path | str], processes: int) -> Described:
    """Descriptors of all performances in the alignment files, columns as in descriptors/table.py."""
    with ProcessPoolExecutor(processes) as pool:
        segments = pool.map(describe_segment, paths, chunksize=4)
    return {name: row for segment in segments for name, row in segment.items()}


def describe_segment(path: Path | str) -> Described:
    """Descriptors of one segment's performances; those of the score are missing where it could not be read."""
    segment = read_segment_alignments(path)
    readable = len(segment.score_notes) > 0
    return {
        name: performance_descriptors(each.performed, each.alignment if readable else None)
        for name, each in segment.performances.items()
    }
