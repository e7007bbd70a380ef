"""Weighted mean of several models' ratings; each is fitted on the train role, the valid role chooses the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from percepiano_core.symbolic import extra_trees, gaussian_process, ridge
from percepiano_core.symbolic.data import Examples, Predicted, joined
from percepiano_core.symbolic.selection import best_setting

MEMBERS = {"extra_trees": extra_trees, "gaussian_process": gaussian_process, "ridge": ridge}


def fit_predict(train: Examples, valid: Examples, test: Examples, settings: Mapping[str, Any], seed: int) -> Predicted:
    """Settings: `members`, model name -> its settings; `steps`, into how many parts the weight of 1 is divided."""
    both = joined(valid, test)
    members = {
        name: MEMBERS[name].fit_predict(train, valid, both, of_member, seed)
        for name, of_member in settings["members"].items()
    }
    stack = np.stack([predicted.test for predicted in members.values()])  # [members, valid + test, 19]
    shares = _shares(len(members), settings["steps"])
    weights, score = best_setting(
        shares, lambda share: np.tensordot(share, stack[:, : len(valid)], axes=1), valid.labels
    )
    chosen = {
        name: predicted.chosen | {"weight": w} for (name, predicted), w in zip(members.items(), weights, strict=True)
    }
    return Predicted(np.tensordot(weights, stack[:, len(valid) :], axes=1), chosen | {"valid_r2": score})


def _shares(members: int, steps: int) -> Iterator[tuple[float, ...]]:
    """Every way to divide a weight of 1 into multiples of 1 / steps."""
    for parts in product(range(steps + 1), repeat=members):
        if sum(parts) == steps:
            yield tuple(part / steps for part in parts)
