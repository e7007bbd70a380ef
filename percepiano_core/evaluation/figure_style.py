"""How the figures of the results look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

# Okabe and Ito's colours, told apart by colour-blind readers; each has a marker of its own for grey print.
INK, BLUE, ORANGE, VERMILLION, GREEN, PURPLE, SKY = (
    "#000000", "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9",
)  # fmt: skip
GREY = "0.55"
SYNTHETIC_MARK = "SYNTHETIC DATA"
LOWEST_R2 = -0.5  # scores below are drawn at the edge


def finish(figure: Figure, title: str, reading: str, handles: Sequence[Line2D], synthetic: bool) -> None:
    """Add title, legend, a sentence that says how to read it and, where it is so, that the data are synthetic."""
    height = figure.get_figheight()
    figure.suptitle(f"{title} ({SYNTHETIC_MARK})" if synthetic else title, fontsize=12, y=1 - 0.12 / height, va="top")
    figure.legend(
        handles=list(handles),
        loc="lower center",
        ncols=len(handles),
        frameon=False,
        bbox_to_anchor=(0.5, 0.42 / height),
    )
    figure.text(0.5, 0.08 / height, reading, ha="center", va="bottom", color="0.3", fontsize=8)
    figure.tight_layout(rect=(0, 0.75 / height, 1, 1 - 0.3 / height))
    if synthetic:
        style: dict[str, Any] = {"fontsize": 64, "rotation": 25, "color": VERMILLION, "alpha": 0.16, "weight": "bold"}
        figure.text(0.5, 0.5, SYNTHETIC_MARK, ha="center", va="center", zorder=10, **style)


def r2_axis(axes: Axes, values: pd.DataFrame) -> None:
    """Range of the R2 axis from all the values to be drawn, a line at 0 (the mean of the test set), a light grid."""
    drawn = values.to_numpy(dtype=float)
    known = np.append(drawn[np.isfinite(drawn)], (0.0, 0.5))
    axes.set_xlim(max(known.min() - 0.04, LOWEST_R2), min(known.max() + 0.04, 1.02))
    axes.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    axes.grid(axis="x", color="0.93")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def handle(label: str, colour: str, **look: Any) -> Line2D:
    """A legend entry: marker (default) or line."""
    return Line2D([], [], color=colour, label=label, **({"linestyle": "none"} | look))
