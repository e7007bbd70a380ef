"""The table of descriptors: one row a performance, one column a descriptor, written and read by every model.

A column's name is its set, "_" and the descriptor: `raw_velocity_mean`, `aligned_tempo_sd`. An empty cell is missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from percepiano_core.table_io import header_of, read_numbers, write_rows

SETS = ("raw", "tonal", "aligned")


def in_set(name: str, descriptors: Mapping[str, float]) -> dict[str, float]:
    """Descriptors under their column names."""
    return {f"{name}_{descriptor}": value for descriptor, value in descriptors.items()}


def write_descriptors(path: Path | str, rows: Mapping[str, Mapping[str, float]]) -> None:
    """Write performance -> column -> value as CSV, rows sorted, atomically.

    Columns stand in the order in which the sorted rows first name them; what a row lacks, or is not finite, is empty.
    """
    ordered = sorted(rows.items())
    columns = list(dict.fromkeys(column for _, row in ordered for column in row))
    cells = ([name, *(_cell(row.get(column, math.nan)) for column in columns)] for name, row in ordered)
    write_rows(path, ["performance", *columns], cells)


def read_descriptors(path: Path | str) -> dict[str, dict[str, float]]:
    """Performance -> column -> value of what `write_descriptors` wrote; what was empty is nan."""
    columns = [name for name in header_of(path) if name != "performance"]
    rows = read_numbers(path, columns)
    return {name: dict(zip(columns, values.tolist(), strict=True)) for name, values in rows.items()}


def _cell(value: float) -> str:
    return f"{value:.9g}" if math.isfinite(value) else ""
