"""How figures are drawn and written, whatever they show: the same numbers give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from percepiano_core.files import replacing

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "percepiano",  # otherwise ids are random
    "svg.fonttype": "path",  # the same picture where the font is missing
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw inside this, so that no setting of the user's changes the bytes."""
    with mpl.rc_context(STYLE):
        yield


def save(figure: Figure, path: Path | str) -> None:
    """Write the figure, whole or not at all, as the file's extension says (SVG for the report)."""
    path = Path(path)
    kind = path.suffix.lstrip(".")
    metadata = {"Date": None} if kind == "svg" else None
    with replacing(path) as part:
        figure.savefig(part, format=kind, metadata=metadata, dpi=110)
