"""Ratings of an ensemble of networks, with intervals that its own errors on held-out performances calibrate.

The rating is the mean of all members. Its interval is split conformal (Lei et al. 2018, "Distribution-free predictive
inference for regression", section 2.2): as wide to both sides as the share `level` of the errors on validation roles, a
dimension. An error there is that of the mean over the members that did not train on the performance, usually the seeds
of one fold, so it is rather larger than that of the whole ensemble. What is covered is the mean rating of a few
listeners, their disagreement included, of performances as new as those of the validation roles: the guarantee ends
where music or players are further from the training data than they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.store.predictions import FoldPredictions

ROUNDING = 1e-9  # of a share of performances: .9 times 10 is not above 9


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Performances that some members were not trained on: names, labels [m, 19], mean predictions of these members."""

    performances: tuple[str, ...]
    targets: np.ndarray
    predictions: np.ndarray

    def __len__(self) -> int:
        return len(self.performances)

    @property
    def errors(self) -> np.ndarray:
        """Absolute errors [m, 19]."""
        return np.abs(self.targets - self.predictions)


@dataclass(frozen=True, eq=False)
class Ratings:
    """What an ensemble says about n performances, 0 to 1, columns in the order of DIMENSION_KEYS.

    Attributes
    ----------
    members : ratings of each network [k, n, 19]
    low, high : ends of the interval [n, 19], inside the scale
    weights : of the members [k] in the mean, their sum 1
    """

    members: np.ndarray
    low: np.ndarray
    high: np.ndarray
    weights: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The ratings [n, 19]."""
        return np.average(self.members, axis=0, weights=self.weights)

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of the members [n, 19]; 0 of a single one."""
        return np.sqrt(np.average((self.members - self.mean) ** 2, axis=0, weights=self.weights))


def held_out(folds: Iterable[FoldPredictions]) -> HeldOut:
    """Predictions of one role, averaged over the members (folds, seeds) that have a performance in this role.

    UserError where two members name different labels of a performance: they were trained on different ratings.
    """
    targets: dict[str, np.ndarray] = {}
    predictions: dict[str, list[np.ndarray]] = defaultdict(list)
    for fold in folds:
        for name, target, predicted in zip(fold.performances, fold.targets, fold.predictions, strict=True):
            if not np.array_equal(targets.setdefault(name, target), target):
                raise UserError(name, "has different labels in two runs", "rate with runs of the same labels")
            predictions[name].append(predicted)
    names = tuple(sorted(targets))
    means = [np.mean(predictions[name], axis=0) for name in names]
    return HeldOut(names, np.array([targets[name] for name in names]), np.array(means))


def averaged(ensembles: Sequence[HeldOut]) -> HeldOut:
    """The mean of what ensembles said of the performances that all of them held out.

    UserError where there are none, or two have different labels of one.
    """
    rows = [{name: row for row, name in enumerate(each.performances)} for each in ensembles]
    names = tuple(sorted(set.intersection(*(set(each) for each in rows))))
    if not names:
        problem = "the ensembles held out no performance in common, and intervals are calibrated by these"
        raise UserError("--by both", problem, "rate with networks of one split, or by one of the two")
    places = [[each[name] for name in names] for each in rows]
    targets = [each.targets[place] for each, place in zip(ensembles, places, strict=True)]
    if not all(np.array_equal(each, targets[0]) for each in targets):
        raise UserError("--by both", "the ensembles have different labels", "rate with runs of the same labels")
    said = [each.predictions[place] for each, place in zip(ensembles, places, strict=True)]
    return HeldOut(names, targets[0], np.mean(said, axis=0))


def half_widths(valid: HeldOut, level: float) -> np.ndarray:
    """Half width of the interval [19] that covers the share `level`: the ceil((m + 1) level)-th smallest error.

    Infinite where m performances are too few to tell: nine are needed for .9.
    """
    rank = ceil((len(valid) + 1) * level - ROUNDING)
    if rank > len(valid):
        return np.full(valid.targets.shape[1], np.inf)
    return np.sort(valid.errors, axis=0)[rank - 1]


def rated(ensembles: Sequence[np.ndarray], widths: np.ndarray) -> Ratings:
    """Ratings with intervals, from those of the members [k, n, 19] of each ensemble, and half widths [19].

    The rating is the mean of those of the ensembles, however many members each has.
    """
    members = np.concatenate(ensembles)
    weights = np.concatenate([np.full(len(each), 1 / (len(ensembles) * len(each))) for each in ensembles])
    mean = np.average(members, axis=0, weights=weights)
    return Ratings(members, np.clip(mean - widths, 0, 1), np.clip(mean + widths, 0, 1), weights)


def coverage(test: HeldOut, widths: np.ndarray) -> np.ndarray:
    """Share of the performances [19] whose label lies in the interval."""
    return (test.errors <= widths).mean(axis=0)
