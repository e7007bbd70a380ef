"""What is wrong with single files of a corpus: collected as rows of results/quality, never thrown.

Each job writes a list of its own; results/quality/quality.csv joins them all, and its column `stage` says whose a line
is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.errors import PercePianoError
from percepiano_core.table_io import read_records, write_records

STAGES = (
    "corpus",
    "ratings",
    "alignment",
    "features",
    "rendering",
    "transcription",
    "spectrograms",
    "dynamics",
    "pretraining",
)
LEFT_OUT = "the performance is left out"  # the consequence for one that is in no stage


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class QualityLine:
    """One problem of one file.

    Attributes
    ----------
    stage : the stage that found it, one of STAGES
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

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ValueError(f"{self.stage!r} is no stage; stages are {', '.join(STAGES)}")


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


def collected(paths: Iterable[Path | str]) -> list[QualityLine]:
    """The lines of several lists in one, sorted; what two of them say alike comes once."""
    return sorted({line for path in paths for line in read_quality(path)})
