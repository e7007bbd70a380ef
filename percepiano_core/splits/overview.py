"""What the picture of the splits shows, as arrays: roles over performers and segments, and shares of leakage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.splits.folds import Fold, Split, SplitCorpus, player_order
from percepiano_core.splits.leakage import KINDS, FoldLeakage

ABSENT, LEFT_OUT, TRAIN, VALID, TEST = range(5)  # codes of a cell of a role grid


@dataclass(frozen=True)
class SplitOverview:
    """One split, its draws together.

    Attributes
    ----------
    name, holds_out, keeps_apart : as in `Split`
    draws, folds : number of draws (1 without draws) and of folds of one draw
    fold : name of the fold that `roles` shows, the first
    roles : codes of the first fold, as `role_grid` gives them
    shared : [kinds] share of test performances (all folds and draws) that train knows, 0 to 1, in the order of
        leakage.KINDS; NaN where unknown
    """

    name: str
    holds_out: str
    keeps_apart: tuple[str, ...]
    draws: int
    folds: int
    fold: str
    roles: np.ndarray
    shared: np.ndarray


def overviews(splits: Sequence[Split], rows: Sequence[FoldLeakage], corpus: SplitCorpus) -> list[SplitOverview]:
    """One overview for each split name, in the order of `splits`; `rows` are their leakage."""
    return [_overview([split for split in splits if split.name == name], rows, corpus) for name in _names(splits)]


def works(corpus: SplitCorpus) -> list[tuple[str, int]]:
    """Name and number of segments of each work, in the order of the columns of a role grid."""
    segments: dict[str, set[str]] = {}
    for played in corpus.performances:
        segments.setdefault(played.work, set()).add(played.segment)
    return [(name, len(own)) for name, own in segments.items()]


def role_grid(fold: Fold, corpus: SplitCorpus) -> np.ndarray:
    """Codes [most performers of a work, segments]: the works side by side, a row being another performer in each.

    People come above deadpan performances, segments by text group.
    """
    code = dict.fromkeys(fold.train, TRAIN) | dict.fromkeys(fold.valid, VALID) | dict.fromkeys(fold.test, TEST)
    row, column = _performer_rows(corpus), _segment_columns(corpus)
    grid = np.full((max(row.values()) + 1, len(column)), ABSENT)
    for played in corpus.performances:
        grid[row[played.performer], column[played.segment]] = code.get(played.performance, LEFT_OUT)
    return grid


def _performer_rows(corpus: SplitCorpus) -> dict[str, int]:
    """Performer -> row inside its work."""
    ordered = sorted(corpus.performances, key=lambda played: (played.deadpan, player_order(played.player)))
    rows: dict[str, dict[str, int]] = {}
    for played in ordered:
        inside = rows.setdefault(played.work, {})
        inside.setdefault(played.performer, len(inside))
    return {performer: row for inside in rows.values() for performer, row in inside.items()}


def _segment_columns(corpus: SplitCorpus) -> dict[str, int]:
    """Segment -> column."""
    place = {name: position for position, (name, _) in enumerate(works(corpus))}
    keys = {(place[p.work], p.movement, corpus.group(p), p.segment) for p in corpus.performances}
    return {key[-1]: column for column, key in enumerate(sorted(keys))}


def _names(splits: Sequence[Split]) -> list[str]:
    return list(dict.fromkeys(split.name for split in splits))


def _overview(draws: Sequence[Split], rows: Sequence[FoldLeakage], corpus: SplitCorpus) -> SplitOverview:
    first = draws[0]
    labels = {split.label for split in draws}
    own = [row for row in rows if row.split in labels]
    fold = next(iter(first.folds))
    return SplitOverview(
        name=first.name,
        holds_out=first.holds_out,
        keeps_apart=first.keeps_apart,
        draws=len(draws),
        folds=len(first.folds),
        fold=fold,
        roles=role_grid(first.folds[fold], corpus),
        shared=np.array([_share(own, kind) for kind in KINDS]),
    )


def _share(rows: Sequence[FoldLeakage], kind: str) -> float:
    counts = [row.shared["train", kind] for row in rows]
    known = [count for count in counts if count is not None]
    return sum(known) / sum(row.sizes["test"] for row in rows) if len(known) == len(counts) else float("nan")
