"""Tables that people write, in whatever dialect their spreadsheet saves them.

Found by itself: the encoding (UTF-8, or UTF-16 and UTF-32 by their byte order marks), the separator (from the header),
quotes, ends of lines, Excel's first line "sep=;", blank rows and columns, capitals, blanks and hyphens in the names of
columns. Other encodings are refused, since nothing in a file says which one it is. What the project writes for itself
is read by `table_io`.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.errors import PercePianoError, UserError
from percepiano_core.files import input_problem
from percepiano_core.wording import counted

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MARKS = {  # the longer ones first: that of UTF-32 begins as that of UTF-16 does
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WORKBOOKS = {b"PK\x03\x04": "a workbook (.xlsx, .ods)", b"\xd0\xcf\x11\xe0": "a workbook (.xls)"}
AS_CSV = "open it in the spreadsheet and save it as CSV in UTF-8 (Excel: CSV UTF-8)"
SAID_SEPARATOR = re.compile('\\ufeff?"?sep=([,;|\t])"?[ ,;|\t]*(?:\r\n|\r|\n)', re.IGNORECASE)  # Excel's first line
MOST_NAMED = 5  # columns in one message
LARGEST_TABLE = 500_000_000  # bytes; a table of all ratings of PercePiano has 2 million
HEADER_LENGTH = 20_000  # characters that a header is looked for in
INVISIBLE = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff"  # around a cell, pasted along with it


@dataclass(frozen=True)
class Sheet:
    """A table of cells as they stand in the file, and where they stand.

    Attributes
    ----------
    path : the file, for messages
    header : names of the columns, blanks around them stripped
    rows : number of the row as a spreadsheet counts them, and its cells, as many as the header has: empty ones are
        added, further ones cut off; rows of empty cells are left out
    uneven : number of the row -> cells it has, of rows with fewer than the header, or with more that are not empty
    separator : what stands between the cells
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    uneven: dict[int, int]
    separator: str

    @property
    def separator_name(self) -> str:
        """What the separator is called."""
        return SEPARATORS[self.separator]

    def places(
        self, known: Sequence[str], required: Sequence[str], error: type[PercePianoError] = UserError
    ) -> dict[str, int]:
        """Known name -> place of its column, for those that are there; `error` for one twice or a required one missing.

        Capitals, blanks, hyphens and underscores in the names do not count.
        """
        found: dict[str, int] = {}
        by_plain = {_plain(name): name for name in known}
        for place, written in enumerate(self.header):
            name = by_plain.get(_plain(written))
            if name in found:
                raise error(self.path, f"the column {name} is there twice", "delete or rename one of the two")
            if name is not None:
                found[name] = place
        missing = [name for name in required if name not in found]
        if missing:
            others = [name for place, name in enumerate(self.header) if name and place not in found.values()]
            raise error(self.path, self._lacking(missing, others), _give(required))
        return found

    def _lacking(self, missing: Sequence[str], others: Sequence[str]) -> str:
        """Which columns are missing, not more than a few by name, and what may be meant by those that are there."""
        if len(missing) <= MOST_NAMED:
            return f"column {', '.join(missing)} missing{_nearest_columns(missing, others)}"
        shown_names = f"{', '.join(missing[:MOST_NAMED])} and {len(missing) - MOST_NAMED} more"
        return f"of its {counted(len(self.header), 'column')} none is {shown_names}"


def read_sheet(path: Path | str, known: Sequence[str], error: type[PercePianoError] = UserError) -> Sheet:
    """The table in a file; `error`, one line, for a file that is missing, unreadable or no table.

    known : names of columns, by which the separator is told
    """
    path = Path(path)
    separator, records = _cells(path, known, error)
    first = next((number for number, cells in enumerate(records) if any(map(cleaned, cells))), None)
    if first is None:
        raise error(path, "it is empty", "restore it")
    header = [cleaned(name) for name in records[first]]
    while not header[-1]:
        header.pop()
    return _sheet(path, tuple(header), records, first, separator)


def read_lines(path: Path | str, known: Sequence[str], error: type[PercePianoError] = UserError) -> list[list[str]]:
    """Cells of every row that is not empty, blanks around and empty cells behind them off, for tables without a header.

    known : words of the first row, by which the separator is told; errors as of `read_sheet`
    """
    path = Path(path)
    rows = []
    for cells in _cells(path, known, error)[1]:
        row = [cleaned(cell) for cell in cells]
        while row and not row[-1]:
            row.pop()
        if row:
            rows.append(row)
    if not rows:
        raise error(path, "it is empty", "restore it")
    return rows


def read_text(path: Path | str, error: type[PercePianoError] = UserError) -> str:
    """The text of a file in UTF-8, or in UTF-16 or UTF-32 with a byte order mark; `error`, one line, for another."""
    path = Path(path)
    data = _bytes(path, error)
    kind = next((kind for start, kind in WORKBOOKS.items() if data.startswith(start)), None)
    if kind is not None:
        raise error(path, f"is {kind}, not a CSV file", AS_CSV)
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise error(path, _undecodable(data, encoding, problem), AS_CSV) from None
    if "\0" in text:
        raise error(path, "holds zero bytes, so it is no text, or UTF-16 without its byte order mark", AS_CSV)
    return text


