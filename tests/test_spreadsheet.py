"""Tables that people write are read alike in every dialect, or refused in one line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from percepiano_core.errors import DataError, UserError
from percepiano_core.spreadsheet import cleaned, read_lines, read_sheet, read_text

COLUMNS = ("performance", "player_index", "midi")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
TABLE = [["a", "1", "m/a.mid"], ["é, b", "2", "m/b;c.mid"]]
shared_folder = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
cell = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\0"), max_size=8).map(
    lambda text: cleaned(text).replace("\u2028", "").replace("\u2029", "")
)


def encoded(text: str, encoding: str) -> bytes:
    marks = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}
    return (marks.get(encoding, "") + text).encode(encoding)


def rows_of(path: Path) -> list[list[str]]:
    sheet = read_sheet(path, COLUMNS)
    places = sheet.places(COLUMNS, COLUMNS)
    return [[cleaned(cells[places[name]]) for name in COLUMNS] for _, cells in sheet.rows]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@st.composite
def dialects(draw: st.DrawFn) -> tuple[list[list[str]], bytes]:
    """Rows, and the bytes of a table that holds them."""
    order = draw(st.permutations(range(len(COLUMNS))))
    rows = draw(st.lists(st.lists(cell, min_size=3, max_size=3).filter(any), min_size=1, max_size=4))
    separator = draw(st.sampled_from(",;\t|"))
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    spelled = draw(st.sampled_from([str, str.upper, str.title, lambda name: f" {name.replace('_', ' ')} "]))
    empty_columns, empty_rows = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    pad = draw(st.sampled_from(["", " ", "\u00a0"]))
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=ending, quoting=quoting)
    writer.writerow([spelled(COLUMNS[place]) for place in order] + [""] * empty_columns)
    for row in rows:
        writer.writerow([f"{pad}{row[place]}{pad}" for place in order] + [""] * empty_columns)
        writer.writerows([[""] * (3 + empty_columns)] * empty_rows)
    first = f"sep={separator}{ending}" if draw(st.booleans()) else ""
    return rows, encoded(first + file.getvalue(), draw(st.sampled_from(ENCODINGS)))


@given(table=dialects())
@shared_folder
def test_a_table_is_read_alike_in_every_dialect(tmp_path: Path, table: tuple[list[list[str]], bytes]) -> None:
    rows, content = table
    assert rows_of(written(tmp_path / "table.csv", content)) == rows


@given(table=dialects(), place=st.integers(0, 400), junk=st.binary(max_size=3), cut=st.integers(0, 3))
@shared_folder
def test_a_damaged_table_is_read_or_refused_in_one_line(
    tmp_path: Path, table: tuple[list[list[str]], bytes], place: int, junk: bytes, cut: int
) -> None:
    content = table[1][:place] + junk + table[1][place + cut :]
    try:
        rows_of(written(tmp_path / "table.csv", content))
    except UserError as error:
        assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_blanks_behind_a_closing_quote_do_not_count(tmp_path: Path, separator: str) -> None:
    lines = [
        separator.join(['"performance" ', ' "player_index"', "midi"]),
        separator.join(['"a, ""b"" ; |" ', "2", " m"]),
    ]
    assert rows_of(written(tmp_path / "table.csv", "\n".join(lines))) == [['a, "b" ; |', "2", "m"]]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    path = written(tmp_path / "table.csv", 'performance,midi\na,"two\nlines"\n\n,\nb,x\n')
    assert [number for number, _ in read_sheet(path, COLUMNS).rows] == [2, 5]


def test_a_row_with_too_many_or_too_few_cells_is_told(tmp_path: Path) -> None:
    sheet = read_sheet(written(tmp_path / "table.csv", "performance,midi\na,b,c\nd\ne,f,,\n"), COLUMNS)
    assert sheet.uneven == {2: 3, 3: 1}
    assert sheet.rows == ((2, ("a", "b")), (3, ("d", "")), (4, ("e", "f")))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"performance,midi\na,Andr\xe9.mid\n", "line 2 holds the byte E9, in Windows-1252 'é'"),
        (b"PK\x03\x04\x14\x00", "a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook"),
        ("performance,midi".encode("utf-16-le"), "without its byte order mark"),
        (b"\xff\xfea", "says that it is UTF-16, and is not"),
        ('performance,midi\na,"b\nc,d\n', "row 2: a quote that is not closed"),
        ('performance,midi\n"a"b,c\n', "row 2: text behind a closing quote"),
        ("", "it is empty"),
        ("\n ,,\n\n", "it is empty"),
        ("Performance,midi,performance\na,b,c\n", "the column performance is there twice"),
        ("performnce,midi\na,b\n", r"column performance missing (is it 'performnce' for performance?)"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, content: str | bytes, words: str) -> None:
    path = written(tmp_path / "table.csv", content)
    with pytest.raises(UserError) as caught:
        read_sheet(path, COLUMNS).places(COLUMNS, ("performance", "midi"))
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_folder_and_nothing_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read_text(tmp_path, DataError)
    with pytest.raises(UserError, match="is missing"):
        read_text(tmp_path / "none.csv")


def test_a_device_and_what_is_too_large_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="is a device or a pipe"):
        read_sheet("/dev/zero", ("a",))
    monkeypatch.setattr("percepiano_core.spreadsheet.LARGEST_TABLE", 9_000_000)
    with (tmp_path / "table.csv").open("wb") as file:
        file.truncate(10_000_000)
    with pytest.raises(UserError, match="has 10 MB, more than any such file"):
        read_sheet(tmp_path / "table.csv", ("a",))


def test_a_table_that_may_not_be_read_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UserError, match=r"cannot be read \(Permission denied\)"):
        read_text(tmp_path / "table.csv")


def test_rows_without_a_header_keep_all_their_cells(tmp_path: Path) -> None:
    path = written(tmp_path / "marks.csv", "p;f;;\r\n1;20;30\r\n;;\r\np;f;ff\r\n")
    assert read_lines(path, ("p", "f")) == [["p", "f"], ["1", "20", "30"], ["p", "f", "ff"]]
