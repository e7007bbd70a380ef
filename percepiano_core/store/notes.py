"""The notes of all performances of a corpus in one HDF5 file: what a network reads, at the cost of one file.

Layout (kind "notes"): `performances` [p], `lengths` [p] (notes of each), `values/<key>` float32 [n] or [n, k],
`masks/<key>` bool [n], `locations/<level>` int32 [n]; n notes, one performance after another.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from percepiano_core.features.assembly import NoteTable
from percepiano_core.store.container import read_container, write_container

KIND = "notes"
VERSION = 1
PARTS = {"values": "f4", "masks": "?", "locations": "i4"}


def write_notes(path: Path | str, notes: Mapping[str, NoteTable]) -> None:
    """Write the notes of every performance, atomically; all know the same features."""
    tables = list(notes.values())
    tree = {
        part: {key: np.concatenate([getattr(table, part)[key] for table in tables]).astype(dtype) for key in keys}
        for part, dtype in PARTS.items()
        for keys in [sorted(getattr(tables[0], part)) if tables else []]
    }
    lengths = np.array([len(table.locations["beat"]) for table in tables], dtype="i4")
    write_container(path, KIND, VERSION, {"performances": np.array(list(notes)), "lengths": lengths} | tree)


def read_notes(path: Path | str) -> dict[str, NoteTable]:
    """Performance -> its notes, as views of shared arrays; UserError if the file is of another kind or schema."""
    tree = read_container(path, KIND, VERSION)
    ends = np.cumsum(tree["lengths"])
    spans = [slice(end - length, end) for end, length in zip(ends, tree["lengths"], strict=True)]
    return {
        name: NoteTable(**{part: {key: value[span] for key, value in tree[part].items()} for part in PARTS})
        for name, span in zip(tree["performances"].tolist(), spans, strict=True)
    }
