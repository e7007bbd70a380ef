"""Splits by name: a split is one registered function from a corpus and its parameters to folds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from percepiano_core.errors import UserError
from percepiano_core.splits.folds import Fold

FoldMaker = Callable[..., dict[str, Fold]]  # (SplitCorpus, **parameters) -> folds


@dataclass(frozen=True)
class SplitKind:
    """A registered split.

    Attributes
    ----------
    name : the name that configuration and tables use
    make : the function; its keyword parameters are the split's settings, `draw` among them if it draws a test set
    holds_out : what the test role holds, in words
    keeps_apart : kinds of leakage excluded between test and the other roles (leakage.KINDS)
    complete : True if every performance is tested exactly once
    """

    name: str
    make: FoldMaker
    holds_out: str
    keeps_apart: tuple[str, ...]
    complete: bool

    @property
    def has_draws(self) -> bool:
        """Whether the split takes a seed."""
        return "draw" in inspect.signature(self.make).parameters

    def bind(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters of the split, defaults filled in; UserError for a name it does not have."""
        known = list(inspect.signature(self.make).parameters.values())[1:]
        unknown = sorted(set(parameters) - {parameter.name for parameter in known})
        if unknown:
            has = ", ".join(parameter.name for parameter in known) or "none"
            raise UserError(f"split {self.name}", f"has no parameter {unknown[0]}", f"use one of: {has}")
        return {parameter.name: parameters.get(parameter.name, parameter.default) for parameter in known}


SPLITS: dict[str, SplitKind] = {}


def register(
    holds_out: str, keeps_apart: tuple[str, ...], complete: bool, name: str = ""
) -> Callable[[FoldMaker], FoldMaker]:
    """Register the decorated function as a split under `name`, by default its own name."""

    def add(make: FoldMaker) -> FoldMaker:
        key = name or make.__name__
        SPLITS[key] = SplitKind(key, make, holds_out, keeps_apart, complete)
        return make

    return add
