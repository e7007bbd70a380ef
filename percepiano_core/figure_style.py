"""How all figures look and are written: one palette, one set of sizes, and the same numbers give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from percepiano_core.files import replacing

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito's colours, told apart by colour-blind readers; whatever is told by colour has a marker too (grey print).
INK, BLUE, ORANGE, VERMILLION, GREEN, PURPLE, SKY = (
    "#000000", "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9",
)  # fmt: skip
WHITE, PALE_SKY = "#FFFFFF", "#BBE1F6"
GREY, EDGE, MIDDLE_GREY, PALE_GREY, GRID, STRIPE, NOTE = "0.55", "0.72", "0.8", "0.9", "0.93", "0.97", "0.35"
SERIES = ((BLUE, "o"), (ORANGE, "s"), (INK, "^"), (PURPLE, "v"), (SKY, "P"), (GREEN, "D"))  # colour and marker
TITLE, HEADING, PANEL, SMALL, TINY = 12, 11, 9, 8, 7  # font sizes: of the figure, its parts, panels, notes, marks
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "percepiano",  # otherwise ids are random
    "svg.fonttype": "path",  # the same picture where the font is missing
    "font.family": "DejaVu Sans",
    "font.size": float(PANEL),
}
SYNTHETIC_MARK = "SYNTHETIC DATA"
LOWEST_R2 = -0.5  # scores below are drawn at the edge


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


def shades(colour: str) -> LinearSegmentedColormap:
    """From white (0) to the colour (1)."""
    return LinearSegmentedColormap.from_list("shades", [WHITE, colour])


def handle(label: str, colour: str, **look: Any) -> Line2D:
    """A legend entry: marker (default) or line."""
    return Line2D([], [], color=colour, label=label, **({"linestyle": "none"} | look))


def marked(title: str, synthetic: bool) -> str:
    """The title, which says so where the data are synthetic."""
    return f"{title} ({SYNTHETIC_MARK})" if synthetic else title


def finish(figure: Figure, title: str, reading: str, handles: Sequence[Line2D], synthetic: bool) -> None:
    """Add title, legend, a sentence that says how to read it and, where it is so, that the data are synthetic."""
    height = figure.get_figheight()
    figure.suptitle(marked(title, synthetic), fontsize=TITLE, y=1 - 0.12 / height, va="top")
    figure.legend(
        handles=list(handles),
        loc="lower center",
        ncols=len(handles),
        frameon=False,
        bbox_to_anchor=(0.5, 0.42 / height),
    )
    figure.text(0.5, 0.08 / height, reading, ha="center", va="bottom", color=NOTE, fontsize=SMALL)
    figure.tight_layout(rect=(0, 0.75 / height, 1, 1 - 0.3 / height))
    if synthetic:
        style: dict[str, Any] = {"fontsize": 64, "rotation": 25, "color": VERMILLION, "alpha": 0.16, "weight": "bold"}
        figure.text(0.5, 0.5, SYNTHETIC_MARK, ha="center", va="center", zorder=10, **style)


def plain(axes: Axes, grid: str = "", spines: Sequence[str] = ("top", "right")) -> None:
    """Take frame lines away, and draw a light grid ("x", "y" or "both"; none) below all else."""
    for each in spines:
        axes.spines[each].set_visible(False)
    if grid:
        axes.grid(axis=grid, color=GRID)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def named_lines(axes: Axes, names: Sequence[str]) -> None:
    """A line for each of the names, from the top, with no tick marks."""
    axes.set_yticks(np.arange(len(names)), list(names))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def stripes(axes: Axes, count: int) -> None:
    """A pale stripe behind every second of `count` lines."""
    for place in range(0, count, 2):
        axes.axhspan(place - 0.5, place + 0.5, color=STRIPE, zorder=-1)


def r2_axis(axes: Axes, values: pd.DataFrame) -> None:
    """Range of the R2 axis from all the values to be drawn, a line at 0 (the mean of the test set), a light grid."""
    drawn = values.to_numpy(dtype=float)
    known = np.append(drawn[np.isfinite(drawn)], (0.0, 0.5))
    axes.set_xlim(max(known.min() - 0.04, LOWEST_R2), min(known.max() + 0.04, 1.02))
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    plain(axes, "x", ("top", "right", "left"))
    axes.tick_params(axis="y", length=0)
