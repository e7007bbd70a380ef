"""The compound words of many performances in one HDF5 file, for pre-training.

Layout (kind "words"): `pieces` [p], `lengths` [p] (notes of each), `words` uint8 [n, 4], one performance after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.store.container import read_container, write_container

KIND = "words"
VERSION = 1


@dataclass(frozen=True, eq=False)
class WordCollection:
    """Words [n, 4] of each performance, and the piece that it is of."""

    pieces: Sequence[str]
    words: Sequence[np.ndarray]


def write_words(path: Path | str, collection: WordCollection) -> None:
    """Write a collection of at least one performance, atomically."""
    tree = {
        "pieces": np.array(collection.pieces),
        "lengths": np.array([len(words) for words in collection.words], dtype="i4"),
        "words": np.concatenate(collection.words).astype("u1"),
    }
    write_container(path, KIND, VERSION, tree)


def read_words(path: Path | str) -> WordCollection:
    """Read what `write_words` wrote; UserError if the file is of another kind or schema."""
    tree = read_container(path, KIND, VERSION)
    parts = np.split(tree["words"].astype("i8"), np.cumsum(tree["lengths"])[:-1])
    return WordCollection([str(piece) for piece in tree["pieces"].tolist()], parts)
