"""One network of ratings from recordings on one fold: from examples and spectrograms to predictions and weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.networks.clip_form import ClipForm, fitted_form
from percepiano_core.audio.networks.network import AudioNetwork, HeardPerformances
from percepiano_core.audio.networks.network_file import network_header
from percepiano_core.audio.networks.rating_task import Rated, RatingTask
from percepiano_core.audio.networks.settings import AudioNetworkSettings
from percepiano_core.audio.networks.training_sound import HEADER, training_sound
from percepiano_core.errors import UserError
from percepiano_core.perception.examples import Examples
from percepiano_core.perception.folds import Roles
from percepiano_core.training.jax_adapter import devices_of
from percepiano_core.training.run import Trained, TrainingRun

Prepare = Callable[[ClipForm], AudioNetwork]
"""Form of the clips, fitted on the train role -> a network, randomly initialised or pre-trained."""


def train_network(
    module: str,
    prepare: Prepare,
    roles: Roles,
    given: HeardPerformances,
    settings: AudioNetworkSettings,
    frames: int,
    seed: int,
    run: TrainingRun,
) -> Trained[Any]:
    """Train on the train role, let the validation role choose the epoch, predict it and the test role.

    The test role's ratings are never read. A performance without a spectrogram is not learned from, and is predicted as
    the mean of the train role. UserError if a role has none with one.

    module : that makes the network, which its file names
    frames : length of a clip
    """
    mels, devices = given.learned, devices_of(run)
    if mels.front_end.name != settings.front_end:
        problem = f"the spectrograms are of {mels.front_end.name}"
        raise UserError(f"front_end: {settings.front_end}", problem, f"set front_end: {mels.front_end.name}")
    learned, judged = _heard(roles.train, mels), _heard(roles.valid, mels)
    if not len(learned) or not len(judged):
        problem = "no performance of the train or validation role has a spectrogram"
        raise UserError("spectrograms", problem, "look at results/quality")
    run.report(f"{len(learned)} performances to train on, {len(judged)} to validate on, {len(devices)} devices")
    form = fitted_form(mels, learned.performances.tolist(), frames, settings.as_published)
    network = prepare(replace(form, centre=settings.crops == "centre"))
    train, valid = (_rated(each, mels, settings.rater_exponent) for each in (learned, judged))
    task = RatingTask(network, train, valid, settings, seed, report=run.report, devices=devices)
    result = run.train(task, settings.recipe)
    mean = learned.labels.mean(axis=0)
    of_valid, of_test = _predicted(task, roles.valid, mels, mean), _predicted(task, roles.test, given.tested, mean)
    sound = training_sound(mels.views(learned.performances.tolist()), mels.front_end)
    header = network_header(module, network) | ({HEADER: sound.description} if sound else {})
    return Trained(of_valid, of_test, result.best_weights, header, result.chosen, result)


def _known(examples: Examples, mels: MelCache) -> np.ndarray:
    return np.array([name in mels for name in examples.performances.tolist()], dtype=bool)


def _heard(examples: Examples, mels: MelCache) -> Examples:
    return examples.rows(_known(examples, mels))


def _rated(examples: Examples, mels: MelCache, rater_exponent: float) -> Rated:
    weights = examples.n_raters**rater_exponent
    return Rated(mels.views(examples.performances.tolist()), examples.labels, weights / weights.mean())


def _predicted(task: RatingTask, examples: Examples, mels: MelCache, mean: np.ndarray) -> np.ndarray:
    known = _known(examples, mels)
    predicted = np.tile(mean, (len(examples), 1))
    if known.any():
        predicted[known] = task.predict(mels.views(examples.performances[known].tolist()))
    return predicted
