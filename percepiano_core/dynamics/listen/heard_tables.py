"""What was heard in a recording, as two CSV tables: a row a frame, a row a beat."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.special import expit

from percepiano_core.dynamics.listen.listening import LEVELS, Heard, level_log_probabilities
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.table_io import write_rows

FRAME_COLUMNS = ("time", "loudness", "beat", "downbeat", "change_point", "level", *LEVELS)
BEAT_COLUMNS = ("time", "downbeat", "level", *LEVELS, "change_point", "mark")


def write_frames(path: Path | str, heard: Heard) -> None:
    """A row a frame: seconds, total loudness in sone, probabilities of the events, likeliest level, those of all."""
    events = [expit(heard.logits[task][:, 0]) for task in ("beat", "downbeat", "change_point")]
    levels = np.exp(level_log_probabilities(heard.logits["dynamic"]))
    rows = zip(heard.loudness, *events, levels, strict=True)
    write_rows(
        path,
        FRAME_COLUMNS,
        (
            [f"{frame / FPS:.2f}", *_numbers(values), LEVELS[level.argmax()], *_numbers(level)]
            for frame, (*values, level) in enumerate(rows)
        ),
    )


def write_beats(path: Path | str, heard: Heard) -> None:
    """A row a beat: seconds, 1 for a downbeat, likeliest level, probabilities, 1 for a change point, mark if any."""
    marks = {mark.beat: mark.level for mark in heard.marks}
    rows = zip(heard.beats, heard.downbeat, heard.levels, heard.change_point, strict=True)
    write_rows(
        path,
        BEAT_COLUMNS,
        (
            [
                *(f"{time:.3f}", int(downbeat), LEVELS[level.argmax()]),
                *(*_numbers(np.exp(level)), int(change), marks.get(beat, "")),
            ]
            for beat, (time, downbeat, level, change) in enumerate(rows)
        ),
    )


def _numbers(values: Iterable[float]) -> list[str]:
    return [f"{value:.4f}" for value in values]
