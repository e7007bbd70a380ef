"""A picture of how far listeners agree, and what that leaves for a model to predict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from percepiano_core.dimensions import DIMENSIONS
from percepiano_core.figure_style import INK, MIDDLE_GREY, NOTE, PANEL, SERIES, SMALL, WHITE, plain, save, styled
from percepiano_core.ratings.agreement import CEILING

READING = (
    "A rating is the mean of a few listeners who differ. The part of it that is chance cannot be predicted: "
    "an R2 near the ceiling is as good as it gets."
)


def draw_agreement(path: Path | str, columns: Mapping[str, np.ndarray], *, source: str = "") -> None:
    """Draw agreement (left) and ceilings (right), a line a dimension, as SVG whose bytes depend on the numbers alone.

    Parameters
    ----------
    columns : as `agreement_columns` gives them
    source : shown in the title, such as "PercePiano" or "synthetic data"
    """
    heading = "How far do listeners agree, and how much can a model predict?"
    with styled():
        figure = Figure(figsize=(11.0, 6.8))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2, 3))
        _draw_raters(left, columns)
        _draw_ceilings(right, columns)
        names = [f"{each.key} ({each.low} \N{RIGHTWARDS ARROW} {each.high})" for each in DIMENSIONS]
        left.set_yticks(np.arange(len(DIMENSIONS)), names)
        left.invert_yaxis()
        figure.suptitle(f"{heading} ({source})" if source else heading)
        figure.text(0.5, 0.015, READING, ha="center", color=NOTE, fontsize=SMALL)
        figure.tight_layout(rect=(0, 0.03, 1, 1))
        save(figure, path)


def _draw_raters(axes: Axes, columns: Mapping[str, np.ndarray]) -> None:
    """From the reliability of one listener to that of the mean of all."""
    places = np.arange(len(DIMENSIONS))
    axes.hlines(places, columns["icc1"], columns["icck"], color=MIDDLE_GREY, linewidth=3)
    axes.plot(columns["icc1"], places, "o", markerfacecolor=WHITE, color=INK, label="one listener")
    axes.plot(columns["icck"], places, "o", color=INK, label="mean of all listeners")
    _finish(axes, "Reliability of a rating (intraclass correlation)", "0: chance, 1: all listeners agree", 1)


def _draw_ceilings(axes: Axes, columns: Mapping[str, np.ndarray]) -> None:
    """The ceiling of R2 on each evaluation set; below 0 it is drawn at 0."""
    ceilings = {name.removeprefix(CEILING): values for name, values in columns.items() if name.startswith(CEILING)}
    places = np.arange(len(DIMENSIONS))
    for (name, values), (colour, marker) in zip(ceilings.items(), SERIES, strict=False):
        mean = values.mean()  # NaN where raters cannot be compared in some dimension
        label = name.replace("_", " ") + (f" (mean {mean:.2f})" if np.isfinite(mean) else "")
        axes.plot(np.maximum(values, 0), places, marker, color=colour, label=label, clip_on=False)
    _finish(
        axes, "Noise ceiling: best R2 that any model could reach", "0 or less: nothing to predict, 1: no rater noise", 2
    )


def _finish(axes: Axes, title: str, unit: str, columns: int) -> None:
    axes.set_xlim(0, 1)
    axes.set_title(title, fontsize=PANEL)
    axes.set_xlabel(unit)
    plain(axes, "y")
    axes.legend(
        loc="upper left", bbox_to_anchor=(0, -0.09), ncols=columns, columnspacing=1.0, fontsize=SMALL, frameon=False
    )
