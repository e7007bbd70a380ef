"""The written manifest: every performance with its files and their sha256, and one hash of the whole corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import DataError
from percepiano_core.table_io import read_records, write_records


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes; DataError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})", "restore it, or the right to read it") from None


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
    listed = sorted(performances, key=lambda performance: performance.performance)
    write_records(path, Performance, listed)


def read_manifest(path: Path | str) -> list[Performance]:
    """Read what `write_manifest` wrote; DataError for anything else."""
    return read_records(path, Performance, error=DataError)
