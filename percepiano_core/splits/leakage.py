"""The leakage checker: how much of each test set the other roles of the fold already know, by kind.

Conventions
-----------
A test performance leaks by a kind if some performance of the other role has the same value of it: the same work, piece,
segment, text group, player (a (work, player) pair) or file (byte-identical MIDI). Counts are test performances.
What leaks in PercePiano: docs/splits.md, "What leaks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.splits.folds import ROLES, Fold, Split, SplitCorpus
from percepiano_core.table_io import write_rows

KINDS = ("work", "piece", "segment", "group", "player", "file")
OTHERS = ("train", "valid")  # the roles that test is compared with


@dataclass(frozen=True)
class FoldLeakage:
    """Leakage of one fold.

    Attributes
    ----------
    split, fold : label of the split ("segment_seed42") and name of the fold
    sizes : role -> number of performances
    renderings : deadpan performances in test
    shared : (role, kind) -> test performances that leak; None where the corpus does not give the kind (no file hashes)
    """

    split: str
    fold: str
    sizes: Mapping[str, int]
    renderings: int
    shared: Mapping[tuple[str, str], int | None]


def leakage(split: Split, corpus: SplitCorpus) -> list[FoldLeakage]:
    """Leakage of every fold; UserError if the split names a performance that the corpus lacks."""
    known = _by_name(corpus)
    return [_fold_leakage(split.label, name, fold, known, corpus) for name, fold in split.folds.items()]


def assert_sound(split: Split, corpus: SplitCorpus, complete: bool = False) -> None:
    """UserError if a fold's roles overlap or, for a complete split, if a performance is not tested exactly once."""
    for name, fold in split.folds.items():
        if len(set(fold.train) | set(fold.valid) | set(fold.test)) < sum(len(getattr(fold, role)) for role in ROLES):
            raise _broken(split, f"fold {name} has a performance in two roles")
    tested = sorted(name for fold in split.folds.values() for name in fold.test)
    if complete and tested != [played.performance for played in corpus.performances]:
        raise _broken(split, "its test sets together do not hold every performance exactly once")


def assert_no_leak(split: Split, corpus: SplitCorpus) -> None:
    """UserError if test shares with train or valid what the split promises to keep apart (`Split.keeps_apart`)."""
    known, keys = _by_name(corpus), _keys(corpus)
    for name, fold in split.folds.items():
        test = _members(split.label, fold.test, known)
        for role, kind in product(OTHERS, split.keeps_apart):
            leaking = _leaking(test, _members(split.label, getattr(fold, role), known), keys[kind])
            if leaking:
                example = (
                    f"{len(leaking)} of {len(test)} test performances ({leaking[0]} ...) whose {kind} is in {role}"
                )
                raise _broken(split, f"fold {name} has {example}")


def write_leakage(path: Path | str, rows: Iterable[FoldLeakage]) -> None:
    """Write CSV, one row a fold: sizes, deadpan performances in test, `<kind>_in_<role>` counts (empty: not known)."""
    pairs = list(product(OTHERS, KINDS))
    columns = ("split", "fold", *ROLES, "renderings_in_test", *(f"{kind}_in_{role}" for role, kind in pairs))
    cells = (
        (
            row.split,
            row.fold,
            *(row.sizes[role] for role in ROLES),
            row.renderings,
            *(row.shared[each] for each in pairs),
        )
        for row in rows
    )
    write_rows(path, columns, cells)


def _fold_leakage(
    label: str, name: str, fold: Fold, known: Mapping[str, Performance], corpus: SplitCorpus
) -> FoldLeakage:
    members = {role: _members(label, getattr(fold, role), known) for role in ROLES}
    keys = _keys(corpus)
    shared = {
        (role, kind): _count(_leaking(members["test"], members[role], keys[kind]))
        for role, kind in product(OTHERS, KINDS)
    }
    sizes = {role: len(played) for role, played in members.items()}
    return FoldLeakage(label, name, sizes, sum(played.deadpan for played in members["test"]), shared)


def _members(label: str, names: Sequence[str], known: Mapping[str, Performance]) -> list[Performance]:
    for name in names:
        if name not in known:
            raise UserError(f"split {label}", f"names {name}, which the corpus does not have", "make the splits again")
    return [known[name] for name in names]


def _keys(corpus: SplitCorpus) -> dict[str, Callable[[Performance], str]]:
    return {
        "work": lambda played: played.work,
        "piece": lambda played: played.piece,
        "segment": lambda played: played.segment,
        "group": corpus.group,
        "player": lambda played: played.performer,
        "file": lambda played: played.midi_sha256,
    }


def _leaking(
    test: Sequence[Performance], other: Sequence[Performance], key: Callable[[Performance], str]
) -> list[str] | None:
    """Names of the test performances whose key some other performance has; None if any key is unknown (empty)."""
    values = {key(played) for played in other}
    if "" in values or any(not key(played) for played in test):
        return None
    return [played.performance for played in test if key(played) in values]


def _count(leaking: list[str] | None) -> int | None:
    return None if leaking is None else len(leaking)


def _by_name(corpus: SplitCorpus) -> dict[str, Performance]:
    return {played.performance: played for played in corpus.performances}


def _broken(split: Split, problem: str) -> UserError:
    remedy = "make the splits again; if it stays, correct the corpus (a file under two names?) or the split's function"
    return UserError(f"split {split.label}", problem, remedy)
