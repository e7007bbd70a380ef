"""Which predictions are scored together: fold models on one fixed test set, or out-of-fold predictions pooled.

The folds themselves tell: if all folds of a split test the same performances, each fold model is scored on them and
the scores are averaged, as published (`performer`, each draw of `segment`); if every performance is tested by one
fold only, the out-of-fold predictions are pooled and scored once (`segment_clean`, `player_clean`, `both`, `work`).
Several draws of a split (`segment_seed42` ...) are test sets of their own; scores are averaged over draws
(docs/evaluation.md, "How a score is taken").
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.cohort import Cohort
from percepiano_core.store.predictions import FoldPredictions

DRAW = re.compile(r"(?P<split>.+)_seed\d+")
INCOMPLETE = "run the missing folds, or remove the run"


@dataclass(frozen=True, slots=True, eq=False)
class TestSet:
    """Performances scored together: `targets` and `noise` [N, 19], `predictions` [fits, N, 19], the rest [N].

    A fit is a fold model and seed on a fixed test set, or a seed where out-of-fold predictions are pooled.
    """

    __test__ = False  # not a test case, though its name begins with "Test"

    split: str  # with the draw, if it is one
    performances: tuple[str, ...]
    targets: np.ndarray
    predictions: np.ndarray
    segments: np.ndarray
    performers: np.ndarray
    human: np.ndarray
    noise: np.ndarray

    def humans(self) -> TestSet:
        """The performances by people alone."""
        keep = self.human
        return TestSet(
            self.split,
            tuple(np.array(self.performances, dtype=object)[keep]),
            self.targets[keep],
            self.predictions[:, keep],
            self.segments[keep],
            self.performers[keep],
            self.human[keep],
            self.noise[keep],
        )


def split_family(split: str) -> str:
    """Name of the table's row: the split without its draw, `segment` for `segment_seed42`."""
    match = DRAW.fullmatch(split)
    return match["split"] if match else split


def fold_test_sets(blocks: Iterable[FoldPredictions], cohort: Cohort) -> list[TestSet]:
    """One test set a fitted model, one fit each: for scores by fold."""
    return [_test_set([block], cohort) for block in blocks]


def scored_test_sets(blocks: Sequence[FoldPredictions], cohort: Cohort) -> list[TestSet]:
    """The test sets by which a model is scored on a split, one a draw.

    `blocks` are the model's predictions on one split family. UserError if folds overlap in part, or if seeds or folds
    test different performances (an unfinished run).
    """
    draws: dict[str, list[FoldPredictions]] = defaultdict(list)
    for block in blocks:
        draws[block.split].append(block)
    return [_test_set(_fits(members), cohort) for _, members in sorted(draws.items())]


def _fits(blocks: Sequence[FoldPredictions]) -> list[FoldPredictions]:
    """The blocks as they are (fixed test set), or joined over folds to one block a seed (pooled)."""
    tested = {block.performances for block in map(_sorted, blocks)}
    if len(tested) == 1:
        return list(blocks)
    seeds: dict[int, list[FoldPredictions]] = defaultdict(list)
    for block in blocks:
        seeds[block.seed].append(block)
    return [_pooled(members) for _, members in sorted(seeds.items())]


def _pooled(blocks: Sequence[FoldPredictions]) -> FoldPredictions:
    first = blocks[0]
    performances = tuple(name for block in blocks for name in block.performances)
    if len(set(performances)) < len(performances):
        raise UserError(_name(first), "folds test some performances in common, but not all", INCOMPLETE)
    targets = np.concatenate([block.targets for block in blocks])
    predictions = np.concatenate([block.predictions for block in blocks])
    return FoldPredictions(first.split, "all", first.seed, first.model, performances, targets, predictions)


def _sorted(block: FoldPredictions) -> FoldPredictions:
    order = sorted(range(len(block.performances)), key=block.performances.__getitem__)
    names = tuple(block.performances[i] for i in order)
    targets, predictions = block.targets[order], block.predictions[order]
    return FoldPredictions(block.split, block.fold, block.seed, block.model, names, targets, predictions)


def _test_set(fits: Sequence[FoldPredictions], cohort: Cohort) -> TestSet:
    """Stack the fits of one test set, performances sorted; their labels have to agree."""
    ordered = [_sorted(fit) for fit in fits]
    first = ordered[0]
    for fit in ordered[1:]:
        if fit.performances != first.performances:
            raise UserError(_name(first), "has seeds that test different performances", INCOMPLETE)
        if not np.array_equal(fit.targets, first.targets):
            raise UserError(_name(first), "has folds or seeds with different labels", "run the model again")
    rows = cohort.rows(first.performances)
    return TestSet(
        split=first.split,
        performances=first.performances,
        targets=first.targets,
        predictions=np.stack([fit.predictions for fit in ordered]),
        segments=cohort.segments[rows],
        performers=cohort.performers[rows],
        human=cohort.human[rows],
        noise=cohort.noise[rows],
    )


def _name(block: FoldPredictions) -> str:
    return f"{block.model} on {block.split}"
