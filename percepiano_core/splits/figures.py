"""The picture of the splits: who is in which role, and what the test sets share with training."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from percepiano_core.figure_style import (
    EDGE,
    GREEN,
    HEADING,
    INK,
    NOTE,
    ORANGE,
    PALE_GREY,
    PALE_SKY,
    PANEL,
    SMALL,
    TINY,
    TITLE,
    VERMILLION,
    WHITE,
    save,
    shades,
    styled,
)
from percepiano_core.splits.leakage import KINDS
from percepiano_core.splits.overview import SplitOverview

ROLE_COLOURS = (WHITE, PALE_GREY, PALE_SKY, ORANGE, VERMILLION)  # each darker than the one before it
ROLE_NAMES = ("not played", "left out of the fold", "train", "valid", "test")
SHARE_COLOURS = shades(VERMILLION)
KEPT_APART = GREEN  # what a split promises
KIND_TITLES = {
    "work": "work",
    "piece": "piece",
    "segment": "segment",
    "group": "same text",
    "player": "player",
    "file": "same file",
}
READING = (
    "Where a cell is red, a model has met the same work, piece, segment or player in training "
    "and can score well by remembering it."
)
WIDTH, LINE, HEAD, FOOT = 11.0, 1.1, 1.35, 0.75  # inches
Works = Sequence[tuple[str, int]]  # overview.works


def draw_overview(path: Path | str, overviews: Sequence[SplitOverview], works: Works, title: str) -> None:
    """Write an SVG with one line a split: what it holds out, its roles, its leakage; equal input gives equal bytes.

    Parameters
    ----------
    overviews : from overview.overviews
    works : from overview.works, names and widths of the blocks of the role grids
    title : heading; say "synthetic" here if the corpus is
    """
    with styled():
        save(overview_figure(overviews, works, title), path)


def overview_figure(overviews: Sequence[SplitOverview], works: Works, title: str) -> Figure:
    """The figure that `draw_overview` writes."""
    height = LINE * len(overviews) + HEAD + FOOT
    figure = Figure(figsize=(WIDTH, height))
    cells = figure.add_gridspec(
        len(overviews),
        3,
        width_ratios=(2.3, 3.3, 4.0),
        left=0.02,
        right=0.985,
        bottom=FOOT / height,
        top=1 - HEAD / height,
        wspace=0.05,
        hspace=0.14,
    )
    for line, overview in enumerate(overviews):
        words, roles, shares = (figure.add_subplot(cells[line, column]) for column in range(3))
        _draw_words(words, overview)
        _draw_roles(roles, overview, works)
        _draw_shares(shares, overview)
        if line == 0:
            _head_roles(roles, works)
            _head_shares(shares)
    figure.text(0.02, 1 - 0.25 / height, title, fontsize=TITLE, fontweight="bold", va="center")
    figure.text(0.02, 1 - 0.5 / height, READING, fontsize=PANEL, color=NOTE, va="center")
    _draw_legend(figure, height)
    return figure


def _draw_words(axes: Axes, overview: SplitOverview) -> None:
    axes.axis("off")
    axes.text(0, 0.92, overview.name, fontsize=HEADING, fontweight="bold", va="top", transform=axes.transAxes)
    words = "\n".join(textwrap.wrap(f"Test: {overview.holds_out}", 40))
    axes.text(0, 0.68, words, fontsize=SMALL, va="top", linespacing=1.25, transform=axes.transAxes)


def _draw_roles(axes: Axes, overview: SplitOverview, works: Works) -> None:
    """Performers (rows) by segments (columns) of the first fold, coloured by role."""
    axes.imshow(
        overview.roles,
        cmap=ListedColormap(ROLE_COLOURS),
        vmin=0,
        vmax=4,
        aspect="auto",
        interpolation="none",
    )
    _bare(axes)
    for edge in np.cumsum([segments for _, segments in works])[:-1]:
        axes.axvline(edge - 0.5, color=INK, linewidth=0.8)
    draws = f"\nfirst of {overview.draws} draws" if overview.draws > 1 else ""
    axes.set_ylabel(f"fold {overview.fold} of {overview.folds}{draws}", fontsize=TINY, color=NOTE, labelpad=2)


def _head_roles(axes: Axes, works: Works) -> None:
    total = sum(segments for _, segments in works)
    start = 0
    for name, segments in works:
        axes.text(
            (start + segments / 2) / total,
            1.04,
            name,
            ha="center",
            va="bottom",
            fontsize=SMALL,
            transform=axes.transAxes,
        )
        start += segments
    axes.set_title("Who plays what in which role\nrow = performer, column = segment", fontsize=PANEL, pad=18)


def _draw_shares(axes: Axes, overview: SplitOverview) -> None:
    """One cell a kind: the share of test performances that train knows."""
    axes.imshow(np.nan_to_num(overview.shared)[None, :], cmap=SHARE_COLOURS, vmin=0, vmax=1, aspect="auto")
    _bare(axes)
    for column, (kind, share) in enumerate(zip(KINDS, overview.shared, strict=True)):
        promised = kind in overview.keeps_apart
        if promised:
            frame = Rectangle((column - 0.44, -0.4), 0.88, 0.8, fill=False, edgecolor=KEPT_APART, linewidth=1.8)
            axes.add_patch(frame)
        colour = KEPT_APART if promised else INK
        axes.text(column, 0, _percent(share), ha="center", va="center", fontsize=HEADING, color=colour)
    for edge in range(1, len(KINDS)):
        axes.axvline(edge - 0.5, color=EDGE, linewidth=0.6)


def _head_shares(axes: Axes) -> None:
    for column, kind in enumerate(KINDS):
        axes.text(column, -0.56, KIND_TITLES[kind], ha="center", va="bottom", fontsize=SMALL)
    axes.set_title("Share of test performances whose ...\nis also in train (all folds)", fontsize=PANEL, pad=18)


def _draw_legend(figure: Figure, height: float) -> None:
    roles = [
        Patch(facecolor=colour, edgecolor=EDGE, label=name)
        for colour, name in zip(ROLE_COLOURS, ROLE_NAMES, strict=True)
    ]
    promise = Patch(facecolor=WHITE, edgecolor=KEPT_APART, linewidth=1.8, label="promised by the split: must be 0 %")
    style = {"frameon": False, "fontsize": SMALL, "handlelength": 1.2, "columnspacing": 1.2}
    figure.legend(handles=[*roles, promise], loc="lower center", ncols=6, bbox_to_anchor=(0.5, 0.1 / height), **style)


def _percent(share: float) -> str:
    """Whole percent, "< 1 %" and "> 99 %" near the ends: only nothing reads as 0, only everything as 100."""
    if np.isnan(share):
        return "?"
    if 0 < share < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor(EDGE)
