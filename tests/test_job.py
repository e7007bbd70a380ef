"""A job that dies says in one line what it worked on; what goes wrong with one file is told as an error about it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from percepiano_core.errors import DataError, UserError
from percepiano_core.job import concerning, logged, working_on


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("results/logs/align").mkdir(parents=True)
    return Path("results/logs/align/tune 1.log")


def told(log: Path, error: BaseException, capfd: pytest.CaptureFixture[str]) -> tuple[list[str], list[str]]:
    """Lines of the log and of stderr of a job that ends with the error."""
    with pytest.raises(SystemExit), logged(log), working_on("a.mid"):
        print("begun")
        raise error
    return log.read_text().splitlines(), capfd.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError("division by zero"), "not foreseen, ZeroDivisionError: division by zero"),
        (MemoryError(), "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "(No space left on device); free space on the disk"),
        (KeyError("several\nlines"), "KeyError"),
    ],
)
def test_a_job_that_dies_names_what_it_worked_on_before_its_traceback(
    log: Path, capfd: pytest.CaptureFixture[str], error: Exception, words: str
) -> None:
    lines, stderr = told(log, error, capfd)
    assert lines[0] == "begun"
    assert stderr == [lines[1]]
    assert lines[1].startswith("job align/tune 1, a.mid: stopped")
    assert words in lines[1]
    assert str(log) in lines[1]
    assert lines[2].startswith("Traceback")


def test_an_expected_error_is_one_line_without_a_traceback(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines, stderr = told(log, UserError("file", "wrong", "correct it"), capfd)
    assert lines == ["begun", "file: wrong; correct it"]
    assert stderr == ["file: wrong; correct it"]


def test_an_unforeseen_error_about_a_file_is_a_data_error_and_the_rest_goes_on(log: Path) -> None:
    errors = []
    with logged(log):
        for name in ("a", "b"):
            try:
                with concerning(name):
                    _ = {}["type"] if name == "a" else None
            except DataError as error:
                errors.append(error)
    assert [str(error) for error in errors] == [
        "a: cannot be used (an error that was not foreseen, KeyError: 'type'); report it with the file, or leave the "
        "file out"
    ]
    assert "Traceback" in log.read_text()


def test_an_error_of_the_project_passes_as_it_is() -> None:
    with pytest.raises(DataError, match="other: wrong; correct it"), concerning("a"):
        raise DataError("other", "wrong", "correct it")


def test_a_full_disk_is_the_fault_of_no_file(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), logged(log), concerning("a.mid"):
        raise OSError(errno.ENOSPC, "No space left on device", "out.h5")
    assert "job align/tune 1, a.mid: stopped (No space left on device: out.h5)" in capfd.readouterr().err
