"""Recordings of MazurkaBL as examples: its loudness curves (track T1) with the labels of its scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from percepiano_core.corpus.mazurkabl import UNRELIABLE, beat_times_path, curve_path, read_loudness_curve, read_mazurka
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.labels import beat_labels
from percepiano_core.dynamics.inputs.curves import curve_duration, loudness_channels
from percepiano_core.errors import DataError
from percepiano_core.job import concerning
from percepiano_core.splits.piece_folds import recording_name

CURVES = "curves8"  # the eight channels of curves.CHANNELS


def mazurka_examples(root: Path | str, mazurka: str, protocol: str = "corrected") -> Iterator[Example | DataError]:
    """The recordings of one mazurka, in the order of its beat table; in place of one that is broken, what is wrong.

    If the beats or marks of the mazurka itself cannot be read, that alone.

    protocol : which beat is the downbeat (a key of labels.DOWNBEAT_NUMBER)
    """
    try:
        with concerning(beat_times_path(root, mazurka)):
            found = read_mazurka(root, mazurka)
            labels = beat_labels(found, protocol)
    except DataError as error:
        yield error
        return
    for pid, times in found.beats.columns.items():
        try:
            with concerning(curve_path(root, mazurka, pid)):
                curve = read_loudness_curve(root, mazurka, pid)
                channels = loudness_channels(curve)
        except DataError as error:
            yield error
            continue
        yield Example(
            name=recording_name(mazurka, pid),
            group=mazurka,
            duration=curve_duration(len(curve)),
            beat_times=times,
            labels=labels,
            inputs={CURVES: channels},
            unreliable=pid in UNRELIABLE.get(mazurka, ()),
        )
