"""What is wrong with single files of a corpus: collected as rows of results/quality, never thrown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.errors import PercePianoError
from percepiano_core.table_io import read_records, write_records


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class QualityLine:
    """One problem of one file.

    Attributes
    ----------
    stage : the stage that found it (corpus, ratings, alignment, features, ...)
    subject : what it concerns, usually a performance or a segment
    file : POSIX path relative to the corpus root, or "" where the problem is of no file
    problem, consequence, remedy : what is wrong, what the run did about it, what a person can do
    """

    stage: str
    subject: str
    file: str
    problem: str
    consequence: str
    remedy: str


def from_error(
    stage: str, subject: str, error: PercePianoError, consequence: str, root: Path | None = None
) -> QualityLine:
    """Turn a caught error into a line; the error's subject is the file, made relative to the corpus root."""
    file = Path(error.subject)
    if root is not None and file.is_relative_to(root):
        file = file.relative_to(root)
    return QualityLine(
        stage=stage,
        subject=subject,
        file=file.as_posix(),
        problem=error.problem,
        consequence=consequence,
        remedy=error.remedy,
    )


def write_quality(path: Path | str, lines: Iterable[QualityLine]) -> None:
    """Write the lines as CSV, sorted, so that equal findings give equal bytes."""
    write_records(path, QualityLine, sorted(lines))


def read_quality(path: Path | str) -> list[QualityLine]:
    """Read what `write_quality` wrote."""
    return read_records(path, QualityLine)
