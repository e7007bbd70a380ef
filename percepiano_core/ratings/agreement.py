"""The table of rater agreement and noise ceilings: one row a dimension, and their mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.ratings.reliability import RaterCount, Reliability
from percepiano_core.table_io import DECIMALS, header_of, read_numbers, text, write_records, write_rows

CEILING = "ceiling_"  # prefix of the columns that hold ceilings
MEAN = "mean"


def agreement_columns(measures: Reliability, ceilings: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Column name -> [19]; a ceiling's column is named after its evaluation set."""
    return asdict(measures) | {CEILING + name: values for name, values in ceilings.items()}


def write_agreement(path: Path | str, columns: Mapping[str, np.ndarray]) -> None:
    """Write one row a dimension and the row `mean`, six decimals; empty where a value cannot be had."""
    table = np.stack(list(columns.values()), axis=1)
    rows = [*zip(DIMENSION_KEYS, table, strict=True), (MEAN, table.mean(axis=0))]
    cells = ([name, *(text(value, DECIMALS) for value in row.tolist())] for name, row in rows)
    write_rows(path, ["dimension", *columns], cells)


def read_agreement(path: Path | str) -> dict[str, np.ndarray]:
    """Columns [19] of what `write_agreement` wrote; the row `mean` is left out."""
    names = [name for name in header_of(path) if name != "dimension"]
    rows = read_numbers(path, names, key="dimension")
    table = np.array([rows[key] for key in DIMENSION_KEYS])
    return dict(zip(names, table.T, strict=True))


def write_rater_counts(path: Path | str, counts: Iterable[RaterCount]) -> None:
    """Write one row a movement."""
    write_records(path, RaterCount, counts)
