"""One network of ratings on one fold: from examples and their notes to predictions and weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from percepiano_core.errors import UserError
from percepiano_core.perception.examples import Examples
from percepiano_core.perception.folds import Roles
from percepiano_core.symbolic.networks.network import Network, Notes
from percepiano_core.symbolic.networks.network_file import network_header
from percepiano_core.symbolic.networks.rating_task import Rated, RatingTask
from percepiano_core.symbolic.networks.settings import RatingNetworkSettings
from percepiano_core.training.run import Trained, TrainingRun
from percepiano_core.training.torch_adapter import device_of, module_arrays

Prepare = Callable[[Examples, Notes], Network]
"""Train role and notes -> a network whose inputs are fitted on that role, randomly initialised."""
Pretrain = Callable[[Network, list[Any], list[Any]], None]
"""Network, inputs of the train role and of the validation role -> what it learns from them without their ratings."""


def train_network(
    module: str,
    prepare: Prepare,
    roles: Roles,
    notes: Notes,
    settings: RatingNetworkSettings,
    seed: int,
    run: TrainingRun,
    pretrain: Pretrain | None = None,
) -> Trained:
    """Train on the train role, let the validation role choose the epoch, predict it and the test role.

    The test role's ratings are never read. A performance without notes is not learned from, and is predicted as the
    mean of the train role. UserError if a role has none with notes.

    module : that makes the network, which its file names
    """
    learned, judged = _with_notes(roles.train, notes), _with_notes(roles.valid, notes)
    if not len(learned) or not len(judged):
        problem = "no performance of the train or validation role has notes"
        raise UserError("features", problem, "look at results/quality")
    run.report(f"{len(learned)} performances to train on, {len(judged)} to validate on")
    device = device_of(run)
    torch.manual_seed(seed)
    network = prepare(learned, notes)
    train, valid = (_rated(network, each, notes, settings.rater_exponent) for each in (learned, judged))
    task = RatingTask(network, train, valid, settings, seed, report=run.report, device=device)
    if pretrain is not None:
        pretrain(network, list(train.inputs), list(valid.inputs))
    result = run.train(task, settings.recipe)
    mean = learned.labels.mean(axis=0)
    of_valid, of_test = (_predicted(task, _unlabelled(role), notes, mean) for role in (roles.valid, roles.test))
    weights = module_arrays(network.module)
    return Trained(of_valid, of_test, weights, network_header(module, network), result.chosen, result)


def _with_notes(examples: Examples, notes: Notes) -> Examples:
    return examples.rows(np.array([name in notes for name in examples.performances.tolist()], dtype=bool))


def _unlabelled(examples: Examples) -> Examples:
    """The examples as a network predicts them: with no ratings to look at."""
    return replace(examples, labels=np.full_like(examples.labels, np.nan))


def _rated(network: Network, examples: Examples, notes: Notes, rater_exponent: float) -> Rated:
    weights = examples.n_raters**rater_exponent
    segments = np.unique(examples.segments, return_inverse=True)[1]
    return Rated(network.encode(examples, notes), examples.labels, weights / weights.mean(), segments)


def _predicted(task: RatingTask, examples: Examples, notes: Notes, mean: np.ndarray) -> np.ndarray:
    known = np.array([name in notes for name in examples.performances.tolist()], dtype=bool)
    predicted = np.tile(mean, (len(examples), 1))
    if known.any():
        predicted[known] = task.predict(task.network.encode(examples.rows(known), notes))
    return predicted
