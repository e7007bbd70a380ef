"""What needs no listening, or no learning: the floors that stand in every table of dynamics.

`constant` says the commonest level of the train role at every beat; `first_beat`, `every_beat` and `periodic` say where
changes are without a look at the recording; `pelt` segments the loudness (its penalty is chosen on the valid role);
`librosa` tracks beats. Source: spec dynamics.md, sections 7 and 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from percepiano_core.dynamics.beat_models.beat_tracking import TIGHTNESS, track_beats_of_features
from percepiano_core.dynamics.beat_models.pelt import PENALTIES, beat_loudness, choose_penalty, pelt_change_points
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import FitPredict, Fitted, Roles, settings_of
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction
from percepiano_core.metrics.levels_and_beats import BLANK, CLASSES

SETTINGS: dict[str, Any] = {
    "baseline": "constant",
    "input": "curves8",  # kind of input whose first channel is the loudness, for pelt and librosa
    "period": 24,  # beats, of `periodic`: eight bars of three
    "penalties": list(PENALTIES),
    "tightness": TIGHTNESS,
}
Say = Callable[[Example], RecordingPrediction]


def prepare(examples: Sequence[Example], settings: Mapping[str, Any]) -> FitPredict:
    """What fits a fold."""
    options = settings_of(settings, SETTINGS)
    return lambda roles, seed: fit_predict(roles, options)


def fit_predict(roles: Roles, options: Mapping[str, Any]) -> Fitted:
    """What the baseline says about the valid and the test role; UserError for one that does not exist."""
    known = {"constant": _constant, "pelt": _pelt, "librosa": _librosa}
    fixed = {"first_beat": 0, "every_beat": 1, "periodic": options["period"]}
    name = options["baseline"]
    settings_of({name: None}, dict.fromkeys([*known, *fixed]))
    say, chosen = (_regular(fixed[name]), {"period": fixed[name]}) if name in fixed else known[name](roles, options)
    return Fitted([say(each) for each in roles.valid], [say(each) for each in roles.test], chosen)


def _regular(period: int) -> Say:
    """A change point every `period` beats from the first; 0 is the first beat alone."""

    def say(example: Example) -> RecordingPrediction:
        beat = np.arange(len(example.beat_times))
        return RecordingPrediction(example, change_points=beat % period == 0 if period else beat == 0)

    return say


def _constant(roles: Roles, options: Mapping[str, Any]) -> tuple[Say, dict[str, object]]:
    counts = sum(np.bincount(each.labels.level, minlength=len(CLASSES) + 1) for each in roles.train)
    level = int(np.argmax(np.asarray(counts)[BLANK + 1 :])) + 1
    return lambda each: RecordingPrediction(each, levels=np.full(len(each.beat_times), level)), {"level": level}


def _pelt(roles: Roles, options: Mapping[str, Any]) -> tuple[Say, dict[str, object]]:
    def loudness(example: Example) -> np.ndarray:
        return beat_loudness(_channel(example, options), example.beat_times)

    labelled = [(loudness(each), each.labels.change_point) for each in roles.valid]
    penalty = choose_penalty(labelled, options["penalties"])

    def say(example: Example) -> RecordingPrediction:
        return RecordingPrediction(example, change_points=pelt_change_points(loudness(example), penalty))

    return say, {"penalty": penalty}


def _librosa(roles: Roles, options: Mapping[str, Any]) -> tuple[Say, dict[str, object]]:
    given = options["input"], options["tightness"]
    return lambda example: RecordingPrediction(example, events={"beat": _tracked_beats(example, *given)}), {}


@cache  # slow, and every recording is in the valid role of one fold and in the test role of another
def _tracked_beats(example: Example, kind: str, tightness: float) -> np.ndarray:
    return track_beats_of_features(example.inputs[kind][0].astype(np.float32), tightness)


def _channel(example: Example, options: Mapping[str, Any]) -> np.ndarray:
    return example.inputs[options["input"]][0].astype(np.float32)
