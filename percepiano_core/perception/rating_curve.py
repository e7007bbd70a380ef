"""Ratings over time: what networks say of each of the windows that slide over a recording, as a table or a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.files import asked_for
from percepiano_core.table_io import write_rows

COLUMNS = ("performance", "seconds", *DIMENSION_KEYS)


@dataclass(frozen=True, eq=False)
class RatingCurve:
    """Ratings of the windows of one recording.

    Attributes
    ----------
    seconds : centre of each window [w]
    length : of a window, in seconds
    members : ratings of each network [k, w, 19]
    """

    seconds: np.ndarray
    length: float
    members: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The ratings [w, 19]."""
        return self.members.mean(axis=0)


def write_curves(curves: Mapping[str, RatingCurve], path: Path) -> None:
    """Write the curves of recordings by name, as the extension says (CURVE_KINDS); UserError where it is impossible."""
    with asked_for(path):
        CURVE_KINDS[path.suffix](curves, path)


def _write_table(curves: Mapping[str, RatingCurve], path: Path) -> None:
    rows = (
        [name, f"{second:.3f}", *(f"{rating:.4f}" for rating in ratings)]
        for name, curve in curves.items()
        for second, ratings in zip(curve.seconds, curve.mean, strict=True)
    )
    write_rows(path, COLUMNS, rows)


def _write_picture(curves: Mapping[str, RatingCurve], path: Path) -> None:
    # Imported here because matplotlib takes most of a second, which a table need not wait for.
    from percepiano_core.perception.rating_picture import draw_curves

    draw_curves(curves, path)


CURVE_KINDS: dict[str, Callable[[Mapping[str, RatingCurve], Path], None]] = {
    ".csv": _write_table,
    ".svg": _write_picture,
    ".png": _write_picture,
}
