"""How the 19 dimensions are divided among the heads of a rating network, by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import yaml

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError

SINGLE = "single"
GROUPINGS = ("groups4", "groups4_origin", "groups3", SINGLE)
Groups = tuple[tuple[str, tuple[str, ...]], ...]
"""(group, keys of its dimensions), in the order of the heads; hashable, as a compiled network needs it."""


@cache
def named_groups(name: str) -> Groups:
    """The groups of a name in groups.yaml."""
    every = yaml.safe_load(Path(__file__).with_name("groups.yaml").read_text(encoding="utf-8"))
    if name not in every:
        raise UserError("groups", f"there is no {name!r}", f"choose one of {', '.join(every)}")
    return checked_groups(every[name])


def checked_groups(members: Mapping[str, Sequence[str]]) -> Groups:
    """The groups of a mapping; UserError unless every dimension stands in one of them exactly once."""
    listed = list(chain.from_iterable(members.values()))
    unknown = [key for key in listed if key not in DIMENSION_KEYS]
    twice = [key for key in DIMENSION_KEYS if listed.count(key) > 1]
    missing = [key for key in DIMENSION_KEYS if key not in listed]
    for problem, keys in (("there is no", unknown), ("several times", twice), ("in no group", missing)):
        if keys:
            raise UserError("groups", f"{problem}: {', '.join(keys)}", "name every dimension in one group")
    empty = [name for name, keys in members.items() if not keys]
    if empty:
        raise UserError("groups", f"without dimensions: {', '.join(empty)}", "leave such a group out")
    return tuple((name, tuple(keys)) for name, keys in members.items())


def canonical_order(groups: Groups) -> tuple[int, ...]:
    """For each dimension, its place among the outputs of all groups in a row: `outputs[..., order]` is canonical."""
    listed = [key for _, keys in groups for key in keys]
    return tuple(listed.index(key) for key in DIMENSION_KEYS)


def group_of_each(groups: Groups) -> tuple[int, ...]:
    """For each dimension, the index of its group."""
    index = {key: place for place, (_, keys) in enumerate(groups) for key in keys}
    return tuple(index[key] for key in DIMENSION_KEYS)
