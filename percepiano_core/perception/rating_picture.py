"""A picture of rated performances: on each of the 19 scales the rating, its interval, and what every network says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from percepiano_core.dimensions import DIMENSIONS
from percepiano_core.figure_style import (
    BLUE,
    GREY,
    MIDDLE_GREY,
    NOTE,
    PANEL,
    SMALL,
    handle,
    plain,
    save,
    stripes,
    styled,
)
from percepiano_core.perception.intervals import Ratings

RATING, MEMBER = BLUE, GREY
INCHES_A_PANEL, INCHES_FOR_NAMES, HEIGHT = 3.6, 3.4, 6.4


def draw_ratings(ratings: Ratings, names: Sequence[str], path: Path | str, reading: str) -> None:
    """Draw a panel a performance as the file's extension says (SVG, PNG); `reading` stands below."""
    with styled():
        figure = Figure(figsize=(INCHES_FOR_NAMES + INCHES_A_PANEL * len(names), HEIGHT))
        panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
        for i, (axes, name) in enumerate(zip(panels, names, strict=True)):
            _draw_performance(axes, ratings, i)
            axes.set_title(name, fontsize=PANEL)
        _name_scales(panels[0], panels[-1])
        figure.legend(handles=_legend(), loc="lower center", ncols=3, frameon=False, bbox_to_anchor=(0.5, 0.06))
        figure.text(0.5, 0.015, reading, ha="center", color=NOTE, fontsize=SMALL)
        figure.tight_layout(rect=(0, 0.1, 1, 1))
        save(figure, path)


def _draw_performance(axes: Axes, ratings: Ratings, i: int) -> None:
    places = np.arange(len(DIMENSIONS))
    stripes(axes, len(places))
    axes.axvline(0.5, color=MIDDLE_GREY, linewidth=0.8, zorder=0)
    axes.hlines(places, ratings.low[i], ratings.high[i], color=RATING, linewidth=1.6)
    for member in ratings.members[:, i]:
        axes.plot(member, places, "|", color=MEMBER, markersize=6, markeredgewidth=0.8)
    axes.plot(ratings.mean[i], places, "o", color=RATING, markersize=5)
    axes.set(xlim=(0, 1), ylim=(len(places) - 0.5, -0.5), xlabel="rating, 0 to 1")
    plain(axes, spines=("top", "right", "left"))
    axes.tick_params(axis="y", length=0)


def _name_scales(first: Axes, last: Axes) -> None:
    """Dimension and low end at the left, high end at the right."""
    places = np.arange(len(DIMENSIONS))
    first.set_yticks(places, [f"{each.key.replace('_', ' ')}: {each.low}" for each in DIMENSIONS])
    for place, each in zip(places.tolist(), DIMENSIONS, strict=True):
        last.annotate(each.high, (1.03, place), xycoords=("axes fraction", "data"), va="center")


def _legend() -> list[Line2D]:
    return [
        handle("rating (mean of the networks)", RATING, marker="o"),
        handle("interval", RATING, linestyle="-", linewidth=1.6),
        handle("a network", MEMBER, marker="|"),
    ]
