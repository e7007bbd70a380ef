"""The table of single ratings, as released: one row for each time a listener rated a recording.

Columns are user, dataID, filename, then one for each dimension, and anything behind those (docs/ratings.md, "The table
of ratings"). Columns are found by name where the header names all dimensions, else the first 19 behind `filename` are
taken in the order of DIMENSION_KEYS, which is the order of the released table. Any spreadsheet may have written it
(`spreadsheet`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from percepiano_core.corpus.names import performance_name, whole_number
from percepiano_core.dimensions import DIMENSION_KEYS, DIMENSIONS
from percepiano_core.errors import UserError
from percepiano_core.quality import QualityLine
from percepiano_core.spreadsheet import Sheet, cleaned, read_sheet
from percepiano_core.wording import counted, shown

KEY_COLUMNS = ("user", "dataID", "filename")
SCALE = 7.0  # ratings are 1-7; labels are divided by it
DONT_KNOW = 0.0
DONT_KNOW_REVERSED = 8.0  # 8 - 0, in the items that the release had already reversed
NOT_A_RATING = "not a rating: a whole number from 1 to 7 (0 or blank: not rated)"
RATING = re.compile(r"0*([0-9])(\.0*|,0{0,2})?")  # with the decimals, 5.0 or 5,0, that spreadsheets add


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
    """Read the ratings; a row with a value that is no whole number from 0 to 7 is left out and gets a line.

    An 8 is one in the columns that the release had reversed, and only in a table that has its columns as the release.

    Raises
    ------
    UserError : the file is missing or its header is not that of a ratings table
    """
    sheet = read_sheet(path, (*KEY_COLUMNS, *DIMENSION_KEYS))
    keys, columns, highest = _columns(sheet)
    kept, values, lines = [], [], []
    for number, row in sheet.rows:
        cells = [_value(row[column], most) for column, most in zip(columns, highest, strict=True)]
        problem = _problem(sheet, number, row, columns, cells)
        if problem:
            lines.append(_left_out(path, number, [cleaned(row[column]) for column in keys], problem))
        else:
            user, data_id, name = (row[column] for column in keys)
            kept.append((_key(user), _key(data_id), _performance(name)))
            values.append(cells)
    named = np.array(kept, dtype=str).reshape(-1, len(KEY_COLUMNS))
    table = np.array(values, dtype=float).reshape(-1, len(columns))
    return RatingTable(named[:, 0], named[:, 1], named[:, 2], table), lines


def select_rows(table: RatingTable, rows: np.ndarray) -> RatingTable:
    """The rows of a boolean mask or of an index array."""
    return RatingTable(table.users[rows], table.data_ids[rows], table.performances[rows], table.values[rows])


def _columns(sheet: Sheet) -> tuple[list[int], list[int], list[float]]:
    """Places of the key columns and of each dimension's, and the highest number that may stand in the latter."""
    named = sheet.places((*KEY_COLUMNS, *DIMENSION_KEYS), ())
    if not set(KEY_COLUMNS) & set(named):
        problem = f"not a table of ratings (no column {', '.join(KEY_COLUMNS)})"
        raise UserError(sheet.path, problem, "put the table of single ratings in its place (docs/corpus.md)")
    first, last = len(KEY_COLUMNS), len(KEY_COLUMNS) + len(DIMENSION_KEYS)
    in_front = [named.get(key) for key in KEY_COLUMNS] == list(range(first))
    if in_front and len(named) == first:
        _require_width(sheet, len(sheet.header) - first)
        highest = [DONT_KNOW_REVERSED if each.reversed else SCALE for each in DIMENSIONS]
        return list(range(first)), list(range(first, last)), highest
    named = sheet.places((*KEY_COLUMNS, *DIMENSION_KEYS), (*KEY_COLUMNS, *DIMENSION_KEYS))
    return [named[key] for key in KEY_COLUMNS], [named[key] for key in DIMENSION_KEYS], [SCALE] * len(DIMENSION_KEYS)


def _require_width(sheet: Sheet, width: int) -> None:
    """UserError for a table whose columns are not named by the qualities, and that has too few of them."""
    if width < len(DIMENSION_KEYS):
        problem = f"it has {counted(width, 'column')} behind {KEY_COLUMNS[-1]}, none of them named after a quality"
        remedy = f"give {len(DIMENSION_KEYS)} ratings a row, their columns named as in docs/corpus.md"
        raise UserError(sheet.path, problem, remedy)


def _problem(sheet: Sheet, number: int, row: tuple[str, ...], columns: list[int], cells: list[float | None]) -> str:
    """Why the row cannot be used, or nothing."""
    length = sheet.uneven.get(number, len(sheet.header))
    if length <= max(columns):
        return "it is cut short"
    if None in cells:
        column = columns[cells.index(None)]
        return f"{sheet.header[column]} is '{shown(row[column])}', {NOT_A_RATING}"
    return f"it has {length} cells for {len(sheet.header)} columns" if length > len(sheet.header) else ""


@lru_cache(maxsize=1024)
def _value(text: str, highest: float) -> float | None:
    """A cell as number, NaN if blank, None if it is no rating up to the highest."""
    written = cleaned(text)
    match = RATING.fullmatch(written)
    value = float(match[1]) if match else None
    if not written:
        return float("nan")
    return value if value is not None and value <= highest else None


@lru_cache(maxsize=1024)
def _key(text: str) -> str:
    """A user or a task: text, or a number with the decimals off that spreadsheets add."""
    return whole_number(cleaned(text))


@lru_cache(maxsize=4096)
def _performance(text: str) -> str:
    """The performance that a file name means; folders before it do not count."""
    return performance_name(re.split(r"[/\\]", text)[-1])


def _left_out(path: Path, number: int, keys: list[str], problem: str) -> QualityLine:
    """The line for a row that cannot be used."""
    user, _, performance = map(shown, keys)
    return QualityLine(
        stage="ratings",
        subject=performance or f"row {number}",
        file=path.name,
        problem=f"row {number} (user {user}): {problem}",
        consequence="the row is left out",
        remedy="correct or delete the row",
    )
