"""Models made of other models' predictions, whatever those are and whatever framework they run in.

A combination is a module of this package with ``combine(valid, labels, test, settings) -> Combined``: it sees what
every member says of the validation role beside the labels, and what it says of the test role. Seeds of a member count
as one: their mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.store.predictions import FoldPredictions
from percepiano_core.training.chosen_module import chosen_module


@dataclass(frozen=True, eq=False)
class Combined:
    """Ratings [n, 19] of the valid and the test role, and what the validation role chose."""

    valid: np.ndarray
    test: np.ndarray
    chosen: dict[str, Any]


class Combination(Protocol):
    """A module of this package that combines."""

    def combine(self, valid: np.ndarray, labels: np.ndarray, test: np.ndarray, settings: Mapping[str, Any]) -> Combined:
        """Members' ratings of validation [m, n, 19] and test role [m, k, 19]; labels of the validation role [n, 19]."""


def load_combination(module: str) -> Combination:
    """The combination in the module of this name."""
    return chosen_module("percepiano_core", module, "combine", "combination")


def combine_folds(
    test: Sequence[FoldPredictions],
    valid: Sequence[FoldPredictions],
    name: str,
    combination: Combination,
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[list[FoldPredictions], list[FoldPredictions], dict[str, Any]]:
    """Predictions of the test and the validation role of every fold, and fold -> what was chosen."""
    members = settings["members"]
    tested, judged = _by_fold(test), _by_fold(valid)
    of_test, of_valid, chosen = [], [], {}
    for fold in sorted(tested):
        test_block, test_stack = _stacked(tested[fold], members)
        valid_block, valid_stack = _stacked(judged[fold], members)
        made = combination.combine(valid_stack, valid_block.targets, test_stack, settings)
        of_test.append(replace(test_block, model=name, seed=seed, predictions=made.test))
        of_valid.append(replace(valid_block, model=name, seed=seed, predictions=made.valid))
        chosen[fold] = made.chosen
    return of_test, of_valid, chosen


def _by_fold(blocks: Sequence[FoldPredictions]) -> dict[str, list[FoldPredictions]]:
    folds: dict[str, list[FoldPredictions]] = defaultdict(list)
    for block in blocks:
        folds[block.fold].append(block)
    return folds


def _stacked(blocks: Sequence[FoldPredictions], members: Sequence[str]) -> tuple[FoldPredictions, np.ndarray]:
    """One of the blocks, for names and targets, and every member's ratings [m, n, 19], the mean of its seeds."""
    stack = []
    for member in members:
        of_member = [block for block in blocks if block.model == member]
        if not of_member:
            raise UserError(f"model {member}", f"has no predictions of fold {blocks[0].fold}", "run it on this split")
        if any(block.performances != blocks[0].performances for block in of_member):
            raise UserError(f"model {member}", "predicts other performances than the others", "run all models again")
        stack.append(np.mean([block.predictions for block in of_member], axis=0))
    return blocks[0], np.stack(stack)
