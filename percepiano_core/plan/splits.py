"""The splits of a run, by the label of their file, and the folds of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from percepiano_core.plan.corpora import RatedCorpus
from percepiano_core.splits.build import build_split, split_kind

PIECES = "pieces"  # the split of the recordings of dynamics: pieces never trained on


@dataclass(frozen=True)
class PlannedSplit:
    """A split: registered name, label of its file (with the draw, if it draws), parameters, names of its folds."""

    name: str
    label: str
    parameters: dict[str, Any]
    folds: tuple[str, ...]


def rating_splits(block: Mapping[str, Any], corpus: RatedCorpus) -> dict[str, PlannedSplit]:
    """Label -> split of the rated corpus, as the configuration's `splits` names them; one that draws has one a draw.

    UserError for a split that is not registered, or that the corpus is too small for.
    """
    planned = {}
    for name in block["names"]:
        parameters = block["parameters"].get(name, {})
        draws = block["segment_draws"] if split_kind(name).has_draws else [None]
        for draw in draws:
            label = name if draw is None else f"{name}_seed{draw}"
            own = parameters if draw is None else {**parameters, "draw": draw}
            planned[label] = PlannedSplit(name, label, own, _fold_names(name, own, corpus))
    return planned


def tested_performances(split: PlannedSplit, corpus: RatedCorpus) -> set[str]:
    """Names of the performances in the test role of any fold."""
    groups = {segment: segment for segment in corpus.segments}
    folds = build_split(split.name, corpus.performances, groups, split.parameters).folds
    return {name for fold in folds.values() for name in fold.test}


def piece_split(folds: list[int]) -> PlannedSplit:
    """The split of the recordings of dynamics, on the configured folds."""
    return PlannedSplit(PIECES, PIECES, {}, tuple(str(fold) for fold in folds))


def _fold_names(name: str, parameters: Mapping[str, Any], corpus: RatedCorpus) -> tuple[str, ...]:
    """They do not depend on which texts belong together, so that no score need be read."""
    groups = {segment: segment for segment in corpus.segments}
    return tuple(build_split(name, corpus.performances, groups, parameters).folds)