def cleaned(cell: str) -> str:
    """A cell without blanks and invisible characters around it, its letters composed (macOS writes them in parts)."""
    return unicodedata.normalize("NFC", cell.strip(INVISIBLE).strip())


def nearest_name(name: str, others: Sequence[str]) -> str | None:
    """The one of `others` that is most like `name`, capitals apart; None if none is like it."""
    by_plain = {_plain(other): other for other in others if other}
    near = difflib.get_close_matches(_plain(name), list(by_plain), n=1, cutoff=0.6)
    return by_plain[near[0]] if near else None


def _sheet(path: Path, header: tuple[str, ...], records: list[list[str]], first: int, separator: str) -> Sheet:
    rows, uneven = [], {}
    for number, cells in enumerate(records[first + 1 :], start=first + 2):
        if not any(map(cleaned, cells)):
            continue
        filled = max(place for place, cell in enumerate(cells, start=1) if cleaned(cell))
        if filled > len(header) or len(cells) < len(header):
            uneven[number] = max(filled, min(len(cells), len(header)))
        padded = [*cells, *[""] * len(header)]
        rows.append((number, tuple(padded[: len(header)])))
    return Sheet(path, header, tuple(rows), uneven, separator)


def _cells(path: Path, known: Sequence[str], error: type[PercePianoError]) -> tuple[str, list[list[str]]]:
    """The separator, and all rows as they stand in the file; [] for an empty line."""
    text = read_text(path, error)
    said = SAID_SEPARATOR.match(text)
    text = text[said.end() :] if said else text.lstrip("\ufeff")
    first = next((line for line in text.splitlines() if line.strip()), "")
    candidates = [said[1]] if said else list(SEPARATORS)
    separator = max(candidates, key=lambda each: (_known_columns(text, each, known), first.count(each)))
    return separator, _records(path, text, separator, error)


def _bytes(path: Path, error: type[PercePianoError]) -> bytes:
    try:
        if path.exists() and not path.is_dir():
            problem = input_problem(path, LARGEST_TABLE)
            if problem is not None:
                raise error(path, *problem)
        return path.read_bytes()
    except FileNotFoundError:
        raise error(path, "is missing", "restore it, or correct the name of its folder") from None
    except IsADirectoryError:
        raise error(path, "is a folder, not a table", "put the table in its place") from None
    except OSError as problem:
        raise error(path, f"cannot be read ({problem.strerror})", "give yourself the right to read it") from None


def _undecodable(data: bytes, encoding: str, problem: UnicodeDecodeError) -> str:
    if encoding != "utf-8" and encoding != "utf-8-sig":
        return f"says that it is {encoding.upper()}, and is not"
    row = data[: problem.start].count(b"\n") + data[: problem.start].count(b"\r") - data[: problem.start].count(b"\r\n")
    byte = data[problem.start : problem.start + 1]
    letter = byte.decode("cp1252", errors="replace")
    return f"is not in UTF-8 (line {row + 1} holds the byte {byte.hex().upper()}, in Windows-1252 '{letter}')"


def _known_columns(text: str, separator: str, known: Sequence[str]) -> int:
    """How many columns of the first row that is not blank have known names."""
    plain = {_plain(name) for name in known}
    try:
        for cells in _reader(text[:HEADER_LENGTH].lstrip(), separator):
            return sum(_plain(name) in plain for name in cells)
    except csv.Error:
        pass
    return 0


def _records(path: Path, text: str, separator: str, error: type[PercePianoError]) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for cells in _reader(text, separator):
            records.append(cells)
    except csv.Error as problem:
        row = f"row {len(records) + 1}"
        if "expected after" in str(problem):
            raise error(path, f"{row}: text behind a closing quote", 'write a quote in a cell twice: ""') from None
        if "end of data" in str(problem):
            raise error(path, f"{row}: a quote that is not closed", "close it, or delete it") from None
        raise error(path, f"{row} is not a row of a table ({problem})", AS_CSV) from None
    return records


def _reader(text: str, separator: str) -> csv._reader:  # type: ignore[name-defined]
    # Blanks behind a closing quote, that csv refuses, go. Every quoted cell is matched, so that none begins inside one.
    blank = " " if separator == "\t" else " \t"
    cell = rf'((?:\A|[{separator}\r\n])[{blank}]*"(?:[^"]|"")*")[{blank}]*(?=[{separator}\r\n]|\Z)'
    tidy = re.sub(cell, r"\1", text)
    return csv.reader(io.StringIO(tidy, newline=""), delimiter=separator, skipinitialspace=True, strict=True)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", cleaned(name)).casefold()


def _give(required: Sequence[str]) -> str:
    if len(required) > 2 * MOST_NAMED:
        return f"give these as well: {counted(len(required), 'column')} are needed, named in the first row"
    return f"give the columns {', '.join(required)}, named in the first row"


def _nearest_columns(missing: Sequence[str], others: Sequence[str]) -> str:
    near = {name: nearest_name(name, others) for name in missing}
    said = ", ".join(f"'{other}' for {name}" for name, other in near.items() if other)
    return f" (is it {said}?)" if said else f" (there are {', '.join(others)})" if 0 < len(others) <= 12 else ""
