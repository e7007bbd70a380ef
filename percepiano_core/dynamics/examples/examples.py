"""What networks and trees learn from, whatever the corpus: recordings with their inputs and the labels of their beats.

One container holds a group of recordings of the same music: a mazurka, a piece of ASAP, a synthetic piece. Training,
prediction and scoring read these alone and know no corpus.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.dynamics.examples.labels import BeatLabels
from percepiano_core.errors import DataError, UserError
from percepiano_core.sound.frame_grid import frame_count
from percepiano_core.store.container import Tree, read_container, write_container

KIND, VERSION = "dynamics recordings", 1
RERUN = "make the container again"


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One recording.

    Attributes
    ----------
    name : unique in the corpus, as "M06-1/pid1263-01"
    group : what is played, as "M06-1"; folds never part the recordings of a group
    duration : seconds
    beat_times : [n] seconds, increasing
    labels : of the n beats; the level is 0 where it is not known
    inputs : kind ("curves8", "bssl", "logmel", ...) -> [channels, frames] float16 on the grid of 50 frames a second
    unreliable : the annotations are doubtful, so that training may leave it out; it is tested all the same
    """

    name: str
    group: str
    duration: float
    beat_times: np.ndarray
    labels: BeatLabels
    inputs: Mapping[str, np.ndarray]
    unreliable: bool = False

    @property
    def downbeat_times(self) -> np.ndarray:
        """Seconds of the downbeats."""
        return self.beat_times[self.labels.downbeat]


def write_examples(path: Path | str, examples: Iterable[Example]) -> None:
    """Write the recordings of one group, which may be none; DataError for a recording that does not fit itself."""
    recordings = {}
    for index, example in enumerate(examples):
        _check(example)
        recordings[f"{index:05d}"] = _tree(example)
    write_container(path, KIND, VERSION, {"recordings": recordings})


def read_examples(path: Path | str, kinds: Collection[str] | None = None) -> list[Example]:
    """The recordings of a container in the order written, with the named kinds of input (default: all).

    UserError for another kind of file, or an input that a recording does not have.
    """
    try:
        recordings = read_container(path, KIND, VERSION)["recordings"]
    except OSError:
        raise UserError(path, "not a readable container of recordings", RERUN) from None
    return [_example(path, tree, kinds) for tree in recordings.values()]


def _tree(example: Example) -> Tree:
    labels = example.labels
    return {
        "attrs": {
            "name": example.name,
            "group": example.group,
            "duration": example.duration,
            "unreliable": example.unreliable,
        },
        "beat_times": np.asarray(example.beat_times, dtype=np.float64),
        "labels": {
            "level": np.asarray(labels.level, dtype=np.int8),
            "change_point": labels.change_point,
            "downbeat": labels.downbeat,
            "measure": labels.measure,
        },
        "inputs": {kind: np.asarray(values, dtype=np.float16) for kind, values in example.inputs.items()},
    }


def _example(path: Path | str, tree: Tree, kinds: Collection[str] | None) -> Example:
    attributes, inputs = tree["attrs"], tree["inputs"]
    missing = sorted(set(kinds or ()) - set(inputs))
    if missing:
        problem = f"{attributes['name']} has no input {missing[0]} (it has {', '.join(sorted(inputs))})"
        raise UserError(path, problem, "name one of these, or make the container with it")
    labels = {name: values.astype(np.int64 if name == "level" else bool) for name, values in tree["labels"].items()}
    return Example(
        name=str(attributes["name"]),
        group=str(attributes["group"]),
        duration=float(attributes["duration"]),
        beat_times=tree["beat_times"],
        labels=BeatLabels(**labels),
        inputs={kind: values for kind, values in inputs.items() if kinds is None or kind in kinds},
        unreliable=bool(attributes["unreliable"]),
    )


def _check(example: Example) -> None:
    beats, labels = len(example.beat_times), example.labels
    if {len(values) for values in (labels.level, labels.change_point, labels.downbeat, labels.measure)} != {beats}:
        raise DataError(example.name, f"its labels are not of its {beats} beats", "give a label a beat")
    if not beats or (np.diff(example.beat_times) < 0).any():
        raise DataError(example.name, "it has no beats, or they are not in order of time", "leave it out")
    for kind, values in example.inputs.items():
        if values.ndim != 2 or values.shape[1] != frame_count(example.duration):
            problem = f"its input {kind} is {values.shape}, not channels x {frame_count(example.duration)} frames"
            raise DataError(example.name, problem, "compute it on the frame grid of the whole recording")
        if not np.isfinite(values).all() or np.abs(values).max(initial=0) > np.finfo(np.float16).max:
            raise DataError(example.name, f"its input {kind} is not finite in half precision", "scale it")
