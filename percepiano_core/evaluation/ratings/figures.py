"""The pictures of Table 3, of its dimensions and of the ablation, drawn from the written tables alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from percepiano_core.figure_style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PANEL,
    SERIES,
    SMALL,
    VERMILLION,
    finish,
    handle,
    named_lines,
    r2_axis,
    save,
    stripes,
    styled,
)

COLUMNS = 3  # panels beside one another
SPLIT_TITLES = {
    "performer": "performer\nnew performers, known segments",
    "segment": "segment\nnew segments of known pieces",
    "segment_clean": "segment_clean\nnew segments and texts",
    "player_clean": "player_clean\nnew players, known segments",
    "both": "both\nnew segments by new players",
    "both_diagonal": "both_diagonal\nfour of its sixteen cells",
    "work": "work\nnew works",
}
LINE_GAP = 0.18  # between the models of one dimension, in lines
NO_INPUTS = "none"  # inputs of rows that see no performance, only who played what
TABLE3_READING = (
    "Bars: 95 % intervals over segments and performers. The noise ceiling is what rater noise leaves to be predicted."
)
REAL_READING = (
    "\nDeadpan performances alone explain 12 % of the rating variance, so a score on people alone stands beside each. "
    "The published mean row's MSE of 2.28 is an artefact (the pianist index counts as a 20th rating)."
)
DIMENSION_READING = (
    "A rating is the mean of a few listeners: no model can be expected right of the green tick. "
    "Bars: 95 % intervals over segments and performers."
)
ABLATION_READING = (
    "Right: gain over the step above, or over the first where the title says so, with its 95 % interval, both models "
    "scored on the same resampled segments and performers. A gain counts if the interval leaves out 0."
)


def draw_table3(table: pd.DataFrame, path: Path | str) -> None:
    """Draw R2 of every model (lines) on every split (panels) with interval, humans-only score, ceiling, published.

    `table` has the columns of table3.csv. Models without a run are named as such.
    """
    splits, models = list(table["split"].unique()), list(table["model"].unique())
    handles = [
        handle("R2", BLUE, marker="o"),
        handle("people alone", ORANGE, marker="D", markerfacecolor="white"),
        *_shared_handles(table),
    ]
    with styled():
        figure = Figure(figsize=(12.5, _rows(splits) * (0.24 * len(models) + 0.85) + 1.2))
        for axes, split in zip(_panels(figure, len(splits)), splits, strict=True):
            part = table[table["split"] == split].set_index("model").reindex(models)
            r2_axis(axes, table[["r2", "r2_ci_low", "r2_ci_high", "r2_humans", "ceiling", "published_r2"]])
            _draw_split(axes, part)
            axes.set_title(SPLIT_TITLES.get(split, split), fontsize=PANEL)
        title = f"How well is the perception of piano playing predicted? R2, {table['labels'].iloc[0]} labels"
        reading = TABLE3_READING if _synthetic(table) else TABLE3_READING + REAL_READING
        finish(figure, title, reading, handles, _synthetic(table))
        save(figure, path)


def draw_per_dimension(table: pd.DataFrame, path: Path | str, models: Sequence[str] = ()) -> None:
    """Draw R2 of each dimension (lines) on every split (panels) for some models, with interval and ceiling.

    `table` has the columns of table3_per_dimension.csv. Without `models` (names, at most five) it shows the three
    best on average and the best trivial baseline.
    """
    splits = list(table["split"].unique())
    shown = list(models) or leading_models(table)
    looks = dict(zip(shown, SERIES, strict=False))
    chosen, dimensions = table[table["model"].isin(looks)], list(table["dimension"].unique())
    handles = [handle(model, colour, marker=marker) for model, (colour, marker) in looks.items()]
    handles.append(handle("noise ceiling", GREEN, marker="|", markersize=9, markeredgewidth=2))
    with styled():
        figure = Figure(figsize=(12.5, _rows(splits) * 5.2 + 1.2))
        for axes, split in zip(_panels(figure, len(splits)), splits, strict=True):
            r2_axis(axes, chosen[["r2", "r2_ci_low", "r2_ci_high", "ceiling"]])
            _draw_dimensions(axes, chosen[chosen["split"] == split], dimensions, looks)
            axes.set_title(SPLIT_TITLES.get(split, split), fontsize=PANEL)
        finish(figure, "Which dimensions are predicted?", DIMENSION_READING, handles, _synthetic(table))
        save(figure, path)


def draw_ablation(table: pd.DataFrame, path: Path | str) -> None:
    """Draw what each step adds: a panel an ablation and split, a line a step. `table`: columns of ablation.csv."""
    panels = list(table.groupby(["ablation", "split"], sort=False))
    handles = [handle("R2", BLUE, marker="o"), *_shared_handles(table)]
    most_steps, rows = max((len(part) for _, part in panels), default=1), max(-(-len(panels) // 2), 1)
    with styled():
        figure = Figure(figsize=(12.5, rows * (0.36 * most_steps + 0.9) + 1.2))
        axes_list = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes, ((ablation, split), part) in zip(axes_list, panels, strict=False):
            r2_axis(axes, table[["r2", "r2_ci_low", "r2_ci_high", "ceiling", "published_r2"]])
            _draw_steps(axes, part.set_index("label"))
            axes.set_title(f"{ablation}, split {split}{_against(part)}", fontsize=PANEL)
        for axes in axes_list[len(panels) :]:
            axes.set_axis_off()
        finish(figure, "What does each step add?", ABLATION_READING, handles, _synthetic(table))
        save(figure, path)


def leading_models(table: pd.DataFrame, count: int = 3) -> list[str]:
    """The models with the highest R2 on average over splits and dimensions, then the best trivial baseline."""
    mean = table.dropna(subset="r2").groupby(["model", "inputs"], sort=False)["r2"].mean().reset_index()
    ordered = mean.sort_values("r2", ascending=False, kind="stable")
    trivial = ordered["inputs"] == NO_INPUTS
    return [*ordered.loc[~trivial, "model"].head(count), *ordered.loc[trivial, "model"].head(1)]


def _shared_handles(table: pd.DataFrame) -> list[Line2D]:
    """Legend of the ceiling, and of published scores where there are any."""
    ceiling = handle("noise ceiling", GREEN, linestyle="--")
    if table["published_r2"].isna().all():
        return [ceiling]
    return [
        ceiling,
        handle("published, comparable", VERMILLION, marker="*", markersize=9),
        handle("published, not comparable", VERMILLION, marker="*", markersize=9, markerfacecolor="white"),
    ]


def _rows(splits: Sequence[str]) -> int:
    return -(-len(splits) // COLUMNS)


def _panels(figure: Figure, count: int) -> list[Axes]:
    columns = min(COLUMNS, count)
    grid = figure.subplots(-(-count // columns), columns, squeeze=False, sharey=True).ravel()
    for axes in grid[count:]:
        axes.set_axis_off()
    return list(grid[:count])


def _synthetic(table: pd.DataFrame) -> bool:
    return bool((table["status"] == "synthetic").any())


def _draw_split(axes: Axes, part: pd.DataFrame) -> None:
    places = np.arange(len(part))
    _lines(axes, list(part.index))
    _draw_ceiling(axes, part)
    _draw_published(axes, part, places)
    axes.plot(
        _at_edge(axes, part["r2_humans"]), places + 0.18, "D", color=ORANGE, markerfacecolor="white", markersize=4.5
    )
    _draw_scores(axes, part, places, BLUE, "o")
    for place, (r2, status) in enumerate(zip(part["r2"], part["status"], strict=True)):
        text, colour = (f"{r2:.3f}", INK) if np.isfinite(r2) else (str(status), GREY)
        axes.annotate(
            text, (1.02, place), xycoords=("axes fraction", "data"), va="center", color=colour, fontsize=SMALL
        )


def _draw_dimensions(axes: Axes, part: pd.DataFrame, dimensions: list[str], looks: dict[str, tuple[str, str]]) -> None:
    _lines(axes, dimensions)
    stripes(axes, len(dimensions))
    offsets = (np.arange(len(looks)) - (len(looks) - 1) / 2) * LINE_GAP
    for offset, (model, (colour, marker)) in zip(offsets, looks.items(), strict=True):
        rows = part[part["model"] == model].set_index("dimension").reindex(dimensions)
        places = np.arange(len(dimensions)) + offset
        axes.plot(_at_edge(axes, rows["ceiling"]), np.arange(len(dimensions)), "|", color=GREEN, ms=10, mew=2)
        _draw_scores(axes, rows, places, colour, marker, size=3.5)


def _draw_steps(axes: Axes, part: pd.DataFrame) -> None:
    places = np.arange(len(part))
    _lines(axes, list(part.index))
    _draw_ceiling(axes, part)
    _draw_published(axes, part, places)
    _draw_scores(axes, part, places, BLUE, "o")
    for place, row in enumerate(part.itertuples()):
        axes.annotate(
            _step_text(row), (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL, color=INK
        )


def _against(part: pd.DataFrame) -> str:
    """What is said of steps that are all compared with the first."""
    first, others = part["model"].iloc[0], part["against"].iloc[1:]
    return ", against the first" if len(others) > 1 and (others == first).all() else ""


def _step_text(row: Any) -> str:
    if not np.isfinite(row.r2):
        return str(row.status)
    if not np.isfinite(row.delta):
        return f"{row.r2:.3f}"
    return f"{row.r2:.3f}   {row.delta:+.3f} [{row.delta_ci_low:+.3f}, {row.delta_ci_high:+.3f}]"


def _draw_scores(
    axes: Axes, part: pd.DataFrame, places: np.ndarray, colour: str, marker: str, size: float = 5.0
) -> None:
    low, high = (_at_edge(axes, part[name]) for name in ("r2_ci_low", "r2_ci_high"))
    axes.hlines(places, low, high, color=colour, linewidth=1.4)
    axes.plot(_at_edge(axes, part["r2"]), places, marker, color=colour, markersize=size)


def _draw_ceiling(axes: Axes, part: pd.DataFrame) -> None:
    ceilings = part["ceiling"].dropna()
    if len(ceilings):
        axes.axvline(float(ceilings.mean()), color=GREEN, linestyle="--", linewidth=1.2)


def _draw_published(axes: Axes, part: pd.DataFrame, places: np.ndarray) -> None:
    for comparable, face in ((True, VERMILLION), (False, "white")):
        rows = (part["comparable"] == "yes").to_numpy() == comparable
        axes.plot(
            part["published_r2"].to_numpy()[rows],
            places[rows] - 0.18,
            "*",
            color=VERMILLION,
            markerfacecolor=face,
            markersize=8,
        )


def _lines(axes: Axes, names: Sequence[str]) -> None:
    named_lines(axes, [name.replace("_", " ") for name in names])


def _at_edge(axes: Axes, values: pd.Series) -> np.ndarray:
    """The values, those beyond the axis drawn at its edge."""
    return values.to_numpy(dtype=float).clip(*axes.get_xlim())
