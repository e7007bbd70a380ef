"""What a split is: for every fold, the names of the performances in its train, valid and test roles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError

ROLES = ("train", "valid", "test")


@dataclass(frozen=True)
class Fold:
    """Names of performances, sorted; a performance in no role is left out of the fold."""

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """One split of one corpus.

    Attributes
    ----------
    name : registered name
    draw : seed of the draw, None for a split that draws nothing
    holds_out : what the test role holds, in words
    keeps_apart : kinds of leakage that the split excludes between test and the other two roles (leakage.KINDS)
    parameters : every parameter the split was made with, defaults included
    performances_sha256 : `performances_sha256` of the performances it was made from
    folds : fold name -> Fold
    """

    name: str
    draw: int | None
    holds_out: str
    keeps_apart: tuple[str, ...]
    parameters: Mapping[str, Any]
    performances_sha256: str
    folds: Mapping[str, Fold]

    @property
    def label(self) -> str:
        """Name of the split's file and of its rows in tables: "performer", "segment_seed42"."""
        return self.name if self.draw is None else f"{self.name}_seed{self.draw}"

    @property
    def sha256(self) -> str:
        """Hash of the folds alone (`folds_sha256`)."""
        return folds_sha256(self.folds)


@dataclass(frozen=True)
class SplitCorpus:
    """What splits are made from.

    Attributes
    ----------
    performances : sorted by name
    groups : segment -> name of its text group (groups.text_groups)
    """

    performances: tuple[Performance, ...]
    groups: Mapping[str, str]

    def group(self, performance: Performance) -> str:
        """Text group of the performance's segment."""
        return self.groups[performance.segment]


def split_corpus(performances: Iterable[Performance], groups: Mapping[str, str]) -> SplitCorpus:
    """Corpus in the order that splits use; UserError for a repeated name or a segment without a text group."""
    ordered = tuple(sorted(performances, key=lambda performance: performance.performance))
    for left, right in pairwise(ordered):
        if left.performance == right.performance:
            raise UserError(left.performance, "the corpus names this performance twice", "remove one of the two")
    missing = sorted({performance.segment for performance in ordered} - set(groups))
    if missing:
        raise UserError(missing[0], "the segment has no text group", "make the groups from the scores of all segments")
    return SplitCorpus(ordered, groups)


def player_order(player: str) -> tuple[bool, int, str]:
    """Sort key of players: numbers by value, then other names by spelling."""
    return (False, int(player), "") if player.isdecimal() else (True, 0, player)


def assign(performances: Iterable[Performance], role: Callable[[Performance], str | None]) -> Fold:
    """Fold from a rule that gives each performance its role, or None to leave it out."""
    names: dict[str, list[str]] = {name: [] for name in ROLES}
    for performance in performances:
        chosen = role(performance)
        if chosen is not None:
            names[chosen].append(performance.performance)
    return Fold(**{name: tuple(sorted(members)) for name, members in names.items()})


def folds_as_lists(folds: Mapping[str, Fold]) -> dict[str, dict[str, list[str]]]:
    """Folds as JSON holds them: fold -> role -> sorted names."""
    return {name: {role: list(getattr(fold, role)) for role in ROLES} for name, fold in folds.items()}


def folds_sha256(folds: Mapping[str, Fold]) -> str:
    """sha256 (hex) of the folds as compact JSON with sorted keys (docs/splits.md, "Files")."""
    text = json.dumps(folds_as_lists(folds), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def performances_sha256(performances: Iterable[Performance]) -> str:
    """sha256 (hex) of the sorted names, one a line, no newline at the end."""
    names = sorted(performance.performance for performance in performances)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
