"""The table of how well each performance fits its score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.alignment.account import departures
from percepiano_core.store.alignments import AlignedPerformance, SegmentAlignments
from percepiano_core.table_io import DECIMALS, write_records


@dataclass(frozen=True, slots=True, order=True)
class Coverage:
    """One performance: counts of notes, shares of matched ones in [0, 1], and the verdict (alignment.py).

    `left_out` counts the score notes of passages that were skipped, `outside` the performed notes of passages that the
    score does not have; `departures` says in words what was skipped, doubled, added or transposed.
    """

    performance: str
    score_notes: int
    performed_notes: int
    matches: int
    score_coverage: float
    performance_coverage: float
    c: float
    status: str
    left_out: int
    outside: int
    ornament_notes: int
    departures: str


def coverage_rows(segment: SegmentAlignments) -> list[Coverage]:
    """A row for each performance of the segment."""
    return [_row(name, each) for name, each in segment.performances.items()]


def write_coverage(path: Path | str, rows: Iterable[Coverage]) -> None:
    """Write as CSV, the worst fit first, so that outliers head the table."""
    write_records(path, Coverage, sorted(rows, key=lambda each: (each.c, each.performance)), DECIMALS)


def _row(name: str, each: AlignedPerformance) -> Coverage:
    alignment = each.alignment
    return Coverage(
        performance=name,
        score_notes=len(alignment.score_notes),
        performed_notes=int(alignment.performed_kept.sum()),
        matches=len(alignment.matches),
        score_coverage=alignment.score_coverage,
        performance_coverage=alignment.performance_coverage,
        c=alignment.c,
        status=alignment.status,
        left_out=int(alignment.left_out.sum()),
        outside=int((alignment.outside & alignment.performed_kept).sum()),
        ornament_notes=len(alignment.ornament_notes),
        departures="; ".join(departures(alignment)),
    )
