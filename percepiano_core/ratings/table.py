"""The table of single ratings, as released: one row for each time a listener rated a recording.

Columns are user, dataID, filename, then one for each dimension, and anything behind those (docs/ratings.md, "The table
of ratings"). Dimension columns are found by key where the header has the keys, else the first 19 behind `filename` are
taken in the order of DIMENSION_KEYS, which is the order of the released table.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.quality import QualityLine

KEY_COLUMNS = ("user", "dataID", "filename")
SCALE = 7.0  # ratings are 1-7; labels are divided by it
DONT_KNOW = 0.0
DONT_KNOW_REVERSED = 8.0  # 8 - 0, in the items that the release had already reversed
EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")  # never the dot in "no.3_4bars"


@dataclass(frozen=True)
class RatingTable:
    """All readable rows in file order.

    Attributes
    ----------
    users, data_ids, performances : arrays of str, [n]; a performance is the file name without its extension
    values : [n, 19] as released: 1-7, 0 or 8 for "don't know", NaN where blank
    """

    users: np.ndarray
    data_ids: np.ndarray
    performances: np.ndarray
    values: np.ndarray


def read_ratings(path: Path) -> tuple[RatingTable, list[QualityLine]]:
    """Read the ratings; a row with a value that is no whole number from 0 to 8 is left out and gets a line.

    Raises
    ------
    UserError : the file is missing or its header is not that of a ratings table
    """
    header, rows = _rows(path)
    columns = _dimension_columns(path, header)
    kept, values, lines = [], [], []
    for number, row in enumerate(rows, start=2):
        cells = [_value(row[column]) if column < len(row) else None for column in columns]
        if None in cells:
            lines.append(_left_out(path, number, row, columns[cells.index(None)], header))
        else:
            kept.append(row)
            values.append(cells)
    keys = np.array([row[:3] for row in kept], dtype=str).reshape(-1, 3)
    performances = np.array([EXTENSION.sub("", name.strip()) for name in keys[:, 2]], dtype=str)
    table = np.array(values, dtype=float).reshape(-1, len(columns))
    return RatingTable(keys[:, 0], keys[:, 1], performances, table), lines


def select_rows(table: RatingTable, rows: np.ndarray) -> RatingTable:
    """The rows of a boolean mask or of an index array."""
    return RatingTable(table.users[rows], table.data_ids[rows], table.performances[rows], table.values[rows])


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    if not path.is_file():
        raise UserError(path, "the table of ratings is missing", "restore it or correct the corpus root")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(path, f"not a readable table ({error})", "save it as CSV in UTF-8") from None
    return header, [row for row in rows if row]


def _dimension_columns(path: Path, header: list[str]) -> list[int]:
    """Place of each dimension's column."""
    first = len(KEY_COLUMNS)
    if tuple(header[:first]) != KEY_COLUMNS:
        raise UserError(path, "not a table of ratings", f"its first columns are to be {', '.join(KEY_COLUMNS)}")
    if all(key in header for key in DIMENSION_KEYS):
        return [header.index(key) for key in DIMENSION_KEYS]
    last = first + len(DIMENSION_KEYS)
    named = set(header) & set(DIMENSION_KEYS)
    if len(header) < last or named:
        missing = ", ".join(key for key in DIMENSION_KEYS if key not in named)
        raise UserError(path, f"columns missing: {missing}", "give one column for each of the 19 dimensions")
    return list(range(first, last))


@lru_cache(maxsize=1024)
def _value(text: str) -> float | None:
    """A cell as number, NaN if blank, None if it is no rating."""
    if not text.strip():
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value.is_integer() and DONT_KNOW <= value <= DONT_KNOW_REVERSED else None


def _left_out(path: Path, number: int, row: list[str], column: int, header: list[str]) -> QualityLine:
    """The line for a row whose cell in `column` is no rating or is not there."""
    problem = (
        f"{header[column]} is '{row[column]}', not a rating from 0 to 8" if column < len(row) else "it is cut short"
    )
    return QualityLine(
        stage="ratings",
        subject=row[2] if len(row) > 2 else f"row {number}",
        file=path.name,
        problem=f"row {number} (user {row[0]}): {problem}",
        consequence="the row is left out",
        remedy="correct or delete the row",
    )
