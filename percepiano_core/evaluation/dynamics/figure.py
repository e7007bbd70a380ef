"""Table 1 of dynamics as a picture: every model a line, its scores with their intervals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from percepiano_core.figure_style import save, styled

PANELS = {  # title -> score, colour, marker
    "dynamic levels": (("dynamic_weighted", "#0072B2", "o"), ("dynamic_macro", "#56B4E9", "s")),
    "change points": (("change_point", "#D55E00", "o"), ("change_point_after_beat_1", "#E69F00", "s")),
    "beats": (("beat", "#009E73", "o"), ("downbeat", "#CC79A7", "s")),
}
NAMES = {
    "dynamic_weighted": "weighted",
    "dynamic_macro": "macro",
    "change_point": "all",
    "change_point_after_beat_1": "beat 1 left out",
    "beat": "beats",
    "downbeat": "downbeats",
}
SYNTHETIC = "synthetic"


def draw_table1(table: pd.DataFrame, path: Path | str) -> None:
    """Draw a table of `table1.table1`: the honest scores, F1 x 100 with 95 % intervals over pieces."""
    own = table[table["mode"] == "honest"]
    rows = list(dict.fromkeys(zip(own["track"], own["model"], own["title"], strict=True)))
    with styled():
        figure = Figure(figsize=(10, 1.3 + 0.27 * len(rows)))
        axes = figure.subplots(1, len(PANELS), sharey=True, squeeze=False)[0]
        for panel, (title, scores) in zip(axes, PANELS.items(), strict=True):
            _draw_panel(panel, own, rows, scores)
            panel.set_title(title, fontsize=10, pad=20)
        axes[0].set_yticks(range(len(rows)), [f"{name} ({track})" for track, _, name in rows])
        axes[0].set_ylim(len(rows) - 0.5, -0.5)
        mark = " (SYNTHETIC DATA)" if (own["track"] == SYNTHETIC).any() else ""
        figure.suptitle(f"Dynamics, pieces never trained on{mark}", fontsize=12)
        figure.tight_layout()
        save(figure, path)


def _draw_panel(
    axes: Axes, table: pd.DataFrame, rows: list[tuple[str, str, str]], scores: tuple[tuple[str, str, str], ...]
) -> None:
    for place, (score, colour, marker) in enumerate(scores):
        found = table[table["score"] == score]
        lines = zip(found["track"], found["model"], found["low"], found["value"], found["high"], strict=True)
        known = {(track, model): numbers for track, model, *numbers in lines}
        heights = [y + 0.16 * place - 0.08 for y, row in enumerate(rows) if row[:2] in known]
        numbers = [known[row[:2]] for row in rows if row[:2] in known]
        for y, (low, _, high) in zip(heights, numbers, strict=True):
            axes.plot([low, high], [y, y], color=colour, linewidth=1, alpha=0.7)
        axes.plot(
            [value for _, value, _ in numbers],
            heights,
            linestyle="none",
            marker=marker,
            markersize=4,
            color=colour,
            label=NAMES[score],
        )
    axes.set_xlabel("F1 x 100")
    axes.set_xlim(0, 1.06 * axes.get_xlim()[1])
    axes.grid(axis="x", color="0.93")
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=7, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 0.99))
