"""What a model is given: the recordings of a fold by role, as blocks of pieces that no two roles share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction
from percepiano_core.errors import UserError
from percepiano_core.splits.folds import Fold
from percepiano_core.training.chosen_module import chosen_module


@dataclass(frozen=True, slots=True, eq=False)
class Roles:
    """Recordings of one fold by role."""

    train: Sequence[Example]
    valid: Sequence[Example]
    test: Sequence[Example]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a fitted model says about the valid and the test role, and what was chosen on the way."""

    valid: list[RecordingPrediction]
    test: list[RecordingPrediction]
    chosen: Mapping[str, object]


FitPredict = Callable[[Roles, int], Fitted]  # roles of a fold and a seed -> what the model says


class Model(Protocol):
    """A module of this package that learns from beats, or needs no learning.

    It fits on the train role alone, lets the validation role alone choose, and never reads the test role's labels.
    """

    Settings: type  # declared settings (training/settings.py)

    def prepare(self, examples: Sequence[Example], kind: str | None, settings: Mapping[str, Any]) -> FitPredict:
        """What fits a fold, given all recordings of the track, of which it may make features in advance.

        kind : of the recordings' input that it is given beside the beats; None for none
        """


def make_roles(examples: Sequence[Example], fold: Fold) -> Roles:
    """Recordings of a fold in its order; UserError for a recording that is not there, or a role without any."""
    by_name = {example.name: example for example in examples}
    roles = {}
    for role in ("train", "valid", "test"):
        names = getattr(fold, role)
        missing = [name for name in names if name not in by_name]
        if missing or not names:
            problem = f"{missing[0]} is in no container" if missing else f"the {role} role has no recording"
            raise UserError("fold", problem, "make the folds from the recordings that are there")
        roles[role] = [by_name[name] for name in names]
    return Roles(**roles)


def loudness_of(example: Example, kind: str | None) -> np.ndarray:
    """Loudness [frames] float32 of a recording: the first channel of its input of a kind; UserError without a kind."""
    if kind is None:
        raise UserError("configuration", "this dynamics model needs the loudness of recordings", "name an input for it")
    return example.inputs[kind][0].astype(np.float32)


def every_nth_of_each_group(examples: Sequence[Example], n: int) -> list[Example]:
    """Every n-th recording of each piece, in order: they share labels, so that fewer lose little."""
    seen: dict[str, int] = {}
    kept = []
    for example in examples:
        if seen.get(example.group, 0) % n == 0:
            kept.append(example)
        seen[example.group] = seen.get(example.group, 0) + 1
    return kept


def load_model(module: str) -> Model:
    """The model in the module of this name; only that module is imported."""
    return chosen_module("percepiano_core", module, "prepare", "model")
