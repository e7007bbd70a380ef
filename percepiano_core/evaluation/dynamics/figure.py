"""Table 1 of dynamics as a picture: every model a line, its scores with their intervals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from percepiano_core.evaluation.table_rows import NOT_RUN, SYNTHETIC
from percepiano_core.figure_style import (
    BLUE,
    GREEN,
    HEADING,
    ORANGE,
    PURPLE,
    SKY,
    TINY,
    TITLE,
    VERMILLION,
    marked,
    named_lines,
    plain,
    save,
    styled,
)
from percepiano_core.metrics.recording_scores import PER_RECORDING

PANELS = {  # title -> score, colour, marker
    "dynamic levels": (("dynamic_weighted", BLUE, "o"), ("dynamic_macro", SKY, "s")),
    "change points": (("change_point", VERMILLION, "o"), ("change_point_after_beat_1", ORANGE, "s")),
    "beats": (("beat", GREEN, "o"), ("downbeat", PURPLE, "s")),
}
NAMES = {
    "dynamic_weighted": "weighted",
    "dynamic_macro": "macro",
    "change_point": "all",
    "change_point_after_beat_1": "beat 1 left out",
    "beat": "beats",
    "downbeat": "downbeats",
}


def draw_table1(table: pd.DataFrame, path: Path | str) -> None:
    """Draw table1.csv: the scores per recording, F1 x 100 with 95 % intervals over pieces."""
    own = table[(table["scoring"] == PER_RECORDING) & (table["status"] != NOT_RUN)]
    rows = list(dict.fromkeys(zip(own["track"], own["model"], strict=True)))
    with styled():
        figure = Figure(figsize=(10, 1.3 + 0.27 * len(rows)))
        axes = figure.subplots(1, len(PANELS), sharey=True, squeeze=False)[0]
        named_lines(axes[0], [f"{model} ({track})" for track, model in rows])
        for panel, (title, scores) in zip(axes, PANELS.items(), strict=True):
            _draw_panel(panel, own, rows, scores)
            panel.set_title(title, fontsize=HEADING, pad=20)
        synthetic = bool((own["status"] == SYNTHETIC).any())
        figure.suptitle(marked("Dynamics, pieces never trained on", synthetic), fontsize=TITLE)
        figure.tight_layout()
        save(figure, path)


def _draw_panel(
    axes: Axes, table: pd.DataFrame, rows: list[tuple[str, str]], scores: tuple[tuple[str, str, str], ...]
) -> None:
    for place, (score, colour, marker) in enumerate(scores):
        found = table[table["score"] == score]
        lines = zip(*(found[name] for name in ("track", "model", "f1_ci_low", "f1", "f1_ci_high")), strict=True)
        known = {(track, model): numbers for track, model, *numbers in lines}
        heights = [y + 0.16 * place - 0.08 for y, row in enumerate(rows) if row in known]
        numbers = [known[row] for row in rows if row in known]
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
    plain(axes, "x", ())
    axes.legend(frameon=False, fontsize=TINY, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 0.99))
