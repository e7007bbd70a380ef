"""A picture of what was heard: loudness, levels, changes of level, beats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from percepiano_core.dynamics.listen.listening import LEVELS, Heard
from percepiano_core.figure_style import BLUE, GREY, GRID, INK, PURPLE, VERMILLION, handle, plain, save, styled
from percepiano_core.sound.frame_grid import FPS

LOUD, LEVEL, CHANGE, BEAT = BLUE, VERMILLION, PURPLE, GREY
INCHES_A_SECOND, NARROWEST, WIDEST = 0.12, 9.0, 60.0


def draw(heard: Heard, path: Path | str, title: str) -> None:
    """Draw over time, above each other, the loudness, the levels with their marks, and the beats."""
    seconds = len(heard.loudness) / FPS
    with styled():
        figure = Figure(figsize=(float(np.clip(seconds * INCHES_A_SECOND, NARROWEST, WIDEST)), 5.2))
        loudness, levels, beats = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 0.8))
        loudness.plot(np.arange(len(heard.loudness)) / FPS, heard.loudness, color=LOUD, linewidth=0.7)
        loudness.set(ylabel="loudness (sone)", xlim=(0, seconds), ylim=(0, None), title=title)
        _draw_levels(levels, heard, seconds)
        beats.vlines(heard.beats[~heard.downbeat], 0, 0.5, color=BEAT, linewidth=0.6)
        beats.vlines(heard.beats[heard.downbeat], 0, 1, color=INK, linewidth=0.9)
        beats.set(ylabel="beats", yticks=[], ylim=(0, 1), xlabel="time (s); tall lines are downbeats")
        for axes in (loudness, levels):
            for time in heard.beats[heard.change_point]:
                axes.axvline(time, color=CHANGE, linewidth=0.8, linestyle="--", zorder=0)
        for axes in (loudness, levels, beats):
            plain(axes)
        figure.legend(handles=_legend(), loc="lower left", ncols=3, frameon=False)
        figure.tight_layout(rect=(0, 0.05, 1, 1))
        save(figure, path)


def _draw_levels(axes: Axes, heard: Heard, seconds: float) -> None:
    """The likeliest level at each beat as dots, the stretches between marks as lines with the mark's name."""
    axes.plot(heard.beats, heard.levels.argmax(axis=1), ".", color=BEAT, markersize=3)
    starts = [heard.beats[mark.beat] for mark in heard.marks]
    for mark, start, end in zip(heard.marks, starts, [*starts[1:], seconds], strict=False):
        height = LEVELS.index(mark.level)
        axes.hlines(height, start, end, color=LEVEL, linewidth=2)
        axes.annotate(mark.level, (start, height), (1, 3), textcoords="offset points", style="italic", weight="bold")
    axes.set(ylabel="level", yticks=range(len(LEVELS)), yticklabels=LEVELS, ylim=(-0.5, len(LEVELS) - 0.3))
    axes.grid(axis="y", color=GRID)


def _legend() -> list[Line2D]:
    return [
        handle("mark", LEVEL, linestyle="-", linewidth=2),
        handle("likeliest level at a beat", BEAT, marker="."),
        handle("change point", CHANGE, linestyle="--"),
    ]
