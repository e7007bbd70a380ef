"""The course of a training run: one CSV row an epoch, one column a number that was told of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from percepiano_core.files import replacing

COLLAPSED = 0.05  # spread of the predictions over that of the labels below which a network says one thing of everybody


def write_history(path: Path | str, epochs: Sequence[Mapping[str, float]]) -> None:
    """Write the numbers of all epochs, the column `epoch` (from 1) first; atomically."""
    columns = ["epoch", *dict.fromkeys(name for numbers in epochs for name in numbers)]
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for i, numbers in enumerate(epochs, start=1):
            writer.writerow({"epoch": i} | {name: f"{value:.6g}" for name, value in numbers.items()})
