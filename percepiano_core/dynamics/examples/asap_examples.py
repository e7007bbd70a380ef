"""Rendered ASAP performances as examples (track T2): synthetic sound, real playing, the dynamic marks of the scores.

What is learned from them compares inputs and networks. It says nothing about recordings. See docs/dynamics_data.md,
"ASAP".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from percepiano_core.corpus.asap import AsapRecording, read_note_alignment
from percepiano_core.corpus.asap_dynamics import (
    annotations_path,
    performance_name,
    piece_name,
    read_beat_annotations,
    read_marked_score,
)
from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.dynamics.examples.asap_labels import asap_labels
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.inputs.inputs import KINDS, recording_inputs
from percepiano_core.sound.frame_grid import FPS, event_frames

LARGEST_VELOCITY = 127


def asap_example(root: Path | str, recording: AsapRecording, sound: Path | str) -> Example:
    """One performance with its labels and the inputs made of its rendering `sound` and of its velocities.

    DataError for a file that cannot be read.
    """
    root = Path(root)
    beats = read_beat_annotations(root / annotations_path(recording.midi))
    score = read_marked_score(root / recording.score)
    lines = read_note_alignment(root / recording.note_alignment)
    inputs = recording_inputs(sound, tuple(KINDS))
    frames = inputs["bssl"].shape[1]
    return Example(
        name=performance_name(recording),
        group=piece_name(recording),
        duration=(frames - 1) / FPS,
        beat_times=beats.times,
        labels=asap_labels(score, lines, beats),
        inputs=inputs | {"velocity": velocity_curve(read_performance(root / recording.midi), frames)},
    )


def velocity_curve(performed: PerformedMidi, frames: int) -> np.ndarray:
    """Velocity [1, frames] of the loudest note of those that began last, as a share of 127; 0 before the first."""
    begun = event_frames(performed.notes["onset_sec"])
    heard = begun < frames  # a file with a far too long pause may go on for days
    loudest = np.zeros(frames)
    np.maximum.at(loudest, begun[heard], performed.notes["velocity"][heard] / LARGEST_VELOCITY)
    last = np.maximum.accumulate(np.where(loudest > 0, np.arange(len(loudest)), 0))
    return loudest[last][None]
