"""What a network hears in a recording: beats, downbeats, levels, changes of level, and where a score would mark them.

As published in the decoding of beats and change points (`decoding.py`). In two things not: at a beat there is always a
level, so that blank is never said; and a mark is the level that fits a whole stretch between change points best, so
that single beats do not flicker. See docs/listening.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_softmax

from percepiano_core.dynamics.inputs.inputs import kind_of_channels, rates_of, total_loudness, waveform_inputs
from percepiano_core.dynamics.predictions.decoding import INFERENCE_THRESHOLD, decode_beats, decode_change_points
from percepiano_core.errors import DataError, UserError
from percepiano_core.metrics.levels_and_beats import CLASSES
from percepiano_core.sound.frame_grid import event_frames, nearest
from percepiano_core.sound.recording import SAMPLE_RATE, read_at_rates
from percepiano_core.sound.repair import Repair, Tell, unheard

if TYPE_CHECKING:
    from percepiano_core.dynamics.network.model import DynamicsNetwork

LEVELS = tuple(CLASSES)  # softest first
SHORTEST_SECONDS = 1.0  # of a recording that beats are looked for in without a word


@dataclass(frozen=True, slots=True)
class LevelAt:
    """A level as a score marks it, at a beat (index)."""

    beat: int
    level: str


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was heard.

    Attributes
    ----------
    loudness : [T] total loudness in sone of the recording at a peak of -1 dB, 50 frames a second
    logits : task -> [T, outputs]
    beats : [n] seconds, increasing
    downbeat : [n] bool
    levels : [n, 5] log-probability of each of LEVELS at the beats
    change_point : [n] bool
    marks : where a score would show a level; the first beat has one
    waveform : [samples] of the recording at SAMPLE_RATE and a peak of -1 dB, so that it need not be read again
    """

    loudness: np.ndarray
    logits: Mapping[str, np.ndarray]
    beats: np.ndarray
    downbeat: np.ndarray
    levels: np.ndarray
    change_point: np.ndarray
    marks: tuple[LevelAt, ...]
    waveform: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.float32))


def listen(
    network: DynamicsNetwork,
    path: Path | str,
    threshold: float = INFERENCE_THRESHOLD,
    kind: str | None = None,
    tell: Tell = unheard,
) -> Heard:
    """Hear a recording of any length, rate and number of channels.

    threshold : logit from which a change point counts; kind : of the network's input (inputs.KINDS), by default the one
        with as many channels; tell : is called with each thing that was repaired in the recording, and where nothing
        was heard in it

    DataError for a recording that cannot be read or is silent; UserError for a network that lacks a task.
    """
    # Imported here, because torch is needed where a network is asked, and nowhere else in this package.
    import torch

    from percepiano_core.dynamics.network.model import TASKS
    from percepiano_core.dynamics.network.predict import predict

    lacking = sorted(set(TASKS) - set(network.config.tasks))
    if lacking:
        raise UserError("these weights", f"they know no {lacking[0]}", "use those of a network with all four tasks")
    kind = kind or kind_of_channels(network.config.bands)
    waveforms = read_at_rates(path, rates_of([kind]), tell=tell)
    if not waveforms[SAMPLE_RATE].any():
        raise DataError(path, "it is silent (nothing in it is above -80 dB)", "give a recording that can be heard")
    features = torch.from_numpy(waveform_inputs(waveforms, [kind])[kind])
    loudness = total_loudness(waveforms[SAMPLE_RATE])
    said = heard(predict(network, features), loudness, threshold)
    _tell_what_is_lacking(said, len(waveforms[SAMPLE_RATE]) / SAMPLE_RATE, tell)
    return replace(said, waveform=waveforms[SAMPLE_RATE])


def heard(logits: Mapping[str, np.ndarray], loudness: np.ndarray, threshold: float) -> Heard:
    """Decode logits [T, outputs] of the four tasks."""
    beats, downbeats = decode_beats(logits["beat"][:, 0], logits["downbeat"][:, 0])
    frames = event_frames(beats)
    downbeat = np.zeros(len(beats), dtype=bool)
    if len(beats):
        downbeat[nearest(downbeats, beats)] = True
    levels = level_log_probabilities(logits["dynamic"])[np.clip(frames, 0, len(loudness) - 1)]
    change_point = decode_change_points(logits["change_point"][:, 0], frames, threshold)
    marks = level_marks(levels, change_point)
    return Heard(loudness, logits, beats, downbeat, levels, change_point, marks)


def _tell_what_is_lacking(said: Heard, seconds: float, tell: Tell) -> None:
    """Say where a recording is too short to be judged, or nothing was heard in it."""
    if seconds < SHORTEST_SECONDS:
        problem = f"it lasts {seconds:.2f} s, which is too short for beats and levels"
        tell(Repair(problem, f"{len(said.beats)} beats were heard in it", "give a longer recording"))
    elif not len(said.beats):
        remedy = "check that it is piano music, or use a network that was trained on recordings like it"
        tell(Repair("no beat was heard in it", "it has no levels and no marks", remedy))


def level_log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities [T, 5] of LEVELS from logits [T, 6] whose first is blank."""
    return log_softmax(logits[:, 1:].astype(np.float64), axis=1)


def level_marks(levels: np.ndarray, change_point: np.ndarray) -> tuple[LevelAt, ...]:
    """Marks from log-probabilities [n, 5] and change points [n] bool at beats.

    A stretch begins at beat 0 and at each change point; its level is the most probable over all its beats. A stretch of
    the same level as the one before has no mark.
    """
    if not len(levels):
        return ()
    starts = np.unique(np.append(0, np.flatnonzero(change_point)))
    best = np.add.reduceat(levels, starts, axis=0).argmax(axis=1)
    new = np.append(True, best[1:] != best[:-1])
    return tuple(LevelAt(int(beat), LEVELS[level]) for beat, level in zip(starts[new], best[new], strict=True))
