"""How far transcriptions of many performances are from their true MIDI: note by note, and descriptor by descriptor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from percepiano_core.audio.transcription.agreement import Agreement, agreement, clock_shift
from percepiano_core.corpus.midi import read_performance
from percepiano_core.table_io import columns_of, write_records, write_rows


@dataclass(frozen=True, slots=True)
class DescriptorDistance:
    """A descriptor of transcriptions beside that of the true MIDI, over performances that have both.

    Attributes
    ----------
    descriptor : name of its column
    performances : how many
    correlation : Pearson's; nan where it does not vary
    difference : mean of transcribed less true, in standard deviations of the true ones
    """

    descriptor: str
    performances: int
    correlation: float
    difference: float


def note_distances(true: Mapping[str, Path], heard: Mapping[str, Path]) -> dict[str, Agreement]:
    """Performance -> agreement of its transcription with its true MIDI, their clocks brought together."""
    found = {}
    for name, path in heard.items():
        notes, heard_notes = read_performance(true[name]).notes, read_performance(path).notes
        found[name] = agreement(notes, heard_notes, clock_shift(notes, heard_notes))
    return found


def descriptor_distances(
    true: Mapping[str, Mapping[str, float]], heard: Mapping[str, Mapping[str, float]]
) -> list[DescriptorDistance]:
    """Distances of all descriptors, the least like the true ones first; tables are performance -> column -> value."""
    names = [name for name in heard if name in true]
    columns = dict.fromkeys(column for name in names for column in heard[name])
    found = [_distance(c, *(np.array([t[n].get(c, np.nan) for n in names]) for t in (true, heard))) for c in columns]
    return sorted(found, key=lambda each: (np.nan_to_num(each.correlation, nan=2.0), each.descriptor))


def write_note_distances(path: Path | str, distances: Mapping[str, Agreement]) -> None:
    """Write one row a performance."""
    rows = ([name, *(f"{value:.6g}" for value in asdict(each).values())] for name, each in sorted(distances.items()))
    write_rows(path, ["performance", *columns_of(Agreement)], rows)


def write_descriptor_distances(path: Path | str, distances: list[DescriptorDistance]) -> None:
    """Write one row a descriptor."""
    write_records(path, DescriptorDistance, distances, decimals=4)


def _distance(column: str, true: np.ndarray, heard: np.ndarray) -> DescriptorDistance:
    known = np.isfinite(true) & np.isfinite(heard)
    true, heard = true[known], heard[known]
    varies = len(true) > 1 and true.std() > 0 and heard.std() > 0
    correlation = float(np.corrcoef(true, heard)[0, 1]) if varies else float("nan")
    difference = float((heard - true).mean() / true.std()) if varies else float("nan")
    return DescriptorDistance(column, len(true), correlation, difference)
