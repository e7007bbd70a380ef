r"""Tables as CSV files, the same everywhere: UTF-8, "\n", whole or not at all, equal in, equal out.

Cells: numbers with as many decimals as a table says or with all their digits, true and false, nothing for what is
undefined (NaN, None). Readers name columns, whose order does not matter, and say in one line what is wrong with a file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import numpy as np

from percepiano_core.errors import PercePianoError, UserError
from percepiano_core.files import replacing

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
DECIMALS = 6  # of result tables
ANEW = "delete it, so that it is written anew"


def write_rows(path: Path | str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a line of names, then a line a row; each cell as csv.writer has it."""
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_records(path: Path | str, kind: type[T], records: Iterable[T], decimals: int | None = None) -> None:
    """Write dataclass objects, a column a field; `decimals` of float fields, None for all their digits."""
    rows = ([text(value, decimals) for value in astuple(record)] for record in records)  # type: ignore[call-overload]
    write_rows(path, columns_of(kind), rows)


def write_table(path: Path | str, table: pd.DataFrame) -> None:
    """Write a result table: six decimals, undefined values empty."""
    numbers = table.select_dtypes("float").columns
    rounded = table.assign(**{name: table[name].round(DECIMALS) + 0.0 for name in numbers})  # + 0.0: no "-0.000000"
    with replacing(path) as part:
        rounded.to_csv(part, index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")


def read_rows(
    path: Path | str, columns: Iterable[str], remedy: str = ANEW, error: type[PercePianoError] = UserError
) -> list[dict[str, str]]:
    """Rows by column name; `error` unless the file is a table that has the columns (others may be there too)."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval=None)
            rows, found = list(reader), reader.fieldnames or ()
    except FileNotFoundError:
        raise error(path, "is missing", remedy) from None
    except OSError as problem:
        raise error(path, f"cannot be read ({problem.strerror})", remedy) from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise error(path, f"is not a readable table ({problem})", remedy) from None
    missing = [column for column in columns if column not in found]
    if missing:
        raise error(path, f"has no column {missing[0]}", remedy)
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise error(path, f"line {number} has another number of cells than the first", remedy)
    return rows


def read_records(
    path: Path | str, kind: type[T], remedy: str = ANEW, error: type[PercePianoError] = UserError
) -> list[T]:
    """What `write_records` wrote; `error` for other columns or a cell that is none of its kind."""
    columns = columns_of(kind)
    rows = read_rows(path, columns, remedy, error)
    if rows and len(rows[0]) != len(columns):
        raise error(path, f"has other columns than {', '.join(columns)}", remedy)
    types = get_type_hints(kind)
    try:
        return [kind(**{name: _value(row[name], types[name]) for name in columns}) for row in rows]
    except ValueError as problem:
        raise error(path, f"holds a cell of the wrong kind ({problem})", remedy) from None


def read_numbers(
    path: Path | str,
    columns: Sequence[str],
    key: str = "performance",
    remedy: str = ANEW,
    error: type[PercePianoError] = UserError,
) -> dict[str, np.ndarray]:
    """Key -> numbers [columns] in the order asked for, NaN where a cell is empty; rows in the order of the file.

    `error` for a missing column, a cell that is no number, or a key that comes twice.
    """
    found: dict[str, np.ndarray] = {}
    for row in read_rows(path, (key, *columns), remedy, error):
        if row[key] in found:
            raise error(path, f"has {row[key]} twice", remedy)
        try:
            found[row[key]] = np.array([float(row[column] or "nan") for column in columns])
        except ValueError as problem:
            raise error(path, f"holds a cell that is not a number ({problem})", remedy) from None
    return found


def header_of(path: Path | str, remedy: str = ANEW) -> tuple[str, ...]:
    """Names of a table's columns; UserError if there is no such file, or nothing in it."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return tuple(next(csv.reader(file)))
    except FileNotFoundError:
        raise UserError(path, "is missing", remedy) from None
    except OSError as problem:
        raise UserError(path, f"cannot be read ({problem.strerror})", remedy) from None
    except (StopIteration, UnicodeDecodeError, csv.Error):
        raise UserError(path, "is not a readable table", remedy) from None


def columns_of(kind: type) -> tuple[str, ...]:
    """Names of a dataclass' fields."""
    return tuple(each.name for each in fields(kind))


def text(value: object, decimals: int | None = None) -> str:
    """A cell; a float with so many decimals or, for None, with all its digits."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float) and decimals is not None:
        return f"{value:.{decimals}f}"
    return str(value)


def _value(cell: str, kind: Any) -> Any:
    if kind is bool:
        if cell not in ("true", "false"):
            raise ValueError(f"{cell!r} is neither true nor false")
        return cell == "true"
    if kind is float:
        return float(cell or "nan")
    return kind(cell)
