"""What a row of a manifest must hold, and which rows fit each other."""

from __future__ import annotations

import re
from pathlib import Path

from percepiano_core.corpus.named_files import NamedFiles
from percepiano_core.corpus.names import made_by_spreadsheet, name_problem, performance_name, whole_number
from percepiano_core.quality import LEFT_OUT, QualityLine
from percepiano_core.spreadsheet import cleaned
from percepiano_core.wording import shown

REQUIRED = ("performance", "segment", "piece", "work", "player", "midi", "score")
FILES = ("midi", "score")
OLD_DEADPAN = "rendered"  # what earlier manifests call the column `deadpan`
OPTIONAL = (
    "movement",
    "composer",
    "bars",
    "segment_number",
    "performer",
    "player_index",
    "deadpan",
    OLD_DEADPAN,
)
COLUMNS = (*REQUIRED, *OPTIONAL)
FILE_NAMES = ("performance", "segment", "piece")  # files are called by them
KEYS = ("segment", "piece", "work", "player")  # names that tie rows together
OF_SEGMENT = ("score", "piece", "work")  # a segment has one of each
NUMBERS = ("bars", "player_index")
WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,9})?")  # or empty
TRUTH = {  # spreadsheets write their own language's words
    **dict.fromkeys(
        ("true", "1", "1.0", "1,0", "yes", "y", "x", "wahr", "ja", "vrai", "oui", "verdadero", "vero"), True
    ),
    **dict.fromkeys(("", "false", "0", "0.0", "0,0", "no", "n", "falsch", "nein", "faux", "non", "falso"), False),
}
CORRECT = "correct the row or restore the file"


class Rows:
    """The rows of one manifest, checked one after the other; `lines` says what is wrong with them."""

    def __init__(self, root: Path, manifest: str) -> None:
        self.manifest = manifest
        self.lines: list[QualityLine] = []
        self._files = NamedFiles(root)
        self._performances: dict[str, int] = {}  # name -> its row
        self._segments: dict[str, tuple[int, dict[str, str]]] = {}
        self._composers: dict[str, tuple[int, str]] = {}
        self._written: dict[tuple[str, str], tuple[int, str]] = {}  # column, name however written -> row and name
        self._doubtful: set[tuple[str, str]] = set()

    def checked(self, number: int, written: dict[str, str]) -> dict[str, str] | None:
        """The row's cells, cleaned, with the paths of its files on disk; None, and a line, if it cannot be used."""
        row = {column: cleaned(cell) for column, cell in written.items()}
        row["deadpan"] = row.get("deadpan", "") if "deadpan" in row else row.get(OLD_DEADPAN, "")
        problem = _cell_problem(row) or self._file_problem(written, row) or self._misfit(row)
        if problem:
            self.lines.append(left_out(self.manifest, number, row["performance"], problem))
            return None
        self._remember(number, row)
        return row

    def _file_problem(self, written: dict[str, str], row: dict[str, str]) -> str:
        """What is wrong with a file that the row names; else its path is put into the row."""
        for column in FILES:
            row[column], problem = self._files.find(written[column])
            if problem:
                return f"{column} '{shown(cleaned(written[column]))}' {problem}"
        return ""

    def _misfit(self, row: dict[str, str]) -> str:
        """What earlier rows say otherwise."""
        name = performance_name(row["performance"])
        if name in self._performances:
            return f"a second row for this performance (the first is row {self._performances[name]})"
        number, first = self._segments.get(row["segment"], (0, {}))
        for column in OF_SEGMENT:
            here, there = row[column], first.get(column, row[column])
            if here != there:
                segment = shown(row["segment"])
                said = f"'{shown(here)}' here and '{shown(there)}' in row {number}"
                return f"{column} of the segment '{segment}' is {said}"
        for column in KEYS:
            earlier, name = self._written.get((column, _loosely(row[column])), (0, row[column]))
            if whole_number(name) == whole_number(row[column]) and name != row[column]:
                return f"{column} is '{row[column]}' here and '{name}' in row {earlier}"
        return ""

    def _remember(self, number: int, row: dict[str, str]) -> None:
        self._performances[performance_name(row["performance"])] = number
        self._segments.setdefault(row["segment"], (number, {column: row[column] for column in OF_SEGMENT}))
        self._share_composer(number, row)
        for column in ("performance", *KEYS):
            name = row[column]
            earlier, other = self._written.setdefault((column, _loosely(name)), (number, name))
            if other != name:
                problem = f"'{shown(name)}' differs from '{shown(other)}' of row {earlier} in capitals or blanks alone"
                self._doubt(number, row, column, problem, "both are used, as two", "write them alike if they are one")
            elif made := made_by_spreadsheet(name):
                problem = f"'{name}' looks like {made} that a spreadsheet made of a name"
                self._doubt(
                    number, row, column, problem, "it is used as a name", "format the column as text, write anew"
                )

    def _share_composer(self, number: int, row: dict[str, str]) -> None:
        """The first composer that a row of the segment names is the segment's."""
        composer = row.get("composer", "")
        earlier, first = self._composers.setdefault(row["segment"], (number, composer)) if composer else (0, "")
        if first != composer:
            problem = f"'{shown(composer)}' is '{shown(first)}' in row {earlier}, of the same segment"
            self._doubt(number, row, "composer", problem, f"'{shown(first)}' is used", "write them alike")

    def composer_of(self, segment: str) -> str:
        """Who composed a segment; nothing if no row says so."""
        return self._composers.get(segment, (0, ""))[1]

    def _doubt(
        self, number: int, row: dict[str, str], column: str, problem: str, consequence: str, remedy: str
    ) -> None:
        """A line for what is used and looks wrong, once for each name."""
        if (column, row[column]) not in self._doubtful:
            self._doubtful.add((column, row[column]))
            line = f"row {number}: {column} {problem}"
            subject = shown(row["performance"])
            self.lines.append(
                QualityLine(
                    stage="corpus",
                    subject=subject,
                    file=self.manifest,
                    problem=line,
                    consequence=consequence,
                    remedy=remedy,
                )
            )


def left_out(manifest: str, number: int, performance: str, problem: str, remedy: str = CORRECT) -> QualityLine:
    """The line for a row that cannot be used."""
    return QualityLine(
        stage="corpus",
        subject=shown(cleaned(performance)) or f"row {number}",
        file=manifest,
        problem=f"row {number}: {problem}",
        consequence=LEFT_OUT,
        remedy=remedy,
    )


def _cell_problem(row: dict[str, str]) -> str:
    """What is wrong with the row by itself, its files apart."""
    empty = [column for column in REQUIRED if not row[column]]
    if empty:
        return f"{', '.join(empty)} is empty"
    for column in ("performance", *KEYS, "movement", "performer", "composer", "segment_number"):
        name = performance_name(row[column]) if column == "performance" else row.get(column, "")
        problem = name_problem(name, column in FILE_NAMES) if name else ""
        if problem:
            return f"{column} '{shown(row[column])}' {problem}"
    if not performance_name(row["performance"]):
        return f"performance '{shown(row['performance'])}' is no name"
    if row["deadpan"].casefold() not in TRUTH:
        return f"deadpan is '{shown(row['deadpan'])}', neither true nor false"
    for column in NUMBERS:
        if not WHOLE_NUMBER.fullmatch(whole_number(row.get(column, ""))):
            return f"{column} is '{shown(row[column])}', not a whole number"
    return ""


def _loosely(name: str) -> str:
    return " ".join(whole_number(name).casefold().split())
