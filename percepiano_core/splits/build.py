"""Make a split by its registered name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.splits import blocks, published  # noqa: F401 - importing them registers their splits
from percepiano_core.splits.folds import ROLES, Fold, Split, performances_sha256, split_corpus
from percepiano_core.splits.registry import SPLITS, SplitKind
from percepiano_core.wording import nearest


def split_kind(name: str) -> SplitKind:
    """The registered split; UserError with the nearest known name for an unknown one."""
    if name in SPLITS:
        return SPLITS[name]
    raise UserError(f"split {name}", "is not registered", nearest(name, sorted(SPLITS)))


def build_split(
    name: str,
    performances: Iterable[Performance],
    groups: Mapping[str, str],
    parameters: Mapping[str, Any] | None = None,
) -> Split:
    """Make the split `name` of a corpus.

    Parameters
    ----------
    performances : the whole corpus, in any order
    groups : segment -> text group (groups.text_groups)
    parameters : the split's settings, `draw` (seed) among them; what is not given takes the split's default

    UserError if the corpus is too small for it: a role of some fold would be empty.
    """
    kind = split_kind(name)
    corpus = split_corpus(performances, groups)
    bound = json.loads(json.dumps(kind.bind(parameters or {})))  # as the split file gives them back
    folds = kind.make(corpus, **bound)
    for fold_name, fold in folds.items():
        _require_roles(name, fold_name, fold)
    draw = bound.pop("draw", None)
    return Split(name, draw, kind.holds_out, kind.keeps_apart, bound, performances_sha256(corpus.performances), folds)


def _require_roles(name: str, fold_name: str, fold: Fold) -> None:
    for role in ROLES:
        if not getattr(fold, role):
            problem = (
                f"fold {fold_name} has no {role} performance: the corpus has too few works, segments or performers"
            )
            raise UserError(
                f"split {name}", problem, "leave this split out of the configuration or change its settings"
            )
