"""Errors that a person can act on: the file, what is wrong with it, what to do."""

from __future__ import annotations

from os import PathLike

from percepiano_core.wording import on_one_line


class PercePianoError(Exception):
    """One clear line: subject (usually a file), problem, remedy."""

    def __init__(self, subject: str | PathLike[str], problem: str, remedy: str) -> None:
        super().__init__(subject, problem, remedy)
        self.subject = str(subject)
        self.problem = on_one_line(problem)
        self.remedy = on_one_line(remedy)

    def __str__(self) -> str:
        return f"{on_one_line(self.subject)}: {self.problem}; {self.remedy}"


class DataError(PercePianoError):
    """A file of the corpus is unusable: listed in results/quality, the run goes on without it."""


class UserError(PercePianoError):
    """A setting, a corpus or a program is missing or wrong: the run stops before any work."""
