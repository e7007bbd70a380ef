"""Trivial baselines and methods without training: the floors that stand in every table of dynamics.

`constant` says the commonest level of the train role at every beat; `first_beat`, `every_beat` and `periodic` say where
changes are without a look at the recording; `pelt` cuts the loudness (its penalty is chosen on the validation role);
`librosa` tracks beats. See docs/dynamics_results.md, "Baselines without learning".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from percepiano_core.dynamics.beat_models.beat_tracking import TIGHTNESS, track_beats_of_features
from percepiano_core.dynamics.beat_models.pelt import PENALTIES, beat_loudness, choose_penalty, pelt_change_points
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import FitPredict, Fitted, Roles, loudness_of
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction
from percepiano_core.metrics.levels_and_beats import BLANK, CLASSES
from percepiano_core.training.settings import built, setting

REGULAR = ("first_beat", "every_beat", "periodic")  # change points that follow from the number of the beat


@dataclass(frozen=True, slots=True)
class Settings:
    """Which baseline, and how it finds beats or change points."""

    baseline: str = setting(
        "constant",
        "`constant`: the commonest level; `first_beat`, `every_beat`, `periodic`: a change point there; `pelt`: change "
        "points of the loudness; `librosa`: beats of the loudness",
        choices=["constant", *REGULAR, "pelt", "librosa"],
    )
    period: int = setting(24, "of `periodic`; 24 is eight bars of three", unit="beats", least=1)
    penalties: list[float] = setting(
        list(PENALTIES), "of a change point, of which the validation role chooses for `pelt`", unit="variances", above=0
    )
    tightness: float = setting(TIGHTNESS, "how closely beats of `librosa` keep to one tempo", above=0)


Say = Callable[[Example], RecordingPrediction]
Chosen = tuple[Say, dict[str, object]]


def conflict(settings: Mapping[str, Any], inputs: str) -> str:
    """What of the settings does not go with the inputs that the baseline is given; "" where all does."""
    if settings["baseline"] in ("pelt", "librosa") and inputs == "beats":
        return f"baseline: {settings['baseline']} needs an input that it can hear, as curves8+beats"
    return ""


def prepare(examples: Sequence[Example], kind: str | None, settings: Mapping[str, Any]) -> FitPredict:
    """What fits a fold.

    kind : of the input whose first channel is the loudness, for `pelt` and `librosa`; the others need none (None)
    """
    options = built(Settings, settings)
    return lambda roles, seed: fit_predict(roles, kind, options)


def fit_predict(roles: Roles, kind: str | None, options: Settings) -> Fitted:
    """What the baseline says about the valid and the test role; UserError for an input that it needs and lacks."""
    say, chosen = _fitted(roles, kind, options)
    return Fitted([say(each) for each in roles.valid], [say(each) for each in roles.test], chosen)


def _fitted(roles: Roles, kind: str | None, options: Settings) -> Chosen:
    if options.baseline == "constant":
        return _constant(roles)
    if options.baseline == "pelt":
        return _pelt(roles, kind, options)
    if options.baseline == "librosa":
        return lambda each: RecordingPrediction(each, events={"beat": _tracked(each, kind, options.tightness)}), {}
    period = {"first_beat": 0, "every_beat": 1, "periodic": options.period}[options.baseline]
    return _regular(period), {"period": period}


def _regular(period: int) -> Say:
    """A change point every `period` beats from the first; 0 is the first beat alone."""

    def say(example: Example) -> RecordingPrediction:
        beat = np.arange(len(example.beat_times))
        return RecordingPrediction(example, change_points=beat % period == 0 if period else beat == 0)

    return say


def _constant(roles: Roles) -> Chosen:
    counts = sum(np.bincount(each.labels.level, minlength=len(CLASSES) + 1) for each in roles.train)
    level = int(np.argmax(np.asarray(counts)[BLANK + 1 :])) + 1
    return lambda each: RecordingPrediction(each, levels=np.full(len(each.beat_times), level)), {"level": level}


def _pelt(roles: Roles, kind: str | None, options: Settings) -> Chosen:
    def loudness(example: Example) -> np.ndarray:
        return beat_loudness(loudness_of(example, kind), example.beat_times)

    labelled = [(loudness(each), each.labels.change_point) for each in roles.valid]
    penalty = choose_penalty(labelled, options.penalties)

    def say(example: Example) -> RecordingPrediction:
        return RecordingPrediction(example, change_points=pelt_change_points(loudness(example), penalty))

    return say, {"penalty": penalty}


@cache  # slow, and every recording is in the validation role of one fold and in the test role of another
def _tracked(example: Example, kind: str | None, tightness: float) -> np.ndarray:
    return track_beats_of_features(loudness_of(example, kind), tightness)
