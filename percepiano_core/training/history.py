"""The course of a training run: one CSV row an epoch, one column a number that was told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from percepiano_core.table_io import write_rows

COLLAPSED = 0.05  # standard-deviation ratio of predictions to labels below which a network says one thing of everybody


def write_history(path: Path | str, epochs: Sequence[Mapping[str, float]]) -> None:
    """Write the numbers of all epochs, the column `epoch` (from 1) first; atomically."""
    columns = ["epoch", *dict.fromkeys(name for numbers in epochs for name in numbers)]
    cells = ({"epoch": i} | {name: f"{value:.6g}" for name, value in told.items()} for i, told in enumerate(epochs, 1))
    write_rows(path, columns, ([row.get(column, "") for column in columns] for row in cells))
