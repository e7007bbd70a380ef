"""Vectors that an encoder of the user's own gave for performances: a folder of NumPy files.

A file is a vector [d] of the whole performance, or vectors [steps, d] of its course, of which mean and standard
deviation are taken, as frozen audio encoders are usually pooled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from percepiano_core.errors import DataError, UserError
from percepiano_core.job import concerning
from percepiano_core.quality import LEFT_OUT, QualityLine, from_error
from percepiano_core.table_io import write_rows

STAGE = "spectrograms"  # of the lines of quality
ENDING = ".npy"


def vector_files(names: Iterable[str], folder: Path | str) -> dict[str, Path]:
    """Name of each performance that has a vector -> its file: the name, or its last part, and `.npy`, in any folder."""
    found: dict[str, Path] = {}
    for path in sorted(Path(folder).rglob(f"*{ENDING}")):
        found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
        found.setdefault(path.stem.strip(), path)
    wanted = {name: found.get(name) or found.get(PurePosixPath(name).name) for name in names}
    return {name: path for name, path in wanted.items() if path is not None}


def vectors_of(files: Mapping[str, Path]) -> tuple[dict[str, np.ndarray], list[QualityLine]]:
    """Performance -> its vector [d] float64, and a line for each file that cannot be used.

    UserError where vectors differ in length, or there is none.
    """
    vectors: dict[str, np.ndarray] = {}
    lines: list[QualityLine] = []
    for name, path in files.items():
        try:
            with concerning(path):
                vectors[name] = read_vector(path)
        except DataError as error:
            lines.append(from_error(STAGE, name, error, LEFT_OUT))
    lengths = {len(vector) for vector in vectors.values()}
    if len(lengths) != 1:
        problem = f"vectors of {' and '.join(map(str, sorted(lengths)))} numbers" if lengths else "no vector"
        raise UserError("embedding", f"{problem} can be read", "give one encoder's vectors, all of one length")
    return vectors, lines


def write_vectors(path: Path | str, vectors: Mapping[str, np.ndarray]) -> None:
    """Write vectors [d] as a table of descriptors of the set "embedding", one row a performance in order of name."""
    length = len(next(iter(vectors.values())))
    rows = ([name, *(f"{value:.6g}" for value in vectors[name].tolist())] for name in sorted(vectors))
    write_rows(path, ["performance", *(f"embedding_{place:04d}" for place in range(length))], rows)


def read_vector(path: Path) -> np.ndarray:
    """The vector [d] float64 of a file; of vectors [steps, d] mean and standard deviation [2 d]."""
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(path, f"is no NumPy file of numbers ({error})", "write it by numpy.save") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or not array.size:
        problem = "is neither a vector [d] nor vectors [steps, d] of numbers"
        raise DataError(path, problem, "write the encoder's output for one performance by numpy.save")
    if not np.isfinite(array).all():
        raise DataError(path, "holds what is no number", "see what the encoder was given")
    wide = array.astype(np.float64)
    return wide if wide.ndim == 1 else np.concatenate([wide.mean(axis=0), wide.std(axis=0)])
