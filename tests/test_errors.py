"""An error is one line, whatever the file, its name or a library's words hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.errors import DataError


@given(subject=st.text(), problem=st.text(), remedy=st.text())
def test_an_error_is_one_line(subject: str, problem: str, remedy: str) -> None:
    assert len(f"{DataError(subject, problem, remedy)}|".splitlines()) == 1


@pytest.mark.parametrize(("text", "shown"), [("a\r\nb", r"a\r\nb"), ("\u2028", r"\u2028"), ("Schübert", "Schübert")])
def test_what_breaks_a_line_is_spelled_out_and_letters_stay(text: str, shown: str) -> None:
    error = DataError(Path("take.mid"), text, "none")
    assert error.problem == shown
    assert str(error) == f"take.mid: {shown}; none"
