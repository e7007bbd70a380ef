"""The table of rater agreement and noise ceilings: one row a dimension, and their mean."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, fields
from pathlib import Path

import numpy as np

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.ratings.reliability import RaterCount, Reliability

CEILING = "ceiling_"  # prefix of the columns that hold ceilings
MEAN = "mean"


def agreement_columns(measures: Reliability, ceilings: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Column name -> [19]; a ceiling's column is named after its evaluation set."""
    return asdict(measures) | {CEILING + name: values for name, values in ceilings.items()}


def write_agreement(path: Path | str, columns: Mapping[str, np.ndarray]) -> None:
    """Write one row a dimension and the row `mean`, six decimals; empty where a value cannot be had."""
    table = np.stack(list(columns.values()), axis=1)
    rows = [*zip(DIMENSION_KEYS, table, strict=True), (MEAN, table.mean(axis=0))]
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["dimension", *columns])
        writer.writerows([name, *map(_text, row.tolist())] for name, row in rows)


def read_agreement(path: Path | str) -> dict[str, np.ndarray]:
    """Columns [19] of what `write_agreement` wrote; the row `mean` is left out."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dimension"] != MEAN]
    names = [name for name in rows[0] if name != "dimension"]
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in names}


def write_rater_counts(path: Path | str, counts: Iterable[RaterCount]) -> None:
    """Write one row a movement."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(RaterCount))
        writer.writerows(astuple(count) for count in counts)


def _text(value: float) -> str:
    return f"{value:.6f}" if np.isfinite(value) else ""
