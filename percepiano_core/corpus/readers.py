"""One reader a corpus layout, looked up by name; each is a module with `survey`, `check_root` and `ratings_path`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from percepiano_core.corpus import manifest_reader, percepiano
from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.quality import QualityLine


class Reader(Protocol):
    """What a reader module offers. All three look at names and tables only, never into MIDI or MusicXML."""

    def survey(self, root: Path) -> tuple[list[Performance], list[QualityLine]]:
        """Performances sorted by name, and a line for each thing left out."""

    def check_root(self, root: Path) -> None:
        """Raise UserError, one line, if the corpus is missing or incomplete."""

    def ratings_path(self, root: Path) -> Path:
        """The table of single ratings."""


READERS: dict[str, Reader] = {"percepiano": percepiano, "manifest": manifest_reader}


def reader_named(name: str) -> Reader:
    """The reader of this name; UserError names those there are."""
    if name not in READERS:
        raise UserError(f"corpus reader '{name}'", "no such reader", f"choose one of {', '.join(sorted(READERS))}")
    return READERS[name]


def survey(reader: str, root: Path) -> tuple[list[Performance], list[QualityLine]]:
    """Performances sorted by name, and a line for each file or row that is left out of them."""
    return reader_named(reader).survey(root)


def list_performances(reader: str, root: Path) -> list[Performance]:
    """Performances sorted by name; no file is hashed, so it is fit for building the workflow's graph."""
    return survey(reader, root)[0]


def check_root(reader: str, root: Path) -> None:
    """Raise UserError, one line that says what to do, if the corpus is missing or incomplete."""
    reader_named(reader).check_root(root)


def ratings_path(reader: str, root: Path) -> Path:
    """The table of single ratings."""
    return reader_named(reader).ratings_path(root)
