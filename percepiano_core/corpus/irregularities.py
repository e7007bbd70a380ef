"""Every irregularity of a corpus, found from its data and written as rows kind, subject, detail, consequence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from percepiano_core.corpus import irregular_midi, irregular_percepiano
from percepiano_core.corpus.irregularity import Irregularity
from percepiano_core.corpus.records import Performance
from percepiano_core.table_io import write_rows

COLUMNS = ("kind", "subject", "detail", "consequence")
# Readers whose folders hold more than the performances' files.
FOLDERS: dict[str, Callable[[Sequence[Performance], Path], list[Irregularity]]] = {
    "percepiano": irregular_percepiano.of_folders,
}


def find_irregularities(reader: str, performances: Sequence[Performance], root: Path) -> list[Irregularity]:
    """Sorted findings; reads every MIDI file (about 10 s for the 1202 performances of PercePiano)."""
    found = irregular_midi.of_performances(performances, root)
    if reader in FOLDERS:
        found += FOLDERS[reader](performances, root)
    return sorted(found)


def write_irregularities(path: Path | str, found: Iterable[Irregularity]) -> None:
    """Write the findings as CSV, sorted."""
    rows = ((each.kind, each.subject, each.detail, each.consequence) for each in sorted(found))
    write_rows(path, COLUMNS, rows)
