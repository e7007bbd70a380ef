"""Pictures of rated performances.

`draw_ratings`: on each of the 19 scales the rating, its interval, and what every network says. `draw_curves`: a panel a
dimension, with the ratings of each recording over time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

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
    SERIES,
    SMALL,
    TINY,
    handle,
    plain,
    save,
    stripes,
    styled,
)
from percepiano_core.perception.intervals import Ratings
from percepiano_core.perception.rating_curve import RatingCurve

RATING, MEMBER = BLUE, GREY
INCHES_A_PANEL, INCHES_FOR_NAMES, HEIGHT = 3.6, 3.4, 5.8
INCHES_FOR_LEGEND, INCHES_A_LINE, LETTERS_AN_INCH = 0.45, 0.15, 15  # below the panels; of notes in SMALL
CURVE_COLUMNS, CURVE_ROWS, CURVE_INCHES = 4, 5, (12.0, 10.0)  # 19 panels, and the legend in the place of a twentieth


def draw_ratings(ratings: Ratings, names: Sequence[str], path: Path | str, notes: Sequence[str]) -> None:
    """Draw a panel a performance as the file's extension says (SVG, PNG); `notes` stand below, each wrapped."""
    width = INCHES_FOR_NAMES + INCHES_A_PANEL * len(names)
    lines = [line for note in notes for line in wrap(note, round(width * LETTERS_AN_INCH))]
    below = INCHES_FOR_LEGEND + INCHES_A_LINE * len(lines)
    height = HEIGHT + below
    with styled():
        figure = Figure(figsize=(width, height))
        panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
        for i, (axes, name) in enumerate(zip(panels, names, strict=True)):
            _draw_performance(axes, ratings, i)
            axes.set_title(name, fontsize=PANEL)
        _name_scales(panels[0], panels[-1])
        place = (0.5, (below - INCHES_FOR_LEGEND) / height)
        figure.legend(handles=_legend(), loc="lower center", ncols=3, frameon=False, bbox_to_anchor=place)
        figure.text(0.5, 0.1 / height, "\n".join(lines), ha="center", va="bottom", color=NOTE, fontsize=SMALL)
        figure.tight_layout(rect=(0, below / height, 1, 1))
        save(figure, path)


def draw_curves(curves: Mapping[str, RatingCurve], path: Path | str) -> None:
    """Draw the curves of recordings by name, a panel a dimension, as the file's extension says (SVG, PNG)."""
    with styled():
        figure = Figure(figsize=CURVE_INCHES)
        panels = figure.subplots(CURVE_ROWS, CURVE_COLUMNS, sharex=True, sharey=True).ravel()
        looks = [SERIES[place % len(SERIES)] for place in range(len(curves))]
        for place, (axes, each) in enumerate(zip(panels, DIMENSIONS, strict=False)):
            for curve, look in zip(curves.values(), looks, strict=True):
                _draw_curve(axes, curve, place, look, band=len(curves) == 1)
            axes.set_title(f"{each.key.replace('_', ' ')}\n0 {each.low}, 1 {each.high}", fontsize=SMALL)
            axes.set_ylim(0, 1)
            plain(axes, "both")
        panels[len(DIMENSIONS) - CURVE_COLUMNS].tick_params(labelbottom=True)
        _tell_curves(
            panels[-1], [handle(name, look[0], marker=look[1]) for name, look in zip(curves, looks, strict=True)]
        )
        figure.supxlabel("seconds (centre of the window)", fontsize=PANEL)
        figure.supylabel("rating, 0 to 1", fontsize=PANEL)
        lengths = sorted({f"{curve.length:.1f}" for curve in curves.values()}, key=float)
        reading = f"Each point is the rating of a window of {' or '.join(lengths)} s; neighbours share half of it."
        if len(curves) == 1:
            reading += " Band: standard deviation of the networks."
        figure.text(0.5, 0.985, reading, ha="center", va="top", color=NOTE, fontsize=SMALL)
        figure.tight_layout(rect=(0, 0, 1, 0.97))
        save(figure, path)


def _draw_curve(axes: Axes, curve: RatingCurve, dimension: int, look: tuple[str, str], band: bool) -> None:
    """A line with a marker a window; of one recording alone the standard deviation of the networks too."""
    mean, spread = curve.mean[:, dimension], curve.members[:, :, dimension].std(axis=0)
    if band:
        axes.fill_between(curve.seconds, mean - spread, mean + spread, color=look[0], alpha=0.15, linewidth=0)
    axes.plot(curve.seconds, mean, look[1] + "-", color=look[0], markersize=3, linewidth=1.2)


def _tell_curves(axes: Axes, handles: Sequence[Line2D]) -> None:
    """The legend, in a panel of its own."""
    axes.axis("off")
    axes.legend(handles=list(handles), loc="center", frameon=False, fontsize=SMALL if len(handles) < 8 else TINY)


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
