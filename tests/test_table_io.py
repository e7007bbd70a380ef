"""Tables come back as they were written, by column name; what is wrong with a file is one line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from percepiano_core.errors import DataError, UserError
from percepiano_core.table_io import read_numbers, read_records, read_rows, write_records, write_rows, write_table


@dataclass(frozen=True)
class Cost:
    """A record of every kind of field."""

    stage: str
    jobs: int
    seconds: float
    whole: bool = True


COSTS = [Cost("fit, all", 2, 0.1 + 0.2), Cost("train", 0, 1 / 3, whole=False)]


def test_records_come_back_with_all_their_digits(tmp_path: Path) -> None:
    write_records(tmp_path / "t.csv", Cost, COSTS)
    assert (
        (tmp_path / "t.csv").read_bytes().startswith(b'stage,jobs,seconds,whole\n"fit, all",2,0.30000000000000004,true')
    )
    assert read_records(tmp_path / "t.csv", Cost) == COSTS


def test_floats_are_rounded_where_a_table_says_so_and_undefined_ones_are_empty(tmp_path: Path) -> None:
    write_records(tmp_path / "t.csv", Cost, [*COSTS, Cost("none", 1, float("nan"))], decimals=1)
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[1:] == ['"fit, all",2,0.3,true', "train,0,0.3,false", "none,1,,true"]
    assert np.isnan(read_records(tmp_path / "t.csv", Cost)[2].seconds)


def test_columns_are_found_by_name_whatever_their_order(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("b,performance,a\n2,x,1\n,y,3\n")
    found = read_numbers(tmp_path / "t.csv", ("a", "b"))
    np.testing.assert_array_equal(found["x"], [1, 2])
    np.testing.assert_array_equal(found["y"], [3, np.nan])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "is missing"),
        (b"\xff\xfe", "is not a readable table"),
        (b"stage,jobs,seconds\na,1,2\n", "has no column whole"),
        (b"stage,jobs,seconds,whole\na,1,2\n", "line 2 has another number of cells"),
        (b"stage,jobs,seconds,whole,more\na,1,2,true,3\n", "has other columns"),
        (b"stage,jobs,seconds,whole\na,many,2,true\n", "cell of the wrong kind"),
        (b"stage,jobs,seconds,whole\na,1,2,yes\n", "'yes' is neither true nor false"),
    ],
)
def test_a_file_that_is_no_such_table_is_one_line(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UserError, match=problem) as raised:
        read_records(tmp_path / "t.csv", Cost)
    assert "\n" not in str(raised.value)
    with pytest.raises(DataError, match=problem):
        read_records(tmp_path / "t.csv", Cost, error=DataError)


@pytest.mark.parametrize(("content", "problem"), [("a,b\nx,1\nx,2\n", "has x twice"), ("a,b\nx,y\n", "not a number")])
def test_numbers_are_numbers_and_each_key_comes_once(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(UserError, match=problem):
        read_numbers(tmp_path / "t.csv", ("b",), key="a")


def test_a_table_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", ("a",), [(1,)])

    def broken():
        yield (2,)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_rows(tmp_path / "t.csv", ("a",), broken())
    assert read_rows(tmp_path / "t.csv", ("a",)) == [{"a": "1"}]
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_result_tables_have_six_decimals_no_negative_zero_and_no_word_for_undefined(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", pd.DataFrame({"a": [-1e-9, 1 / 3, float("nan")], "n": [1, 2, 3]}))
    assert (tmp_path / "t.csv").read_bytes() == b"a,n\n0.000000,1\n0.333333,2\n,3\n"
