"""Errors that a person can act on: the file, what is wrong with it, what to do."""

from __future__ import annotations

from os import PathLike


class PercePianoError(Exception):
    """One clear line: subject (usually a file), problem, remedy."""

    def __init__(self, subject: str | PathLike[str], problem: str, remedy: str) -> None:
        super().__init__(subject, problem, remedy)
        self.subject = str(subject)
        self.problem = _on_one_line(problem)
        self.remedy = _on_one_line(remedy)

    def __str__(self) -> str:
        return f"{_on_one_line(self.subject)}: {self.problem}; {self.remedy}"


class DataError(PercePianoError):
    """A file of the corpus is unusable: listed in results/quality, the run goes on without it."""


class UserError(PercePianoError):
    """A setting, a corpus or a program is missing or wrong: the run stops before any work."""


def _on_one_line(text: str) -> str:
    """The text with line breaks and control characters, which files and their names may hold, spelled out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
