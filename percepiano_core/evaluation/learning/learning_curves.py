"""Pictures of how networks were trained: loss and score by epoch, and what else was told of each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from percepiano_core.evaluation.learning.histories import LOSS, RUN_COLUMNS, columns_named, gradient_norms
from percepiano_core.figure_style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MIDDLE_GREY,
    ORANGE,
    PANEL,
    PURPLE,
    SKY,
    VERMILLION,
    finish,
    handle,
    plain,
    save,
    styled,
)
from percepiano_core.training.history import COLLAPSED

PARTS = {
    "note": BLUE,
    "stack": BLUE,
    "encoder": BLUE,
    "voice": SKY,
    "beat": ORANGE,
    "measure": GREEN,
    "head": VERMILLION,
    "pool": PURPLE,
}
ROW_COLUMNS = ("system", "data", "model", "part", "split_kind")
UNLABELLED = "unlabelled"  # data of pre-training
NAMES = {"r2": "R2"}  # of scores, where they are not the column's
CHOSEN = " (chosen by)"
RATIOS = {"mean": INK, "lowest": GREY}
WIDTH, ROW_HEIGHT, FRAME_HEIGHT = 12.5, 2.1, 1.3  # inches
CURVES_READING = (
    "A line a fold, seed and draw; the dot is the epoch whose weights were kept, chosen by the number that says so. "
    "A validation loss that rises while the train loss falls is overfitting."
)
DIAGNOSTICS_READING = (
    "Lines: median over folds, seeds and draws; shades: all of them. Standard-deviation ratio: of predictions "
    "to ratings;\nbelow the dotted line a network says one thing of everybody. Attention of entropy 1 is a mean."
)


def draw_learning_curves(histories: pd.DataFrame, titles: Mapping[str, str], path: Path | str, synthetic: bool) -> None:
    """Draw train and validation loss (left) and validation score (right) of every training, a row a model and split.

    `histories` as `read_histories` gives them; `titles` of the models.
    """
    handles = [
        handle("train loss", ORANGE, linestyle="--"),
        handle("validation loss and score", BLUE, linestyle="-"),
        handle("weights kept", BLUE, marker="o"),
    ]
    if "valid_r2_without_hierarchy" in histories:
        handles.append(handle("validation R2 without the hierarchy", GREEN, linestyle=":"))
    with styled():
        figure = Figure()
        for (loss, score), part in _rows(figure, histories, titles, ("loss", "score")):
            for _, run in part.groupby(list(RUN_COLUMNS)):
                _draw_run(loss, score, run)
            _say_what(loss, score, part)
        finish(figure, "How networks learned", CURVES_READING, handles, synthetic)
        save(figure, path)


def with_diagnostics(histories: pd.DataFrame) -> pd.DataFrame:
    """The histories of the models that tell of their gradients or predictions."""
    told = histories.filter(regex="^(gradient|scale|sd_ratio|attention)_").notna().any(axis=1)
    groups = histories[list(ROW_COLUMNS)].apply(tuple, axis=1)
    return histories[groups.isin(set(groups[told]))]


def draw_diagnostics(histories: pd.DataFrame, titles: Mapping[str, str], path: Path | str, synthetic: bool) -> None:
    """Draw gradient norms, activation scales, standard-deviation ratios and entropy of attention by epoch."""
    columns = ("gradient norm", "activation scale", "standard-deviation ratio", "entropy of attention")
    histories = with_diagnostics(histories)
    with styled():
        figure = Figure()
        drawn: dict[str, str] = {}
        for (gradient, scale, ratio, attention), part in _rows(figure, histories, titles, columns):
            drawn |= _draw_numbers(gradient, part, gradient_norms(part), PARTS)
            drawn |= _draw_numbers(scale, part, columns_named(part, "scale_"), PARTS)
            drawn |= _draw_numbers(attention, part, columns_named(part, "attention_"), PARTS)
            dimensions = columns_named(part, "sd_ratio_")
            ratios = pd.DataFrame({"mean": dimensions.mean(axis=1), "lowest": dimensions.min(axis=1)})
            _draw_numbers(ratio, part, ratios, RATIOS)
            ratio.axhline(COLLAPSED, color=VERMILLION, linestyle=":", linewidth=0.9)
            gradient.set_yscale("log")
            attention.set_ylim(0, 1.02)
        finish(figure, "What networks did while they learned", DIAGNOSTICS_READING, _part_handles(drawn), synthetic)
        save(figure, path)


def _rows(
    figure: Figure, histories: pd.DataFrame, titles: Mapping[str, str], columns: tuple[str, ...]
) -> Iterator[tuple[list[Axes], pd.DataFrame]]:
    """The panels and the histories of each row: data, model and kind of split, in the order of the histories."""
    groups = list(histories.groupby(list(ROW_COLUMNS), sort=False))
    figure.set_size_inches(WIDTH, ROW_HEIGHT * len(groups) + FRAME_HEIGHT)
    grid = figure.subplots(len(groups), len(columns), squeeze=False) if groups else ()
    for panels, (key, part) in zip(grid, groups, strict=True):
        panels[0].set_title(_title(titles, *(str(each) for each in key)), loc="left", fontsize=PANEL)
        for axes, what in zip(panels, columns, strict=True):
            axes.set(xlabel="epoch", ylabel=what)
            plain(axes, "both")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        yield list(panels), part.dropna(axis=1, how="all")


def _title(titles: Mapping[str, str], system: str, data: str, model: str, part: str, split: str) -> str:
    """Whose training it is, and on what."""
    before = f", {part.replace('_', ' ')}" if part else ""
    labels = "" if system == "dynamics" or data == UNLABELLED else " labels"
    return f"{titles.get(model, model)}{before}: {split}, {data}{labels}"


def _draw_run(loss: Axes, score: Axes, run: pd.DataFrame) -> None:
    look: dict[str, Any] = {"linewidth": 0.9, "alpha": 0.7}
    for axes, column, colour, line in (
        (loss, "train_loss", ORANGE, "--"),
        (loss, "valid_loss", BLUE, "-"),
        (score, "score", BLUE, "-"),
        (score, "valid_r2_without_hierarchy", GREEN, ":"),
    ):
        if column not in run:
            continue
        known = run.dropna(subset=column)
        axes.plot(known["epoch"], known[column], color=colour, linestyle=line, **look)
        if colour == BLUE:
            kept = known[known["kept"]]
            axes.plot(kept["epoch"], kept[column], "o", color=BLUE, markersize=3.5)


def _say_what(loss: Axes, score: Axes, part: pd.DataFrame) -> None:
    """Name the score, and say by which of the two the epoch was chosen."""
    chosen_by, scored_by = part["chosen_by"].iloc[0], part["scored_by"].iloc[0]
    loss.set_ylabel("loss" + (CHOSEN if chosen_by == LOSS else ""))
    name = NAMES.get(scored_by, scored_by)
    score.set_ylabel(f"validation {name}" + (CHOSEN if chosen_by == scored_by else ""))
    if (part.filter(["train_loss", "valid_loss"]).dropna(how="all").fillna(1) > 0).all(axis=None):
        loss.set_yscale("log")
    if scored_by != LOSS:
        score.axhline(0, color=GREY, linewidth=0.8, zorder=0)


def _draw_numbers(axes: Axes, part: pd.DataFrame, numbers: pd.DataFrame, colours: Mapping[str, str]) -> dict[str, str]:
    """Median and range over runs of each column, by epoch; the colours used."""
    used = {str(name): colours.get(str(name), MIDDLE_GREY) for name in numbers}
    by_epoch = numbers.groupby(part["epoch"])
    middle, low, high = by_epoch.median(), by_epoch.min(), by_epoch.max()
    for name, colour in used.items():
        axes.fill_between(middle.index, low[name], high[name], color=colour, alpha=0.15, linewidth=0)
        axes.plot(middle.index, middle[name], color=colour, linewidth=1.3)
    return used


def _part_handles(drawn: Mapping[str, str]) -> list[Line2D]:
    parts = [handle(name, colour, linestyle="-") for name, colour in drawn.items()]
    return [*parts, *(handle(f"ratio: {name} of the dimensions", RATIOS[name], linestyle="-") for name in RATIOS)]
