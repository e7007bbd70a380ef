"""The written manifest: every performance with its files and their sha256, and one hash of the whole corpus."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields, replace
from pathlib import Path

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import DataError

COLUMNS = tuple(field.name for field in fields(Performance))
NUMBERS = ("bars", "player_index")


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def with_hashes(performances: Iterable[Performance], root: Path) -> list[Performance]:
    """The performances with the sha256 of their MIDI and score filled in; a shared score is read once."""
    listed = list(performances)
    hashes = {
        file: file_sha256(root / file) for file in {each.midi for each in listed} | {each.score for each in listed}
    }
    return [replace(each, midi_sha256=hashes[each.midi], score_sha256=hashes[each.score]) for each in listed]


def corpus_hash(performances: Iterable[Performance], ratings: Path) -> str:
    """Hex sha256 over performance keys, file hashes and the ratings table; independent of order and of the root."""
    digest = hashlib.sha256()
    for each in sorted(performances, key=lambda performance: performance.performance):
        digest.update(f"{each.performance}\t{each.midi_sha256}\t{each.score_sha256}\n".encode())
    digest.update(file_sha256(ratings).encode())
    return digest.hexdigest()


def write_manifest(path: Path | str, performances: Sequence[Performance]) -> None:
    """Write one row a performance, sorted by performance."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for each in sorted(performances, key=lambda performance: performance.performance):
            writer.writerow(str(value).lower() if isinstance(value, bool) else value for value in astuple(each))


def read_manifest(path: Path | str) -> list[Performance]:
    """Read what `write_manifest` wrote; DataError if its columns are others."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise DataError(path, "not a manifest of this version", "delete it, so that it is written anew")
        return [_performance(row) for row in reader]


def _performance(row: dict[str, str]) -> Performance:
    numbers = {column: int(row[column]) for column in NUMBERS}
    return Performance(**{**row, **numbers, "rendered": row["rendered"] == "true"})  # type: ignore[arg-type]
